/**
 * The names of CacheToolsUtils, for programs that are ported from it line by line. `docs/predecessors.md` says what differs.
 */
export { fullHashKey, hashJsonKey, hashKey, jsonKey, jsonKeyKw, kw, typedKey } from '../../key-text/index.ts'
export {
  AutoPrefixedCache,
  asMap,
  BytesCache,
  DictCache,
  LockedCache,
  PrefixedCache,
  StatsCache,
  ToBytesCache,
} from '../../wrappers/index.ts'
export { type CachedBy, type CachedOptions, cached } from './cached.ts'
export { items } from './items.ts'
export {
  JsonSerde,
  MemCached,
  type MemCachedOptions,
  type MemcachedClient,
  PrefixedMemCached,
  StatsMemCached,
} from './memcached.ts'
export { cacheFunctions, cacheMethods, type Generator, type PrefixedOptions } from './prefixed-methods.ts'
export {
  type JsonKey,
  PrefixedRedisCache,
  RedisCache,
  type RedisCacheOptions,
  type RedisClient,
  StatsRedisCache,
} from './redis.ts'
export { DebugCache, EncryptedCache, type EncryptedOptions, TwoLevelCache } from './wrappers.ts'
