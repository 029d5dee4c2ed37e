import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import type { CacheAdapter } from '../../../lib/adapter/cache-adapter.ts'
import type { AdapterOptions, Cache } from '../../../lib/core/types.ts'
import { AsyncChaosCache, conforms } from '../../../lib/testing/index.ts'
import { TwoLevelCache, type TwoLevelOptions } from '../../../lib/wrappers/index.ts'
import { ADAPTERS, ASYNC, letGo, SYNC } from '../adapters.ts'

/** Pairs of levels in all modes and orders. */
const LEVELS: Record<string, (options: AdapterOptions) => Promise<Cache>> = {
  'AsyncSqliteCache in front of AsyncRedisCache': async (options) =>
    new TwoLevelCache(await ASYNC.AsyncSqliteCache(options), await ASYNC.AsyncRedisCache(options)),
  'SqliteCache in front of AsyncMemcachedCache': async (options) =>
    new TwoLevelCache(await SYNC.SqliteCache(options), await ASYNC.AsyncMemcachedCache(options)),
  'AsyncMemoryCache in front of SqliteCache': async (options) =>
    new TwoLevelCache(new AsyncMemoryCache(options), await SYNC.SqliteCache(options)),
  'AsyncChaosCache in front of MemoryCache': async (options) =>
    new TwoLevelCache(new AsyncChaosCache({ delay: [0, 2] }, options), new MemoryCache(options)),
  'MemoryCache in front of AsyncChaosCache': async (options) =>
    new TwoLevelCache(new MemoryCache(options), new AsyncChaosCache({ delay: [0, 2] }, options)),
  'three levels': async (options) =>
    new TwoLevelCache(
      new MemoryCache({ ...options, maxEntries: 1 }),
      new TwoLevelCache(await SYNC.SqliteCache(options), await ASYNC.AsyncRedisCache(options)),
    ),
}

function inFrontOf(far: CacheAdapter, options: AdapterOptions, given?: TwoLevelOptions): Cache {
  // Another prefix than that of the far level, so that none is taken for the other.
  return new TwoLevelCache(new MemoryCache({ ...options, prefix: 'near:' }), far, given)
}

for (const [name, make] of Object.entries(ADAPTERS)) {
  describe(`TwoLevelCache of MemoryCache in front of ${name}`, () =>
    conforms(async (options) => inFrontOf(await make(options), options), { values: false }))
}

describe('TwoLevelCache, resilient', () =>
  conforms(async (options) => inFrontOf(await ASYNC.AsyncRedisCache(options), options, { resilient: true }), {
    values: false,
  }))

describe('TwoLevelCache that keeps near for a second', () =>
  conforms(async (options) => inFrontOf(await ASYNC.AsyncRedisCache(options), options, { nearTimeout: 1 }), {
    values: false,
  }))

for (const [name, make] of Object.entries(LEVELS)) {
  describe(`TwoLevelCache of ${name}`, () => conforms(make, { values: false }))
}

after(letGo)
