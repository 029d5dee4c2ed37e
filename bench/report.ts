import type { Round } from './contestant.ts'
import { type Measurement, medianOf } from './harness.ts'
import { type ClockName, type Figure, isMet } from './part.ts'

/** The result of a part. */
export interface Result {
  readonly title: string
  readonly figures: readonly Figure[]
  readonly measurements: readonly Measurement[]
}

/** Results against what they should be: what was asked for first. */
export function figuresTable(results: readonly Result[]): string {
  const figures = results.flatMap((result) => result.figures)
  const asked = figures.filter((figure) => isMet(figure) !== undefined)
  const others = figures.filter((figure) => isMet(figure) === undefined)
  const rows = [...asked, ...others].map((figure) => [figure.what, textOf(figure), goalOf(figure), markOf(figure)])
  return table(['', 'measured', 'goal', ''], rows)
}

/** All medians by both clocks, with how far the rounds lie apart. */
export function measurementsTable({ measurements }: Result): string {
  const clocks: readonly ClockName[] = ['wall', 'processor']
  const rows = measurements.map(({ contestant, loop, rounds }) => [
    loop,
    contestant,
    ...clocks.flatMap((clock) => [rounded(medianOf(rounds, clock)), spreadOf(rounds, clock)]),
  ])
  return table(['', '', 'ns/op', 'spread', 'CPU ns/op', 'spread'], rows)
}

function rounded(ns: number): string {
  return ns.toFixed(ns < 10 ? 2 : ns < 100 ? 1 : 0)
}

function spreadOf(rounds: readonly Round[], clock: ClockName): string {
  const values = rounds.map((round) => round[clock])
  const middle = medianOf(rounds, clock)
  return middle === 0 ? '0 %' : `${((100 * (Math.max(...values) - Math.min(...values))) / middle).toFixed(0)} %`
}

function textOf({ value, unit = 'x' }: Figure): string {
  return unit === 'x' ? `${value.toFixed(2)}x` : `${value.toFixed(1)} ${unit}`
}

function goalOf({ atMost, atLeast, unit = 'x' }: Figure): string {
  const ending = unit === 'x' ? 'x' : ` ${unit}`
  if (atMost !== undefined) return `at most ${atMost}${ending}`
  return atLeast === undefined ? '' : `at least ${atLeast}${ending}`
}

function markOf(figure: Figure): string {
  const met = isMet(figure)
  return met === undefined ? '' : met ? 'met' : '**missed**'
}

/** A table as Markdown has it, which reads well in a terminal too. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)))
  const isText = (i: number): boolean => !rows.every((row) => /^(\d|$)/.test(row[i]!))
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, i) => (isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`
  const rule = widths.map((width, i) => (isText(i) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
