/** Runs an operation a number of times. Its answer, if any, is a figure of its own in place of the time per operation. */
export type Loop = (times: number) => void | number | Promise<void | number>

/** The measurements of one contestant: a loop for each case. */
export type Loops = Readonly<Record<string, Loop>>

/** Gets ready, in a process of its own: what is measured in it has V8 and its call sites to itself. */
export type Contestant = () => Loops | Promise<Loops>

/**
 * The clock of a round: wall time, or the processor time of the process with all its threads. The
 * latter is what tells about work in memory when the machine has other things to do.
 */
export type ClockName = 'wall' | 'processor'

/** The median of what was measured of a contestant in a case: ns an operation, or the loop's own figure. */
export type Medians = (contestant: string, loop: string) => number

/** A result, and what it should be. */
export interface Figure {
  readonly what: string
  readonly value: number
  /** @default 'x', a ratio */
  readonly unit?: 'x' | 'ns' | 'promises' | undefined
  readonly atMost?: number | undefined
  readonly atLeast?: number | undefined
}

/** Contestants that are measured in turns, and what is made of the results. */
export interface Part {
  readonly title: string
  readonly contestants: Readonly<Record<string, Contestant>>
  /** By which clock the figures go. @default 'wall' */
  readonly clock?: ClockName | undefined
  /** A program with arguments by which the processes are started, such as one that keeps them to one core. */
  readonly under?: readonly string[] | undefined
  figures(of: Medians): Figure[]
}

/** Tells whether a result meets its goal; `undefined` if it has none. */
export function isMet({ value, atMost, atLeast }: Figure): boolean | undefined {
  if (atMost !== undefined) return value <= atMost
  return atLeast === undefined ? undefined : value >= atLeast
}
