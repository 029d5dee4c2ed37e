import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type Cache, cached, type Entry } from '../../../lib/index.ts'
import * as privex from '../../../lib/predecessors/privex/index.ts'
import { tempFolder } from '../../support/run-folder.ts'
import { memcached, redis } from '../../support/servers.ts'

const prefix = (): string => `${randomUUID()}:`
const path = (): string => join(tempFolder('privex'), 'cache.db')

/** Their adapters, each for `cached` and `asyncCached`. */
const adapters: Record<string, () => Promise<[sync: Cache<'sync'>, async: Cache]>> = {
  memory: async () => [new privex.MemoryCache(), new privex.AsyncMemoryCache()],
  Redis: async () => {
    const { url } = await redis()
    return [new privex.RedisCache({ url, prefix: prefix() }), new privex.AsyncRedisCache({ url, prefix: prefix() })]
  },
  memcached: async () => {
    const servers = `127.0.0.1:${(await memcached()).port}`
    return [
      new privex.MemcachedCache({ servers, prefix: prefix() }),
      new privex.AsyncMemcachedCache({ servers, prefix: prefix() }),
    ]
  },
  SQLite: async () => [new privex.SqliteCache({ path: path() }), new privex.AsyncSqliteCache({ path: path() })],
}

// Their own cases: tests/test_cache.py and tests/cache/, run for every adapter behind both wrappers.
for (const [name, open] of Object.entries(adapters)) {
  describe(`Privex' cache in ${name}`, () => {
    let opened: Cache[] = []
    const faces = [
      ['cached', privex.cached],
      ['asyncCached', privex.asyncCached],
    ] as const
    beforeEach(async () => {
      const [sync, async] = await open()
      opened = [privex.adapterSet(sync), privex.asyncAdapterSet(async)]
      // Starting a worker may take longer than the shortest TTL here.
      for (const adapter of opened) await adapter.connect()
    })
    afterEach(async () => {
      privex.adapterReset()
      privex.asyncAdapterReset()
      for (const adapter of opened) await adapter.close()
    })

    for (const [face, cached] of faces as readonly (readonly [string, Cache])[]) {
      it(`sets, gets and removes through ${face}`, async () => {
        expect(await cached.get('test_cache_set')).to.equal(undefined)
        await cached.set('test_cache_set', 'TestingValue')
        expect(await cached.get('test_cache_set')).to.equal('TestingValue')
        expect(await cached.remove('test_cache_set')).to.equal(true)
        expect(await cached.get('test_cache_set')).to.equal(undefined)
        expect(await cached.remove('test_cache_set')).to.equal(false)
        expect(await cached.remove()).to.equal(true)
      })

      it(`expires and extends through ${face}`, async () => {
        await cached.set('test_expire', 'ExpiryTest', 1)
        await cached.set('test_update_timeout', 'UpdateExpiryTest', 1)
        expect(await cached.get('test_expire')).to.equal('ExpiryTest')
        expect(await cached.updateTimeout('test_update_timeout', 10)).to.equal('UpdateExpiryTest')
        await sleep(1050)
        expect(await cached.get('test_expire')).to.equal(undefined)
        expect(await cached.get('test_update_timeout')).to.equal('UpdateExpiryTest')
        for (const missing of ['test_expire', 'test_update_timeout_noexist']) {
          const error = await (async () => cached.updateTimeout(missing, 10))().catch((error: unknown) => error)
          expect(error).to.be.instanceOf(privex.CacheNotFound)
        }
      })

      it(`keeps null, entries without limit and more than 30 days through ${face}`, async () => {
        await cached.set('null', null)
        await cached.set('for ever', 1, null)
        await cached.set('long', 2, 31 * 86_400)
        expect(await cached.get('null', 'default', { fail: true })).to.equal(null)
        expect(await cached.ttl('for ever')).to.equal(null)
        expect(await cached.get('long')).to.equal(2)
        expect(await cached.getOrSet('for ever', () => 5, null)).to.equal(1)
        const error = await (async () => cached.get('none', undefined, { fail: true }))().catch(
          (error: unknown) => error,
        )
        expect(error).to.be.instanceOf(privex.CacheNotFound)
      })

      it(`makes what is missing through ${face}, with the key and once`, async () => {
        const keys: string[] = []
        const make = (key: string): string => {
          keys.push(key)
          return 'world'
        }
        for (let i = 0; i < 2; i++) expect(await cached.getOrSet('hello', make, 60)).to.equal('world')
        expect(await cached.getOrSetAsync('later', async (key) => `${key}!`)).to.equal('later!')
        expect(await cached.get('later')).to.equal('later!')
        expect(keys).to.deep.equal(['hello'])
      })
    }
  })
}

describe('The names of Privex', () => {
  afterEach(() => {
    privex.adapterReset()
    privex.asyncAdapterReset()
  })

  it('set adapters by alias and by class name', () => {
    const names = { memory: privex.MemoryCache, redis: privex.RedisCache, sqlite3: privex.SqliteCache }
    for (const [alias, Class] of Object.entries(names)) expect(privex.adapterSet(alias)).to.be.instanceOf(Class)
    for (const name of ['MemcachedCache', 'memcache', 'MCACHE']) {
      expect(privex.adapterSet(name)).to.be.instanceOf(privex.MemcachedCache)
      expect(privex.adapterGet()).to.be.instanceOf(privex.MemcachedCache)
    }
    expect(privex.asyncAdapterSet('redis')).to.be.instanceOf(privex.AsyncRedisCache)
    privex.asyncAdapterReset()
    expect(privex.asyncAdapterGet()).to.be.instanceOf(privex.AsyncMemoryCache)
  })

  it('are those of the package itself', () => {
    expect(privex.cached === cached).to.equal(true)
    expect(privex.cached).to.be.instanceOf(privex.CacheWrapper)
    expect(privex.asyncCached).to.be.instanceOf(privex.AsyncCacheWrapper)
    privex.set('hello', 'world')
    expect([privex.get('hello'), privex.cached.hello]).to.deep.equal(['world', 'world'])
    expect(privex.getOrSet('hello', 'other')).to.equal('world')
    privex.updateTimeout('hello', 60)
    expect(privex.remove('hello')).to.equal(true)
  })

  it('change the default timeout at once', () => {
    privex.settings.DEFAULT_CACHE_TIMEOUT = 7.5
    privex.set('a', 1)
    expect(privex.cached.ttl('a')).to.be.closeTo(7.5, 0.5)
    expect(privex.settings.DEFAULT_CACHE_TIMEOUT).to.equal(7.5)
    privex.settings.DEFAULT_CACHE_TIMEOUT = null
    privex.set('a', 1)
    expect(privex.cached.ttl('a')).to.equal(null)
    expect(privex.settings.DEFAULT_CACHE_TIMEOUT).to.equal(null)
    privex.settings.DEFAULT_CACHE_TIMEOUT = 300
    expect(() => {
      privex.settings.DEFAULT_CACHE_TIMEOUT = Number.NaN
    }).to.throw()
  })

  it('share one database in memory among the adapters of the process', () => {
    const [one, two] = [1, 2].map(() => new privex.SqliteCache({ memoryPersist: true }))
    one!.set('shared', 1)
    expect(two!.get('shared')).to.equal(1)
    one!.close()
    two!.close()
  })

  it('are bases of adapters in both modes', async () => {
    const map = new Map<string, Entry>()
    class Sync extends privex.CacheAdapter {
      protected read = (key: string) => map.get(key)
      protected write = (key: string, entry: Entry) => void map.set(key, entry)
      protected drop = (keys: readonly string[]) => keys.filter((key) => map.delete(key)).length
      close() {}
    }
    class Async extends privex.AsyncCacheAdapter {
      protected read = async (key: string) => map.get(key)
      protected write = async (key: string, entry: Entry) => void map.set(key, entry)
      protected drop = async (keys: readonly string[]) => keys.filter((key) => map.delete(key)).length
      async close() {}
    }
    privex.adapterSet(new Sync())
    privex.cached.a = 1
    expect(privex.asyncAdapterSet(new Async()).mode).to.equal('async')
    expect(await privex.asyncCached.get('a')).to.equal(1)
  })
})
