import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { type AsyncRedisCache, RedisCache } from '../../adapters/redis/index.ts'
import { asyncCached, cached } from '../../lib/global/cached.ts'
import { type AsyncCacheMap, asMap, type CacheMap } from '../../lib/wrappers/as-map/index.ts'
import { BytesCache } from '../../lib/wrappers/bytes/index.ts'
import { ToBytesCache } from '../../lib/wrappers/bytes/to-bytes.ts'
import { CompressedCache } from '../../lib/wrappers/compressed/index.ts'
import { DictCache } from '../../lib/wrappers/dict/index.ts'
import { EncryptedCache } from '../../lib/wrappers/encrypted/index.ts'
import { type Equal, is } from './is.ts'

declare const redis: AsyncRedisCache

// A wrapper has the mode of what it wraps, at any depth.
const sync = new CompressedCache(new EncryptedCache(new ToBytesCache(new RedisCache()), { keys: 'secret' }))
is<Equal<typeof sync, CompressedCache<'sync'>>>()
const later = new CompressedCache(new EncryptedCache(new ToBytesCache(redis), { keys: ['secret', new Uint8Array(32)] }))
is<Equal<typeof later, CompressedCache<'async'>>>()
const value = sync.get<number>('k')
is<Equal<typeof value, number | undefined>>()
const promise = later.get<number>('k', 0)
is<Equal<typeof promise, Promise<number>>>()

const encrypted = new EncryptedCache(redis, { keys: 'secret', hashKeys: true, hsize: 8, cipher: 'aes-128-gcm' })
const rewritten = encrypted.reencrypt(['a', 1])
is<Equal<typeof rewritten, Promise<number>>>()
const rewrittenNow = new EncryptedCache(new MemoryCache(), { keys: 'secret' }).reencrypt()
is<Equal<typeof rewrittenNow, number>>()

// @ts-expect-error there is no encryption without secrets
new EncryptedCache(redis, {})
// @ts-expect-error only authenticated ciphers
new EncryptedCache(redis, { keys: 'secret', cipher: 'aes-256-cbc' })
// @ts-expect-error
new CompressedCache(redis, { algorithm: 'lzma' })
// @ts-expect-error a Map is no adapter: DictCache makes one of it
new CompressedCache(new Map())

// Bytes are keys where they are, and values unless another type is named.
const bytes = new BytesCache(new MemoryCache(), { encoding: 'base64' })
const found = bytes.get(new Uint8Array(1))
is<Equal<typeof found, Uint8Array | undefined>>()
const named = bytes.get<number>(Buffer.from('k'), 0)
is<Equal<typeof named, number>>()
const many = new BytesCache(new AsyncMemoryCache()).getMany(['k', 1, new Uint8Array(1)])
is<Equal<typeof many, Promise<(Uint8Array | undefined)[]>>>()
bytes.setMany([[new Uint8Array(1), 1] as const])
bytes.setMany({ k: 1 })
// @ts-expect-error elsewhere they are not
new MemoryCache().get(new Uint8Array(1))
// @ts-expect-error objects are no keys anywhere
bytes.get({})

// A Map of text, or anything of its shape.
new DictCache()
new DictCache(new Map<string, number>())
new DictCache(asMap(new MemoryCache()), { prefix: 'p:' })
// @ts-expect-error its keys are text
new DictCache(new Map<Date, number>())
// @ts-expect-error without `set`
new DictCache({ get: () => 1, delete: () => true })
// @ts-expect-error a map of promises is none
new DictCache(asMap(new AsyncMemoryCache()))

// A cache as a Map, by its colour.
const map = asMap<number>(new MemoryCache())
is<Equal<typeof map, CacheMap<number>>>()
const real: Map<string, number> = map
is<Equal<(typeof real)['size'], number>>()
const mapLater = asMap<number>(redis, { timeout: null })
is<Equal<typeof mapLater, AsyncCacheMap<number>>>()
const size = mapLater.size
is<Equal<typeof size, Promise<number>>>()
for await (const pair of mapLater) is<Equal<typeof pair, [string, number]>>()
for (const pair of map) is<Equal<typeof pair, [string, number]>>()
// @ts-expect-error promises are not iterated
for (const _ of mapLater) break

// The two faces are caches, too.
const ofCached = asMap(cached)
is<Equal<typeof ofCached, CacheMap<unknown>>>()
const ofAsyncCached = asMap(asyncCached)
is<Equal<typeof ofAsyncCached, AsyncCacheMap<unknown>>>()
