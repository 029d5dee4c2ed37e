import { check, keysOf, picksOf, small } from '../data.ts'
import type { Contestant, Figure, Medians, Part } from '../part.ts'
import { type Kept, LIBRARIES, LRU_CACHE, LRU_CACHE_EXACT, OURS, OURS_COARSE } from './libraries.ts'

/** Single verbs on 100 000 entries with a TTL, in caches with room for exactly that number. */

const ENTRIES = 100_000

/** New keys, in turn: enough that one that returns has long been evicted. */
const NEWCOMERS = 2 ** 20

const keys = keysOf(ENTRIES)
const pick = picksOf(keys)
const missing = picksOf(keys.map((key) => `no:${key}`))
// In the heap of every contestant, whether it evicts or not.
const newcomers = Array.from({ length: NEWCOMERS }, (_, i) => `new:${i}`)

const HIT = 'get, hit'
const HIT_NEW = 'get, hit by a new string'
const MISS = 'get, miss'
const IN_PLACE = 'set, in place of another'
const EVICTING = 'set, evicting'
const EVICTING_NEW = 'set, evicting, a new string'

const MAP = 'Map'

function contestant(make: (max: number) => Kept | Promise<Kept>): Contestant {
  return async () => {
    const cache = await make(ENTRIES)
    keys.forEach((key, i) => {
      cache.set(key, small(i))
    })
    return {
      [HIT]: (times) => {
        let found = 0
        for (let i = 0; i < times; i++) if (cache.get(pick(i)) !== undefined) found++
        check(found, times)
      },
      // Real code builds the key for each call.
      [HIT_NEW]: (times) => {
        let found = 0
        for (let i = 0; i < times; i++) if (cache.get(`key:${i % ENTRIES}`) !== undefined) found++
        check(found, times)
      },
      [MISS]: (times) => {
        let found = 0
        for (let i = 0; i < times; i++) if (cache.get(missing(i)) === undefined) found++
        check(found, times)
      },
      [IN_PLACE]: (times) => {
        for (let i = 0; i < times; i++) cache.set(pick(i), i)
      },
      ...(cache instanceof Map ? {} : evicting(cache)),
    }
  }
}

function evicting(cache: Kept): Record<string, (times: number) => void> {
  let next = 0
  return {
    [EVICTING]: (times) => {
      for (let i = 0; i < times; i++) cache.set(newcomers[next++ & (NEWCOMERS - 1)]!, i)
    },
    [EVICTING_NEW]: (times) => {
      for (let i = 0; i < times; i++) cache.set(`newer:${next++}`, i)
    },
  }
}

export const part: Part = {
  title: 'Single verbs on 100 000 entries',
  clock: 'processor',
  contestants: {
    [OURS]: contestant(LIBRARIES[OURS]!),
    [OURS_COARSE]: contestant(LIBRARIES[OURS_COARSE]!),
    [LRU_CACHE_EXACT]: contestant(LIBRARIES[LRU_CACHE_EXACT]!),
    [LRU_CACHE]: contestant(LIBRARIES[LRU_CACHE]!),
    [MAP]: contestant(() => new Map()),
  },
  figures: (of) => [
    against(of, HIT, OURS, LRU_CACHE_EXACT, 0.75),
    against(of, HIT, OURS_COARSE, LRU_CACHE, 1),
    against(of, HIT, OURS_COARSE, MAP, 1.6),
    against(of, MISS, OURS, MAP, 1.2),
    against(of, MISS, OURS_COARSE, MAP, 1.2),
    against(of, EVICTING, OURS, LRU_CACHE_EXACT, 1),
    against(of, EVICTING, OURS_COARSE, LRU_CACHE, 1),
    against(of, EVICTING_NEW, OURS, LRU_CACHE_EXACT),
    against(of, EVICTING_NEW, OURS_COARSE, LRU_CACHE),
    against(of, HIT_NEW, OURS, LRU_CACHE_EXACT),
    against(of, HIT_NEW, OURS_COARSE, LRU_CACHE),
    against(of, IN_PLACE, OURS, LRU_CACHE_EXACT),
    against(of, IN_PLACE, OURS_COARSE, LRU_CACHE),
  ],
}

function against(of: Medians, loop: string, ours: string, other: string, atMost?: number): Figure {
  return { what: `${ours} ${loop}: to ${other}`, value: of(ours, loop) / of(other, loop), atMost }
}
