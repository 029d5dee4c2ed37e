export { bridge } from '../adapters/bridge/index.ts'
export { AsyncMemcachedCache, MemcachedCache, type MemcachedOptions } from '../adapters/memcached/index.ts'
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
} from '../adapters/memory/index.ts'
export { AsyncMongoCache, MongoCache, type MongoOptions } from '../adapters/mongo/index.ts'
export { AsyncNullCache, NullCache } from '../adapters/null/index.ts'
export { AsyncRedisCache, RedisCache, type RedisOptions } from '../adapters/redis/index.ts'
export { AsyncSqliteCache, SqliteCache, type SqliteOptions } from '../adapters/sqlite3/index.ts'
export type { ByteStore, DescribedStore, Saving, StoreContext, VersionedWire } from './adapter/byte-store.ts'
export { BytesAdapter } from './adapter/bytes-adapter.ts'
export { CacheAdapter } from './adapter/cache-adapter.ts'
export {
  AdapterError,
  type AdapterErrorOptions,
  CacheError,
  CacheNotFound,
  CacheTimeout,
  CoderError,
  ConfigError,
  ConnectionFailed,
  LockError,
  MissingDependency,
  NotFound,
  PartialFailure,
  SchemaError,
  Tampered,
  UnknownAdapter,
  Unsupported,
  ValueTooLarge,
} from './core/errors.ts'
export type { CacheEvent, EventMap, EventName, FailureEvent, Stats } from './core/events.ts'
export type {
  AdapterOptions,
  BackendErrorPolicy,
  Cache,
  CacheStatus,
  Capabilities,
  ClearOptions,
  Clock,
  Coder,
  Duration,
  Entries,
  Entry,
  GetOptions,
  GetOrSetOptions,
  Isolation,
  Key,
  Keys,
  LoadContext,
  Loaded,
  LoadOptions,
  Lock,
  LockOptions,
  Mode,
  Out,
  OutMade,
  Register,
  RegisteredMode,
  SchemaResult,
  SetOptions,
  StaleEntry,
  StandardSchema,
  Store,
  Timeout,
  VersionedEntry,
  WarmOptions,
  Wire,
} from './core/types.ts'
export type { AdapterClass, Adapters } from './global/builtin-adapters.ts'
export { type AdapterSet, AsyncCacheWrapper, CacheWrapper, type OptionsOf } from './global/cache-wrapper.ts'
export {
  asyncCached,
  cached,
  get,
  getOrSet,
  getOrSetAsync,
  has,
  remove,
  set,
  updateTimeout,
} from './global/cached.ts'
export {
  adapterGet,
  adapterReset,
  adapterSet,
  asyncAdapterGet,
  asyncAdapterReset,
  asyncAdapterSet,
  type Configuration,
  configure,
  configureFromEnv,
  withAdapter,
} from './global/configure.ts'
export type { Items } from './global/dictionary.ts'
export { type BatchLoader, createLoader } from './verbs/create-loader.ts'
export { ForwardingCache } from './wrappers/base/forwarding.ts'
export { TransformedCache } from './wrappers/base/transformed.ts'
export { WrappedCache, type WrappedOptions, type WrapperOptions } from './wrappers/base/wrapped.ts'
