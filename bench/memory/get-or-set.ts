import { AsyncMemoryCache, MemoryCache } from '../../lib/index.ts'
import { asking, awaiting, keysOf, peer, picksOf, small } from '../data.ts'
import type { Part } from '../part.ts'

/** `getOrSet` of what is there already, against `get`, and against `fetch` of lru-cache. */

const ENTRIES = 100_000

const keys = keysOf(ENTRIES)
const pick = picksOf(keys)

function make(): never {
  throw new Error('Everything is there: nothing has to be made.')
}

function filled(): MemoryCache {
  const cache = new MemoryCache()
  keys.forEach((key, i) => {
    cache.set(key, small(i))
  })
  return cache
}

async function filledAsync(clock?: 'coarse'): Promise<AsyncMemoryCache> {
  const cache = new AsyncMemoryCache({ clock })
  await cache.setMany(keys.map((key, i) => [key, small(i)] as const))
  return cache
}

interface Fetching {
  set(key: string, value: unknown): unknown
  fetch(key: string): Promise<unknown>
}

async function fetching(ttlResolution: number): Promise<Fetching> {
  const { LRUCache } = await peer<{ LRUCache: new (options: object) => Fetching }>('lru-cache')
  const cache = new LRUCache({ max: ENTRIES, ttl: 300_000, ttlResolution, fetchMethod: make })
  keys.forEach((key, i) => {
    cache.set(key, small(i))
  })
  return cache
}

const HIT = 'hit'
const GET = 'MemoryCache get'
const GET_OR_SET = 'MemoryCache getOrSet'
const ASYNC = 'AsyncMemoryCache getOrSet'
const ASYNC_COARSE = 'AsyncMemoryCache getOrSet, coarse clock'
const FETCH = 'lru-cache fetch'
const FETCH_EXACT = 'lru-cache fetch, ttlResolution 0'

export const part: Part = {
  title: 'getOrSet of what is there',
  clock: 'processor',
  contestants: {
    [GET]: () => {
      const cache = filled()
      return { [HIT]: asking(pick, (key) => cache.get(key)) }
    },
    [GET_OR_SET]: () => {
      const cache = filled()
      return { [HIT]: asking(pick, (key) => cache.getOrSet<unknown>(key, make)) }
    },
    [ASYNC]: async () => {
      const cache = await filledAsync()
      return { [HIT]: awaiting(pick, (key) => cache.getOrSet<unknown>(key, make)) }
    },
    [ASYNC_COARSE]: async () => {
      const cache = await filledAsync('coarse')
      return { [HIT]: awaiting(pick, (key) => cache.getOrSet<unknown>(key, make)) }
    },
    [FETCH]: async () => {
      const cache = await fetching(1)
      return { [HIT]: awaiting(pick, (key) => cache.fetch(key)) }
    },
    [FETCH_EXACT]: async () => {
      const cache = await fetching(0)
      return { [HIT]: awaiting(pick, (key) => cache.fetch(key)) }
    },
  },
  figures: (of) => [
    { what: `${GET_OR_SET}, hit: to ${GET}`, value: of(GET_OR_SET, HIT) / of(GET, HIT), atMost: 1.3 },
    { what: `${ASYNC}, hit: to ${FETCH_EXACT}`, value: of(ASYNC, HIT) / of(FETCH_EXACT, HIT), atMost: 1.2 },
    { what: `${ASYNC_COARSE}, hit: to ${FETCH}`, value: of(ASYNC_COARSE, HIT) / of(FETCH, HIT), atMost: 1.2 },
    { what: `${ASYNC}, hit: to ${FETCH}`, value: of(ASYNC, HIT) / of(FETCH, HIT) },
  ],
}
