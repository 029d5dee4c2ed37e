import { adapterSet, cached, MemoryCache } from '../../lib/index.ts'
import { check, keysOf, peer, picksOf, small } from '../data.ts'
import type { Contestant, Loops, Part } from '../part.ts'

/** Reading from memory: 50 000 entries with a time to live, one at random. */

const keys = keysOf(50_000)
const pick = picksOf(keys)

/** The part of a cache that is measured. */
interface Reads {
  get(key: string): unknown
  set(key: string, value: unknown): void
}

function loopsOver(cache: Reads): Loops {
  keys.forEach((key, i) => {
    cache.set(key, small(i))
  })
  return {
    'get, hit': (times) => {
      let found = 0
      for (let i = 0; i < times; i++) if (cache.get(pick(i)) !== undefined) found++
      check(found, times)
    },
    // Real code builds the key for each call.
    'get, hit by a new string': (times) => {
      let found = 0
      for (let i = 0; i < times; i++) if (cache.get(`key:${i % 50_000}`) !== undefined) found++
      check(found, times)
    },
    'get, miss': (times) => {
      let found = 0
      for (let i = 0; i < times; i++) if (cache.get(`no:${pick(i)}`) === undefined) found++
      check(found, times)
    },
    'set, in place of another': (times) => {
      for (let i = 0; i < times; i++) cache.set(pick(i), i)
    },
  }
}

function lruCache(ttlResolution: number): Contestant {
  return async () => {
    const { LRUCache } = await peer<{ LRUCache: new (options: object) => Reads }>('lru-cache')
    return loopsOver(new LRUCache({ max: 100_000, ttl: 300_000, ttlResolution }))
  }
}

const EXACT = 'lru-cache, ttlResolution 0'

export const part: Part = {
  title: 'Memory',
  clock: 'processor',
  contestants: {
    cached: () => {
      adapterSet('memory')
      return loopsOver(cached as unknown as Reads)
    },
    MemoryCache: () => loopsOver(new MemoryCache()),
    [EXACT]: lruCache(0),
    'lru-cache, ttlResolution 1': lruCache(1),
  },
  figures: (of) => [
    {
      what: `cached.get in memory, hit: to ${EXACT}`,
      value: of('cached', 'get, hit') / of(EXACT, 'get, hit'),
      atMost: 1,
    },
    ...['get, hit by a new string', 'get, miss', 'set, in place of another'].map((loop) => ({
      what: `cached.${loop.replace(',', ' in memory,')}: to ${EXACT}`,
      value: of('cached', loop) / of(EXACT, loop),
    })),
  ],
}
