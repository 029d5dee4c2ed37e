import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

/**
 * The public names, frozen: a name that comes or goes is a change that users see, and is made here too. Values are what is
 * there when the program runs; types are what is there for the compiler only.
 */
const PUBLIC: Record<string, { values: string; types: string }> = {
  'lib/index.ts': {
    values: `
      AdapterError AsyncCacheWrapper AsyncMemcachedCache AsyncMemoryCache AsyncMongoCache AsyncNullCache AsyncRedisCache AsyncSqliteCache
      BytesAdapter CacheAdapter CacheError CacheNotFound CacheTimeout CacheWrapper CoderError ConfigError
      ConnectionFailed ForwardingCache LockError MemcachedCache MemoryCache MissingDependency MongoCache NotFound NullCache PartialFailure RedisCache SchemaError
      SqliteCache Tampered TransformedCache UnknownAdapter Unsupported ValueTooLarge WrappedCache adapterGet adapterReset adapterSet
      asyncAdapterGet asyncAdapterReset asyncAdapterSet asyncCached bridge cached configure configureFromEnv createLoader
      get getOrSet getOrSetAsync has remove set updateTimeout withAdapter
    `,
    types: `
      AdapterClass AdapterErrorOptions AdapterOptions AdapterSet Adapters BackendErrorPolicy BatchLoader ByteStore
      Cache CacheEvent CacheStatus Capabilities ClearOptions Clock Coder Configuration DescribedStore Duration Entries Entry EntryFacts
      EventMap EventName EvictionPolicy Expiry FailureEvent GetOptions GetOrSetOptions Isolation Items Key Keys LoadContext LoadOptions Loaded Lock LockOptions VersionedWire
      MemcachedOptions MemoryOptions MemoryStats Mode MongoOptions OptionsOf Out OutMade RedisOptions Register RegisteredMode RemovalCause RemovalListener Saving
      SchemaResult SetOptions SqliteOptions StaleEntry StandardSchema Stats Store StoreContext Timeout VersionedEntry WarmOptions Weigher Wire WrappedOptions WrapperOptions
    `,
  },
  'lib/coder/index.ts': {
    values: `
      JsonCoder MsgpackCoder Registry RegistryError UnknownDecoder UnknownEncoder V8Coder coder coderNamed coderOf
      decoder encoder
    `,
    types: `
      ClassCodec ClassOf CodecClass Coder CoderName DecoderRegister DecoratorContext EncoderRegister JsonCoderOptions
      Register TypedCodec Wire
    `,
  },
  'lib/testing/index.ts': {
    values: 'AsyncChaosCache ChaosCache FakeClock conforms seeded tcpProxy',
    types: 'Chaos ChaosVerb ConformsOptions Factory Runner TcpProxy',
  },
  'adapters/bridge/index.ts': {
    values: 'BridgedCache bridge',
    types: 'BridgeOptions',
  },
  'adapters/memcached/index.ts': {
    values: 'AsyncMemcachedCache MemcachedCache',
    types: 'MemcachedOptions',
  },
  'lib/memo/index.ts': {
    values: `
      cache cacheClear cacheFunctions cacheMethods cachePut cacheable clearNamespaces createMemo fullHashKey
      hashJsonKey hashKey jsonKey jsonKeyKw kw memoOf memoize typedKey
    `,
    types: `
      AnyFunction CacheClearDecorator CacheClearOptions CacheableDecorator CacheableOptions Called Clearer
      ClearingOptions Decorator DefaultCache FunctionsIn KeywordArguments ManyOptions MemoCache MemoFailure MemoOptions MemoStats
      MemoVerbs Memoized Memoizer MethodContext ModeOf Names Per ResultOf TtlOptions When WithMemoized
    `,
  },
  'lib/predecessors/privex/index.ts': {
    values: `
      AsyncCacheAdapter AsyncCacheWrapper AsyncMemcachedCache AsyncMemoryCache AsyncRedisCache AsyncSqliteCache
      CacheAdapter CacheNotFound CacheWrapper MemcachedCache MemoryCache RedisCache SqliteCache adapterGet adapterReset
      adapterSet asyncAdapterGet asyncAdapterReset asyncAdapterSet asyncCached cached configure get getOrSet
      getOrSetAsync remove set settings updateTimeout
    `,
    types: 'MemcachedOptions MemoryOptions RedisOptions SqliteOptions',
  },
  'lib/predecessors/cachetools-utils/index.ts': {
    values: `
      AutoPrefixedCache BytesCache DebugCache DictCache EncryptedCache JsonSerde LockedCache MemCached PrefixedCache
      PrefixedMemCached PrefixedRedisCache RedisCache StatsCache StatsMemCached StatsRedisCache ToBytesCache
      TwoLevelCache asMap cacheFunctions cacheMethods cached fullHashKey hashJsonKey hashKey items jsonKey jsonKeyKw kw
      typedKey
    `,
    types: `
      CachedBy CachedOptions EncryptedOptions Generator JsonKey MemCachedOptions MemcachedClient PrefixedOptions
      RedisCacheOptions RedisClient
    `,
  },
  'lib/predecessors/cachetoolz/index.ts': {
    values: `
      AsyncInMemory AsyncMongoBackend AsyncRedisBackend Cache InMemory MongoBackend RedisBackend cache coder createMemo
      decoder defaultKeygen encoder
    `,
    types: 'Clearer DurationParts MemoCache Memoizer TtlOptions',
  },
  'lib/wrappers/index.ts': {
    values: `
      AsyncCacheMap AutoPrefixedCache BytesCache CacheMap CompressedCache DebugCache DictCache EncryptedCache
      FailoverCache LockedCache PrefixedCache StatsCache ToBytesCache TwoLevelCache asMap failover
    `,
    types: `
      Algorithm AsMapOptions AutoPrefixedOptions Both ByteEntries ByteKey BytesEncoding BytesOptions CacheStats
      CipherName CompressedOptions DebugOptions DictOptions EncryptedOptions FailoverOptions FailoverStatus JsonKey Latency
      LockedOptions MapLike Secondary Secret ToBytesOptions TwoLevelOptions TwoLevelStats
    `,
  },
  'adapters/memory/index.ts': {
    values: 'AsyncMemoryCache MemoryCache',
    types: `
      Dumped EntryFacts EvictionPolicy Expiry Inspection MemoryOptions MemoryStats PolicyName PolicyOption
      RemovalCause RemovalListener Restored Weigher
    `,
  },
  'adapters/mongo/index.ts': {
    values: 'AsyncMongoCache MongoCache',
    types: 'MongoOptions',
  },
  'adapters/null/index.ts': {
    values: 'AsyncNullCache NullCache',
    types: '',
  },
  'adapters/redis/index.ts': {
    values: 'AsyncRedisCache RedisCache',
    types: 'RedisOptions',
  },
  'adapters/sqlite3/index.ts': {
    values: 'AsyncSqliteCache SqliteCache',
    types: 'SqliteOptions',
  },
}

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('The public names', () => {
  for (const [entry, { values, types }] of Object.entries(PUBLIC)) {
    it(`of ${entry} are the agreed ones`, async () => {
      const there = Object.keys(await import(join(root, entry)))
      expect(there.sort()).to.deep.equal(listed(values))

      const declared = [...namesOf(entry)].filter((name) => !there.includes(name))
      expect(declared.sort()).to.deep.equal(listed(types))
    })
  }
})

function listed(names: string): string[] {
  return names.split(/\s+/).filter(Boolean).sort()
}

/** Every name that a module exports, types among them, as its text says. */
function namesOf(file: string): Set<string> {
  const text = readFileSync(join(root, file), 'utf8')
  const names = new Set<string>()
  const all = /^export (?:type )?\* from '([^']+)'/gm
  const some = /^export (?:type )?\{([^}]*)\}/gm
  const one = /^export (?:declare |abstract |async )*(?:class|const|let|function\*?|interface|type) (\w+)/gm

  for (const [, from] of text.matchAll(all)) for (const name of namesOf(join(dirname(file), from!))) names.add(name)
  for (const [, list] of text.matchAll(some)) {
    for (const item of list!.split(',')) names.add(item.trim().split(/\s+/).at(-1)!)
  }
  for (const [, name] of text.matchAll(one)) names.add(name!)
  names.delete('')
  return names
}
