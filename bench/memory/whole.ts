import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Measurement, mediansOf } from '../harness.ts'
import type { Figure, Medians } from '../part.ts'
import { type Result, table } from '../report.ts'

/**
 * Experiments that cannot be repeated in one process, such as the memory of a cache: each contestant answers all its figures at
 * once, in a new process each time, in turns and in the opposite order every other time.
 */
export interface Whole {
  readonly title: string
  /** The unit of the numbers, for the head of their table. */
  readonly unit: string
  readonly contestants: Readonly<Record<string, Experiment>>
  figures(of: Medians): Figure[]
}

/** Answers figures, by their names. */
export type Experiment = () => Numbers | Promise<Numbers>

export type Numbers = Readonly<Record<string, number>>

const LAUNCHES = 5

/** The program of an experiment: compiled, like everything that is measured. */
const SUBJECT = fileURLToPath(new URL('../dist/bench/memory/subject.js', import.meta.url))

/** Measures it. The module is the one that it is from, from here. */
export async function measureWhole(whole: Whole, module: string): Promise<Result> {
  const names = Object.keys(whole.contestants)
  const measurements: Measurement[] = []
  for (let launch = 0; launch < LAUNCHES; launch++) {
    for (const contestant of launch % 2 === 0 ? names : names.toReversed()) {
      for (const [loop, number] of Object.entries(await numbersOf(module, contestant))) {
        roundsOf(measurements, contestant, loop).push({ wall: number, processor: number })
      }
    }
  }
  return {
    title: whole.title,
    figures: whole.figures(mediansOf(measurements, { ...whole, contestants: {} })),
    measurements,
  }
}

async function numbersOf(module: string, contestant: string): Promise<Numbers> {
  const subject = fork(SUBJECT, [module, contestant])
  const gone = once(subject, 'exit')
  const answer = once(subject, 'message')
  const [numbers] = await Promise.race([answer, gone.then(() => Promise.reject(new Error(`${contestant} failed.`)))])
  await gone
  return numbers as Numbers
}

function roundsOf(measurements: Measurement[], contestant: string, loop: string): Measurement['rounds'] {
  const known = measurements.find((one) => one.contestant === contestant && one.loop === loop)
  if (known !== undefined) return known.rounds
  const begun: Measurement = { contestant, loop, rounds: [] }
  measurements.push(begun)
  return begun.rounds
}

/** All medians, with the least and the greatest, in Markdown. */
export function numbersTable({ measurements }: Result, unit: string): string {
  const rows = measurements.map(({ contestant, loop, rounds }) => {
    const numbers = rounds.map(({ wall }) => wall).sort((a, b) => a - b)
    return [loop, contestant, numbers[numbers.length >> 1]!, numbers[0]!, numbers.at(-1)!].map(textOf)
  })
  return table(['', '', unit, 'least', 'most'], rows)
}

function textOf(cell: string | number): string {
  if (typeof cell === 'string') return cell
  return Math.abs(cell) < 10 ? cell.toFixed(2) : Math.round(cell).toLocaleString('en').replaceAll(',', ' ')
}
