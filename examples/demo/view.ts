import { Presets, SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import type { Pass, Progress } from './pass.ts'
import type { Sum, Summary } from './summary.ts'

/** How many kinds of files have a line of their own. */
const KINDS_SHOWN = 10

/** A line of the table of passes: how long one took. */
export interface Run extends Pick<Pass, 'took'>, Partial<Pick<Pass, 'hits' | 'made'>> {
  readonly name: string
}

/** A progress bar on the standard error output; nothing where that is no terminal. */
export function progressBar(): Progress {
  const format = '{bar} {percentage} % of {total} files, {eta_formatted} left'
  const bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true }, Presets.shades_classic)
  return {
    start: (total) => bar.start(total, 0),
    step: () => bar.increment(),
    stop: () => bar.stop(),
  }
}

/** The contents of a folder, as a table. */
export function summaryTable({ total, kinds, copies }: Summary): string {
  const table = tableOf(['kind', 'files', 'bytes', 'lines'])
  const rest = kinds.slice(KINDS_SHOWN)
  for (const sum of kinds.slice(0, KINDS_SHOWN)) table.push(row(sum))
  if (rest.length > 0)
    table.push(row(rest.reduce(together, { kind: `${rest.length} more`, files: 0, bytes: 0, lines: 0 })))
  table.push(row(total), row(copies))
  return table.toString()
}

/** The savings of caching, as a table: each run against the cold one. */
export function runsTable(runs: readonly Run[], cold: number | undefined): string {
  const table = tableOf(['run', 'time', 'files made', 'hits', 'hit ratio', 'saved'])
  for (const { name, took, hits, made } of runs) {
    const isKnown = hits !== undefined && made !== undefined
    table.push([
      name,
      time(took),
      isKnown ? count(made) : '',
      isKnown ? count(hits) : '',
      isKnown ? percent(hits, hits + made) : '',
      cold === undefined || took === cold ? '' : `${time(cold - took)} (${(cold / took).toFixed(1)} times as fast)`,
    ])
  }
  return table.toString()
}

function tableOf(head: string[]): Table.Table {
  // Without colors: the output may go to a file.
  return new Table({
    head,
    colAligns: ['left', ...head.slice(1).map((): Table.HorizontalAlignment => 'right')],
    style: { head: [], border: [], compact: true },
  })
}

function row({ kind, files, bytes, lines }: Sum): string[] {
  return [kind, count(files), count(bytes), count(lines)]
}

function together(sum: Sum, { files, bytes, lines }: Sum): Sum {
  return { kind: sum.kind, files: sum.files + files, bytes: sum.bytes + bytes, lines: sum.lines + lines }
}

function count(n: number): string {
  return n.toLocaleString('en')
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`
}

function time(ms: number): string {
  return Math.abs(ms) < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`
}
