import {
  type AsyncMemcachedCache,
  type AsyncMemoryCache,
  AsyncRedisCache,
  adapterGet,
  adapterSet,
  asyncAdapterSet,
  type Cache,
  MemoryCache,
  SqliteCache,
} from '../../lib/index.ts'
import type * as wrappers from '../../lib/wrappers/index.ts'
import {
  AutoPrefixedCache,
  DebugCache,
  LockedCache,
  PrefixedCache,
  StatsCache,
  TwoLevelCache,
} from '../../lib/wrappers/index.ts'
import { type AnyIn, type Equal, is } from './is.ts'

// A wrapper has the colour of what it wraps.
const sync = new StatsCache(new MemoryCache())
is<Equal<typeof sync, StatsCache<'sync'>>>()
const value = sync.get<number>('n')
is<Equal<typeof value, number | undefined>>()
const async = new StatsCache(new AsyncRedisCache())
is<Equal<typeof async, StatsCache<'async'>>>()
const later = async.get<number>('n')
is<Equal<typeof later, Promise<number | undefined>>>()
is<Equal<typeof async.mode, 'async'>>()

// Through any depth.
const deep = new DebugCache(new StatsCache(new PrefixedCache(new LockedCache(new AutoPrefixedCache(async)), 'a:')))
is<Equal<typeof deep, DebugCache<'async'>>>()
const set = deep.set('k', 'v')
is<Equal<typeof set, Promise<void>>>()
const made = new PrefixedCache(new LockedCache(new SqliteCache()), 'a:').getOrSet('k', () => 1)
is<Equal<typeof made, number>>()

// Over whatever adapter is current, and behind the faces.
const current = new PrefixedCache(adapterGet(), 'a:')
is<Equal<typeof current, PrefixedCache<'sync'>>>()
const installed = adapterSet(sync)
is<Equal<typeof installed, StatsCache<'sync'>>>()
asyncAdapterSet(deep)
// @ts-expect-error `cached` is synchronous.
adapterSet(async)
const any: Cache = new StatsCache(new MemoryCache() as Cache)
void any

// Two levels are synchronous if both are.
const near = new MemoryCache()
declare const asyncNear: AsyncMemoryCache
declare const far: AsyncMemcachedCache
const both = new TwoLevelCache(near, new SqliteCache()).get<string>('k')
is<Equal<typeof both, string | undefined>>()
const mixed = new TwoLevelCache(near, far)
is<Equal<typeof mixed, TwoLevelCache<'sync', 'async'>>>()
const fromMixed = mixed.get<string>('k')
is<Equal<typeof fromMixed, Promise<string | undefined>>>()
const swapped = new TwoLevelCache(asyncNear, new SqliteCache()).get<string>('k')
is<Equal<typeof swapped, Promise<string | undefined>>>()
is<Equal<typeof mixed.near, wrappers.TwoLevelCache<'sync', 'async'>['near']>>()
const nested = new StatsCache(new TwoLevelCache(near, new TwoLevelCache(new SqliteCache(), far)))
is<Equal<typeof nested, StatsCache<'async'>>>()
const invalidated = mixed.invalidate('a', ['b', 1])
is<Equal<typeof invalidated, Promise<void>>>()

// What is counted.
const { reads, size, latency } = sync.stats()
is<Equal<typeof reads, number>>()
is<Equal<typeof size, number | undefined>>()
is<Equal<typeof latency.read.p99, number>>()
const nearHits = mixed.stats().near.hits
is<Equal<typeof nearHits, number>>()
const said = async.backendStats()
is<Equal<typeof said, Promise<Record<string, unknown>>>>()

// Loggers of any make.
new DebugCache(near, { log: console })
new DebugCache(near, {
  log: { debug(_facts: object, _message?: string) {}, info(_facts: object, _message?: string) {} },
})
new DebugCache(near, { log: (message, facts) => `${message.length} ${Object.keys(facts).length}`, redact: false })
// @ts-expect-error It has no debug().
new DebugCache(near, { log: { log() {} } })

// @ts-expect-error A prefix is needed,
new PrefixedCache(near)
// @ts-expect-error and is text.
new PrefixedCache(near, 5)
// @ts-expect-error There is no such method.
new AutoPrefixedCache(near, { method: 'b63' })
// @ts-expect-error A Map is no cache: see DictCache.
new StatsCache(new Map())

is<Equal<AnyIn<typeof wrappers>, never>>()
is<Equal<AnyIn<wrappers.StatsCache<'sync'>>, never>>()
is<Equal<AnyIn<wrappers.TwoLevelCache<'sync', 'async'>>, never>>()
is<Equal<AnyIn<wrappers.DebugOptions>, never>>()
