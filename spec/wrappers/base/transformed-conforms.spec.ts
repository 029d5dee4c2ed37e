import { AsyncMemcachedCache, MemcachedCache } from '../../../adapters/memcached/index.ts'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { AsyncRedisCache, RedisCache } from '../../../adapters/redis/index.ts'
import { AsyncSqliteCache, SqliteCache } from '../../../adapters/sqlite3/index.ts'
import type { AdapterOptions, Cache } from '../../../lib/core/types.ts'
import { conforms } from '../../../lib/testing/index.ts'
import { BytesCache } from '../../../lib/wrappers/bytes/index.ts'
import { ToBytesCache } from '../../../lib/wrappers/bytes/to-bytes.ts'
import { CompressedCache } from '../../../lib/wrappers/compressed/index.ts'
import { EncryptedCache } from '../../../lib/wrappers/encrypted/index.ts'
import { memcached, type PrivateServer, redis, withoutServers } from '../../support/servers.ts'

/** Every wrapper that keeps entries in another form, over every adapter, is a cache like any other. */

type Factory = (options: AdapterOptions) => Cache | Promise<Cache>

const keys = ['a secret of sixteen bytes or more', 'the one before that, as long']
const path = ':memory:'
// Bytes become base64 where text is kept: too much for a memcached as it is by itself.
let large: PrivateServer | undefined
const servers = async () => {
  large ??= await memcached({ maxItem: '8m' })
  return `${large.host}:${large.port}`
}
const WRAPPERS: Readonly<Record<string, (inner: Cache) => Cache>> = {
  EncryptedCache: (inner) => new EncryptedCache(inner, { keys }),
  'EncryptedCache with hashed keys': (inner) =>
    new EncryptedCache(inner, { keys, hashKeys: true, cipher: 'chacha20-poly1305' }),
  CompressedCache: (inner) => new CompressedCache(inner, { threshold: 0, algorithm: 'deflate' }),
  'ToBytesCache over BytesCache': (inner) => new ToBytesCache(new BytesCache(inner, { encoding: 'base64' })),
}

const ADAPTERS: Readonly<Record<string, Factory>> = {
  MemoryCache: (options) => new MemoryCache(options),
  AsyncMemoryCache: (options) => new AsyncMemoryCache({ ...options, isolation: 'clone' }),
  RedisCache: async (options) => new RedisCache({ ...options, url: (await redis()).url }),
  AsyncRedisCache: async (options) => new AsyncRedisCache({ ...options, url: (await redis()).url }),
  // With always the same prefix, it is always the same thread. Each test clears up behind itself.
  MemcachedCache: async (options) => new MemcachedCache({ ...options, servers: await servers(), prefix: 'wrapped:' }),
  AsyncMemcachedCache: async (options) => new AsyncMemcachedCache({ ...options, servers: await servers() }),
  SqliteCache: (options) => new SqliteCache({ ...options, path }),
  AsyncSqliteCache: (options) => new AsyncSqliteCache({ ...options, path, coder: 'v8' }),
}

// The adapters' own specs test their values: here one that keeps references and one that keeps bytes are enough.
const BYTES_AND_REFERENCES = ['MemoryCache', 'AsyncSqliteCache']

describe('Wrappers that keep entries in another form', () => {
  after(() => large?.close())

  for (const [adapter, open] of Object.entries(withoutServers(ADAPTERS))) {
    describe(`Over ${adapter}`, () => {
      // While it is open, the thread behind a synchronous adapter is not started again for every test.
      let holder: Cache | undefined

      before(async function () {
        this.timeout(60_000)
        holder = await open({})
        await holder.connect()
      })
      after(() => holder?.close())

      for (const [wrapper, wrap] of Object.entries(WRAPPERS)) {
        describe(wrapper, () =>
          conforms(async (options) => wrap(await open(options)), { values: BYTES_AND_REFERENCES.includes(adapter) }),
        )
      }
    })
  }
})
