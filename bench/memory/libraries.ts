import { MemoryCache } from '../../lib/index.ts'
import { peer } from '../data.ts'

/** A cache in memory, as far as it is measured. Those that answer with promises are awaited. */
export interface Kept {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
}

/** Makes a cache for that number of entries, with a TTL of five minutes if it has TTLs. */
export type Library = (max: number) => Promise<Kept>

const TTL_MS = 300_000

interface Class {
  new (options: object): Kept
}

interface Bento {
  get(options: { key: string }): Promise<unknown>
  set(options: { key: string; value: unknown; ttl: string }): Promise<unknown>
}

function lruCache(ttlResolution: number): Library {
  return async (max) => {
    const { LRUCache } = await peer<{ LRUCache: Class }>('lru-cache')
    return new LRUCache({ max, ttl: TTL_MS, ttlResolution })
  }
}

export const OURS = 'MemoryCache'
export const OURS_COARSE = 'MemoryCache, coarse clock'
export const LRU_CACHE = 'lru-cache'
export const LRU_CACHE_EXACT = 'lru-cache, ttlResolution 0'

/** Those that are known, by reference as far as they can. */
export const LIBRARIES: Readonly<Record<string, Library>> = {
  [OURS]: async (maxEntries) => new MemoryCache({ maxEntries }),
  [OURS_COARSE]: async (maxEntries) => new MemoryCache({ maxEntries, clock: 'coarse' }),
  [LRU_CACHE]: lruCache(1),
  [LRU_CACHE_EXACT]: lruCache(0),
  'tiny-lru': async (max) => (await peer<{ lru(max: number, ttl: number): Kept }>('tiny-lru')).lru(max, TTL_MS),
  'lru.min, no TTL': async (max) => (await peer<{ createLRU(options: object): Kept }>('lru.min')).createLRU({ max }),
  'quick-lru': async (maxSize) => {
    const { default: QuickLRU } = await peer<{ default: Class }>('quick-lru')
    return new QuickLRU({ maxSize, maxAge: TTL_MS })
  },
  'mnemonist LRUMap, no TTL': async (max) => {
    const { LRUMap } = await peer<{ LRUMap: new (max: number) => Kept }>('mnemonist')
    return new LRUMap(max)
  },
  'node-cache, no bound': async () => {
    const { default: NodeCache } = await peer<{ default: Class }>('node-cache')
    return new NodeCache({ stdTTL: TTL_MS / 1000, checkperiod: 0, useClones: false })
  },
  '@cacheable/memory': async (lruSize) => {
    const { CacheableMemory } = await peer<{ CacheableMemory: Class }>('@cacheable/memory')
    return new CacheableMemory({ ttl: TTL_MS, lruSize, useClone: false })
  },
  'keyv, no bound': async () => {
    const { Keyv } = await peer<{ Keyv: Class }>('keyv')
    return new Keyv({ ttl: TTL_MS, serialize: undefined, deserialize: undefined })
  },
  'bentocache, memory driver': async (maxItems) => {
    interface Package {
      BentoCache: new (options: object) => Bento
      bentostore: () => { useL1Layer(driver: unknown): unknown }
    }
    const { BentoCache, bentostore } = await peer<Package>('bentocache')
    const { memoryDriver } = await peer<{ memoryDriver: (options: object) => unknown }>('bentocache/drivers/memory')
    const store = bentostore().useL1Layer(memoryDriver({ maxItems, serialize: false }))
    const bento = new BentoCache({ default: 'memory', stores: { memory: store } })
    return {
      get: (key) => bento.get({ key }),
      set: (key, value) => bento.set({ key, value, ttl: '5m' }),
    }
  },
}

/** Those whose verbs give promises. */
export const ASYNCHRONOUS: readonly string[] = ['keyv, no bound', 'bentocache, memory driver']
