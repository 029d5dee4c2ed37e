export { bridge } from '../adapters/bridge.ts'
export { AsyncMemcachedCache, MemcachedCache, type MemcachedOptions } from '../adapters/memcached.ts'
export {
  AsyncMemoryCache,
  type EntryFacts,
  type EvictionPolicy,
  type Expiry,
  MemoryCache,
  type MemoryOptions,
  type MemoryStats,
  type RemovalCause,
  type RemovalListener,
  type Weigher,
} from '../adapters/memory.ts'
export { AsyncMongoCache, MongoCache, type MongoOptions } from '../adapters/mongo.ts'
export { AsyncNullCache, NullCache } from '../adapters/null.ts'
export { AsyncRedisCache, RedisCache, type RedisOptions } from '../adapters/redis.ts'
export { AsyncSqliteCache, SqliteCache, type SqliteOptions } from '../adapters/sqlite3.ts'
export { CacheAdapter } from './adapter.ts'
export * from './api.ts'
export type { ByteStore, Marked, Saving } from './byte-store.ts'
export { BytesAdapter } from './bytes-adapter.ts'
export { asyncCached, cached } from './cached.ts'
export type { Coder, Wire } from './coder/coder.ts'
export * from './contract.ts'
export * from './errors.ts'
export type { CacheEvent, EventMap, EventName, FailureEvent, Stats } from './events.ts'
export type { AsyncCached, Cached } from './face.ts'
export { get, getOrSet, getOrSetAsync, has, remove, set, updateTimeout } from './functions.ts'
export type { Items } from './items.ts'
export type { AdapterClass, Adapters } from './registry.ts'
export { WrappedCache, type WrappedOptions, type WrapperOptions } from './wrapped.ts'
