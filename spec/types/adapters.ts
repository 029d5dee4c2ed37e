import {
  AsyncMemoryCache,
  type AsyncNullCache,
  type AsyncRedisCache,
  type adapterGet,
  type adapterReset,
  adapterSet,
  type asyncAdapterGet,
  asyncAdapterSet,
  bridge,
  type Cache,
  configure,
  configureFromEnv,
  MemoryCache,
  RedisCache,
  SqliteCache,
  type Store,
  withAdapter,
} from '../../lib/index.ts'
import type { PrefixedCache, StatsCache } from '../../lib/wrappers/index.ts'
import { type Equal, is } from './is.ts'

// An instance and a class give back what they are; a name gives a cache of the face's colour.
const instance = adapterSet(new MemoryCache())
is<Equal<typeof instance, MemoryCache>>()
const ofClass = adapterSet(SqliteCache, { path: 'app.db' })
is<Equal<typeof ofClass, SqliteCache>>()
const ofName = adapterSet('redis')
is<Equal<typeof ofName, Cache<'sync'>>>()
const ofUrl = adapterSet('redis://127.0.0.1:6379')
is<Equal<typeof ofUrl, Cache<'sync'>>>()
adapterSet(process.env.CACHE_ADAPTER)
adapterSet(undefined)
adapterSet(null)
adapterSet()
adapterSet(bridge(new URL('file:///my-cache.js')))

// The options are those of the adapter that is named.
adapterSet('memory', { maxEntries: 100, isolation: 'clone' })
adapterSet('redis', { url: 'redis://127.0.0.1:6379', operationTimeout: '500ms' })
adapterSet('memcached', { servers: ['127.0.0.1:11211'] })
adapterSet('sqlite3', { path: 'app.db' })
// @ts-expect-error A class takes its own options too.
adapterSet(SqliteCache, { maxEntries: 1 })
// @ts-expect-error Memory has no URL.
adapterSet('memory', { url: 'redis://127.0.0.1:6379' })
// @ts-expect-error Redis has no path.
adapterSet('redis', { path: 'app.db' })
// @ts-expect-error There are four isolations.
adapterSet('memory', { isolation: 'deep' })
// @ts-expect-error A number names no adapter.
adapterSet(1)

// `cached` is synchronous unless the application registers that it is not.
// @ts-expect-error This one is asynchronous.
adapterSet(new AsyncMemoryCache())
// @ts-expect-error And so are its instances.
adapterSet(AsyncMemoryCache)
// @ts-expect-error This one may be.
adapterSet(new MemoryCache() as Cache)
is<Equal<ReturnType<typeof adapterGet>, Cache<'sync'>>>()
is<Equal<ReturnType<typeof adapterReset>, void>>()

// `asyncCached` takes both.
const sync = asyncAdapterSet(new MemoryCache())
is<Equal<typeof sync, MemoryCache>>()
const async = asyncAdapterSet(AsyncMemoryCache)
is<Equal<typeof async, AsyncMemoryCache>>()
const asyncName = asyncAdapterSet('redis', { operationTimeout: 1 })
is<Equal<typeof asyncName, Cache<'async'>>>()
is<Equal<ReturnType<typeof asyncAdapterGet>, Cache>>()

// Instances answer in their colour.
const fromMemory = new MemoryCache().get<number>('n')
is<Equal<typeof fromMemory, number | undefined>>()
const fromRedis = new RedisCache().get<number>('n')
is<Equal<typeof fromRedis, number | undefined>>()
declare const redis: AsyncRedisCache
const fromAsyncRedis = redis.get<number>('n')
is<Equal<typeof fromAsyncRedis, Promise<number | undefined>>>()
is<Equal<ReturnType<MemoryCache['close']>, void>>()
is<Equal<ReturnType<AsyncMemoryCache['close']>, Promise<void>>>()

// What runs with another adapter gives what it gives.
const within = withAdapter(new MemoryCache(), () => 1)
is<Equal<typeof within, number>>()
const withinLater = withAdapter(AsyncMemoryCache, async () => 1)
is<Equal<typeof withinLater, Promise<number>>>()

configure({ adapter: 'redis', redisUrl: 'redis://127.0.0.1:6379', prefix: 'app:' })
configure({ adapter: new MemoryCache(), asyncAdapter: AsyncMemoryCache })
configureFromEnv({ CACHE_ADAPTER: 'memory' })
// @ts-expect-error There is no such setting.
configure({ ttl: 60 })

// Users see the verbs of a cache, and none of the store's. An author's own class may show them.
type StoreVerb = keyof Store | 'readStored' | 'decodeStored' | 'load' | 'save' | 'tryGet' | 'trySet' | 'loads' | 'now'
is<Equal<Extract<keyof RedisCache | keyof SqliteCache, Exclude<StoreVerb, 'close'>>, never>>()
is<Equal<Extract<keyof MemoryCache | keyof AsyncNullCache, Exclude<StoreVerb, 'close' | 'load'>>, never>>()
is<Equal<Extract<keyof PrefixedCache | keyof StatsCache, Exclude<StoreVerb, 'close'>>, never>>()
