import { concatenated, readTrace, type Trace, tracesIn } from './traces.ts'

/** A trace and a number of entries that a cache for it may have. */
export interface Cell {
  readonly trace: Trace
  readonly capacity: number
  /** The hit ratios of Caffeine 3.2.2 and ARC, in percent, where they were measured. */
  readonly caffeine: number | undefined
  readonly arc: number | undefined
  /** True for traces of what applications cache, false for blocks of files and synthetic ones. */
  readonly isApplication: boolean
}

/** The folders with traces of applications. */
const APPLICATIONS = /adaptsize|cache2k|corda|scarab/

/**
 * Capacities, with the hit ratios of Caffeine 3.2.2 (the real one, the mean of three runs) and of ARC (Megiddo and Modha, 2003), of
 * the traces that have been published.
 */
const KNOWN: Readonly<Record<string, Readonly<Record<number, readonly [caffeine: number, arc: number]>>>> = {
  '2_pools': { 100: [47.34, 46.88], 250: [50.64, 50.63], 450: [51.61, 51.62] },
  cpp: { 35: [39.07, 24.67], 100: [75.91, 77.04], 500: [85.84, 85.83] },
  gli: { 500: [32.43, 1.38], 1000: [49.89, 21.31], 2000: [57.96, 57.41] },
  loop: { 256: [23.88, 0], 512: [48.26, 0], 1000: [97.13, 0] },
  multi1: { 500: [55.14, 49.39], 1000: [68.27, 49.75], 2000: [83.39, 83.23] },
  multi2: { 500: [47.83, 39.49], 1000: [56.92, 50.75], 2500: [74.47, 72.33] },
  ps: { 500: [56.99, 52.59], 1000: [66.25, 52.59], 2000: [70.49, 61.46] },
  sprite: { 200: [48.71, 42.79], 500: [76.72, 77.37], 1000: [86.3, 89.7] },
  'orm-busy': { 625: [69.55, 71.23], 1250: [78.77, 79.57], 5000: [85.51, 85.74] },
  web07: { 300: [45.94, 44.61], 600: [50.48, 49.41], 1200: [52.54, 54.3] },
  trace_vaultservice: { 512: [30.43, 33.3], 1024: [28.85, 33.3], 10000: [25.22, 33.3] },
  'scarab-recs': { 10000: [52.38, 52.33], 25000: [59.65, 61.99], 75000: [68.22, 73.82] },
  oltp: { 500: [33.44, 30.46], 1000: [39.91, 38.94], 2000: [45.89, 46.08], 5000: [55.33, 55.25] },
  mixed: { 512: [41.42, 11.64], 1000: [72.37, 11.64] },
  stress: { 512: [46.4, 3.23], 1000: [90.96, 3.23] },
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

  // A workload that changes: recency, a loop, and recency again.
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
    caffeine: known?.[capacity]?.[0],
    arc: known?.[capacity]?.[1],
    isApplication,
  }))
}
