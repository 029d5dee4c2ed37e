import type { MemoryCache } from '../../lib/index.ts'
import { type Kept, LIBRARIES, LRU_CACHE, OURS } from './libraries.ts'
import type { Experiment, Numbers, Whole } from './whole.ts'

/** How long single operations take with a million entries: most of them, all but one in a thousand, and the longest. */

const ENTRIES = 1_000_000
const OPERATIONS = 1_000_000

const MS = 1e6

/** Times every operation by itself; what the clock takes, some 40 ns, is counted. */
function timed(name: string, times: number, operation: (i: number) => unknown): Numbers {
  const took = new Float64Array(times)
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    operation(i)
    took[i] = (performance.now() - start) * MS
  }
  took.sort()
  return {
    [`${name}, p50`]: took[times >> 1]!,
    [`${name}, p99.9`]: took[Math.floor(times * 0.999)]!,
    [`${name}, longest`]: took[times - 1]!,
  }
}

/** Shared by both. Strides over the keys take them in an order unlike that in memory. */
function common(cache: Kept): Numbers {
  const keys = Array.from({ length: ENTRIES }, (_, i) => `key:${i}`)
  const newcomers = Array.from({ length: OPERATIONS }, (_, i) => `new:${i}`)
  const some = (i: number): string => keys[(i * 7919) % ENTRIES]!
  return {
    ...timed('set, filling', ENTRIES, (i) => cache.set(keys[i]!, i)),
    ...timed('get', OPERATIONS, (i) => cache.get(some(i))),
    ...timed('set, in place', OPERATIONS, (i) => cache.set(some(i), i)),
    ...timed('set, evicting', OPERATIONS, (i) => cache.set(newcomers[i]!, i)),
  }
}

const ours: Experiment = async () => {
  const cache = (await LIBRARIES[OURS]!(ENTRIES)) as MemoryCache
  const keys = Array.from({ length: OPERATIONS }, (_, i) => `newest:${i}`)
  const [fewer, most] = [ENTRIES / 2, ENTRIES]
  return {
    ...common(cache),
    ...resized('resize to half', () => cache.resize(fewer)),
    ...timed('set, after resize to half', OPERATIONS, (i) => cache.set(keys[i]!, i)),
    ...resized('resize to double', () => cache.resize(most)),
    ...timed('set, after resize to double', OPERATIONS, (i) => cache.set(keys[i]!, i)),
  }
}

function resized(name: string, resize: () => void): Numbers {
  const start = performance.now()
  resize()
  return { [name]: (performance.now() - start) * MS }
}

const CASES = ['set, filling', 'get', 'set, in place', 'set, evicting']
const AFTER = ['set, after resize to half', 'set, after resize to double']
const RESIZES = ['resize to half', 'resize to double']

export const whole: Whole = {
  title: 'Pauses with 1 000 000 entries',
  unit: 'ns',
  contestants: {
    [OURS]: ours,
    [LRU_CACHE]: async () => common(await LIBRARIES[LRU_CACHE]!(ENTRIES)),
  },
  figures: (of) => [
    ...[...CASES, ...AFTER].map((name) => ({
      what: `${OURS}, 1 M entries, ${name}, p99.9: of 1 ms`,
      value: of(OURS, `${name}, p99.9`) / MS,
      atMost: 1,
    })),
    ...RESIZES.map((name) => ({
      what: `${OURS}, 1 M entries, ${name}, the call itself: of 1 ms`,
      value: of(OURS, name) / MS,
      atMost: 1,
    })),
    ...[...CASES, ...AFTER].map((name) => ({
      what: `${OURS}, 1 M entries, ${name}, p99.9: to its median`,
      value: of(OURS, `${name}, p99.9`) / of(OURS, `${name}, p50`),
    })),
    ...CASES.map((name) => ({
      what: `${OURS}, 1 M entries, ${name}, longest: to ${LRU_CACHE}`,
      value: of(OURS, `${name}, longest`) / of(LRU_CACHE, `${name}, longest`),
    })),
  ],
}
