import { MemoryCache } from '../../lib/index.ts'
import { bytesInUse } from './heap.ts'

/** The memory that a churn leaves behind. */
export interface Soaked {
  readonly operations: number
  /** The bytes in use, sampled at even intervals, with the cache full. */
  readonly samples: readonly number[]
}

const ENTRIES = 20_000
const SLICE = 20_000

/**
 * Writes, reads and removes for a number of seconds in a cache that is always full: keys that never return, TTLs of a few ms to
 * for ever, values of all sizes, tags, another bound from time to time. Everything that stays behind would add up.
 */
export async function soak(seconds: number, samples: number): Promise<Soaked> {
  const cache = new MemoryCache({ maxEntries: ENTRIES })
  const taken: number[] = []
  let operations = 0
  const start = performance.now()
  // The first part of it is there to warm up: tables grow to their size, and code is compiled.
  for (let sample = 0; sample <= samples; sample++) {
    const end = start + (1000 * seconds * (sample + 1)) / (samples + 1)
    do {
      churn(cache, operations)
      operations += SLICE
      await new Promise((resolve) => setImmediate(resolve))
    } while (performance.now() < end)
    refill(cache)
    if (sample > 0) taken.push(await bytesInUse())
    else await bytesInUse()
  }
  return { operations, samples: taken }
}

function churn(cache: MemoryCache, from: number): void {
  for (let i = from; i < from + SLICE; i++) {
    const kind = i % 10
    if (kind < 4) cache.set(`key:${i}`, { i, text: 'x'.repeat(i % 100) }, (i % 7) / 100 + 0.001)
    else if (kind < 6) cache.set(`kept:${i}`, [i], { timeout: null, tags: [`tag:${i % 50}`] })
    else if (kind < 8) cache.get(`kept:${i - 15}`)
    else if (kind === 8) cache.remove(`kept:${i - 14}`)
    else cache.getOrSet(`made:${i % 30_000}`, () => i, 0.05)
  }
  if (from % (50 * SLICE) === 0) {
    cache.resize(ENTRIES / 2)
    cache.resize(ENTRIES)
  }
}

/** The same entries before every sample. */
function refill(cache: MemoryCache): void {
  cache.clear()
  for (let i = 0; i < ENTRIES; i++) cache.set(`full:${i}`, i, null)
}

/** The bytes that stay behind for each operation: from the first half of the samples to the second, the least of each. */
export function leftBehind({ operations, samples }: Soaked): number {
  const half = samples.length >> 1
  const [first, second] = [samples.slice(0, half), samples.slice(half)].map((part) => Math.min(...part))
  return (second! - first!) / (operations / 2)
}
