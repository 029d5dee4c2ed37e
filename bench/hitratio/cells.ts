import { concatenated, readTrace, type Trace, tracesIn } from './traces.ts'

/** A trace and a number of entries that a cache for it may have. */
export interface Cell {
  readonly trace: Trace
  readonly capacity: number
  /** What Caffeine 3.2.2 reached in it, in percent, where that was measured. */
  readonly caffeine: number | undefined
  /** Whether the trace is of what applications cache, rather than of blocks of files or made up. */
  readonly isApplication: boolean
}

/** The folders with traces of applications. */
const APPLICATIONS = /adaptsize|cache2k|corda|scarab/

/** Capacities, with the hit ratio of Caffeine 3.2.2 (the real one, the mean of three runs), of the traces that have been published. */
const KNOWN: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  '2_pools': { 100: 47.34, 250: 50.64, 450: 51.61 },
  cpp: { 35: 39.07, 100: 75.91, 500: 85.84 },
  gli: { 500: 32.43, 1000: 49.89, 2000: 57.96 },
  loop: { 256: 23.88, 512: 48.26, 1000: 97.13 },
  multi1: { 500: 55.14, 1000: 68.27, 2000: 83.39 },
  multi2: { 500: 47.83, 1000: 56.92, 2500: 74.47 },
  ps: { 500: 56.99, 1000: 66.25, 2000: 70.49 },
  sprite: { 200: 48.71, 500: 76.72, 1000: 86.3 },
  'orm-busy': { 625: 69.55, 1250: 78.77, 5000: 85.51 },
  web07: { 300: 45.94, 600: 50.48, 1200: 52.54 },
  trace_vaultservice: { 512: 30.43, 1024: 28.85, 10000: 25.22 },
  'scarab-recs': { 10000: 52.38, 25000: 59.65, 75000: 68.22 },
  oltp: { 500: 33.44, 1000: 39.91, 2000: 45.89, 5000: 55.33 },
  mixed: { 512: 41.42, 1000: 72.37 },
  stress: { 512: 46.4, 1000: 90.96 },
}

/** Of what is not known, caches of these shares of all its keys. */
const SHARES = [0.01, 0.05, 0.2]

/** All cells of the traces in a folder, trace by trace, so that one is in memory at a time. */
export function* cellsOf(folder: string): Generator<Cell[], void, undefined> {
  const short: Record<string, Trace> = {}
  for (const path of tracesIn(folder)) {
    const trace = readTrace(folder, path)
    if (trace.name === 'trace_vaultservice' || trace.name === 'loop') short[trace.name] = trace
    yield cellsIn(trace, APPLICATIONS.test(path))
  }

  // What changes its kind on the way: recency, a loop, and recency again.
  const { trace_vaultservice: recency, loop } = short
  if (recency === undefined || loop === undefined) return
  yield cellsIn(concatenated('mixed', [recency, loop, recency]))
  yield cellsIn(concatenated('stress', [recency, loop, loop, loop, loop, loop, recency]))
}

function cellsIn(trace: Trace, isApplication = false): Cell[] {
  const known = KNOWN[trace.name]
  const capacities = known === undefined ? SHARES.map((share) => trace.unique * share) : Object.keys(known).map(Number)
  return capacities.map((capacity) => ({
    trace,
    capacity: Math.max(1, Math.round(capacity)),
    caffeine: known?.[capacity],
    isApplication,
  }))
}
