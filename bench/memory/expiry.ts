import { MemoryCache } from '../../lib/index.ts'
import { collectGarbage } from './heap.ts'
import { OURS } from './libraries.ts'
import type { Numbers, Whole } from './whole.ts'

/**
 * A million entries expire at the same moment. The machine interrupts a process too: so no operation counts for more than the time
 * that the process had a processor meanwhile, all is repeated, and of the longest times the least is given, as what the cache does
 * itself happens every time.
 */

const ENTRIES = 1_000_000
const OPERATIONS = 1_000_000
const REPETITIONS = 2
/** Operations per reading of the processor time. */
const BLOCK = 100
const LIFE_S = 5
/** The rounds around the moment begin so long before it, and end so long after it, in ms. */
const BEFORE = 500
const AFTER = 1500

const OPERATION = 'longest operation after it, ns'
const BLOCKED = 'longest block of the event loop around it, ns'
const LEFT = 'still held after 100 000 writes, in percent'

/** The pauses of V8's own Map when a million keys leave it one by one, and as many others come. */
const MAP = 'Map, a key for another'

const MS = 1e6

/** Operations of all kinds, right after the clock has passed the deadline of everything. */
function operations(): Numbers {
  let now = Date.now()
  const cache = new MemoryCache({ maxEntries: ENTRIES, timeout: LIFE_S, clock: () => now })
  const keys = Array.from({ length: ENTRIES }, (_, i) => `key:${i}`)
  const newcomers = Array.from({ length: OPERATIONS }, (_, i) => `new:${i}`)
  let least = Number.POSITIVE_INFINITY
  let left = 0
  for (let i = 0; i < REPETITIONS; i++) {
    for (const key of keys) cache.set(key, 1)
    now += 1000 * LIFE_S
    const longest = longestOf((j) => {
      if (j % 3 === 0) cache.get(keys[j]!)
      else if (j % 3 === 1) cache.has(keys[j]!)
      else cache.set(newcomers[j]!, 1, 1)
      if (j === 300_000) left = cache.store.size
    })
    least = Math.min(least, longest)
    cache.clear()
  }
  return { [OPERATION]: least * MS, [LEFT]: (100 * left) / ENTRIES }
}

/** The longest of many operations, in ms. */
function longestOf(operation: (i: number) => void): number {
  let longest = 0
  for (let first = 0; first < OPERATIONS; first += BLOCK) {
    const processor = processorTime()
    let inBlock = 0
    for (let i = first; i < first + BLOCK; i++) {
      const start = performance.now()
      operation(i)
      inBlock = Math.max(inBlock, performance.now() - start)
    }
    longest = Math.max(longest, Math.min(inBlock, processorTime() - processor))
  }
  return longest
}

/** How long the process had a processor, in ms. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The event loop goes round all the time, with a use of the cache in each round, while the moment comes and passes. */
async function rounds(): Promise<Numbers> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < REPETITIONS; i++) {
    // The clock stands still until everything is stored.
    const start = Date.now()
    let stopped: number | undefined = start
    const cache = new MemoryCache({ maxEntries: ENTRIES, timeout: LIFE_S, clock: () => stopped ?? Date.now() })
    for (let j = 0; j < ENTRIES; j++) cache.set(`key:${j}`, 1)
    stopped = undefined
    await collectGarbage()
    await new Promise((resolve) => setTimeout(resolve, start + 1000 * LIFE_S - BEFORE - Date.now()))
    least = Math.min(least, await longestRound(cache, performance.now() + BEFORE + AFTER))
  }
  return { [BLOCKED]: least * MS }
}

async function longestRound(cache: MemoryCache, end: number): Promise<number> {
  let longest = 0
  let round = 0
  let processor = processorTime()
  for (let last = performance.now(); last < end; ) {
    await new Promise((resolve) => setImmediate(resolve))
    cache.set(`round:${round++}`, 1)
    const [now, used] = [performance.now(), processorTime()]
    longest = Math.max(longest, Math.min(now - last, used - processor))
    last = now
    processor = used
  }
  return longest
}

function keyForKey(): Numbers {
  const keys = Array.from({ length: ENTRIES }, (_, i) => `key:${i}`)
  const newcomers = Array.from({ length: OPERATIONS }, (_, i) => `new:${i}`)
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < REPETITIONS; i++) {
    const map = new Map(keys.map((key) => [key, 1]))
    const longest = longestOf((j) => {
      map.delete(keys[j]!)
      map.set(newcomers[j]!, 1)
    })
    least = Math.min(least, longest)
  }
  return { [OPERATION]: least * MS }
}

export const whole: Whole = {
  title: '1 000 000 entries that expire together',
  unit: '',
  contestants: { [OURS]: async () => ({ ...operations(), ...(await rounds()) }), [MAP]: keyForKey },
  figures: (of) => [
    { what: `${OURS}, ${OPERATION.replace(', ns', '')}: of 5 ms`, value: of(OURS, OPERATION) / (5 * MS), atMost: 1 },
    { what: `${OURS}, ${BLOCKED.replace(', ns', '')}: of 5 ms`, value: of(OURS, BLOCKED) / (5 * MS), atMost: 1 },
  ],
}
