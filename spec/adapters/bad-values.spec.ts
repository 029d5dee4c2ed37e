import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import { AsyncMemcachedCache, MemcachedCache } from '../../adapters/memcached/index.ts'
import { AsyncRedisCache, RedisCache } from '../../adapters/redis/index.ts'
import { AsyncSqliteCache, SqliteCache } from '../../adapters/sqlite3/index.ts'
import { CoderError, ValueTooLarge } from '../../lib/core/errors.ts'
import type { Cache } from '../../lib/core/types.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, redis } from '../support/servers.ts'

const prefix = `${randomUUID()}:`
const url = async () => (await redis()).url
const servers = async () => `127.0.0.1:${(await memcached()).port}`
const path = () => join(tempFolder('values'), 'cache.db')

const caches: Record<string, () => Promise<Cache>> = {
  AsyncRedisCache: async () => new AsyncRedisCache({ url: await url(), prefix, operationTimeout: '20s' }),
  RedisCache: async () => new RedisCache({ url: await url(), prefix, operationTimeout: '20s' }),
  AsyncMemcachedCache: async () => new AsyncMemcachedCache({ servers: await servers(), prefix }),
  MemcachedCache: async () => new MemcachedCache({ servers: await servers(), prefix }),
  SqliteCache: async () => new SqliteCache({ path: path() }),
  AsyncSqliteCache: async () => new AsyncSqliteCache({ path: path(), operationTimeout: '20s' }),
}

class Money {}

/** The error that a verb throws, at once or later. */
async function failure(verb: () => unknown): Promise<unknown> {
  try {
    await verb()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

for (const [name, open] of Object.entries(caches)) {
  describe(`${name} and values that it cannot store`, function () {
    this.timeout(60_000)
    let cache: Cache
    before(async () => {
      cache = await open()
    })
    after(() => cache.close())

    it('refuses functions, symbols and unknown classes with their path, and changes nothing', async () => {
      await cache.set('k', 'before')
      const values = [
        () => 1,
        Symbol('s'),
        { a: [() => 1] },
        new Map([[Symbol('s'), 1]]),
        new Money(),
        { price: new Money() },
      ]
      for (const value of values) {
        expect(await failure(() => cache.set('k', value))).to.be.instanceOf(CoderError)
        expect(await failure(() => cache.add('new', value))).to.be.instanceOf(CoderError)
        expect(await failure(() => cache.setMany({ k: value }))).to.be.instanceOf(CoderError)
      }
      expect((await failure(() => cache.set('k', { price: new Money() }))) as Error)
        .property('message')
        .to.match(/Money/)
        .and.match(/price/)
        .and.match(/coder\.register/)
        .and.match(/unknownClass/)
      expect(await cache.get('k')).to.equal('before')
      expect(await cache.has('new')).to.equal(false)
    })

    it('returns a loaded value that it cannot store', async () => {
      const value = { price: new Money() }
      expect(await cache.getOrSet('uncodable', () => value)).to.equal(value)
      expect(await cache.has('uncodable')).to.equal(false)
      expect(cache.stats().encodeError).to.equal(1)
    })

    it('refuses a value that is too deep, without overflowing the stack', async () => {
      let deep: unknown[] = []
      for (let i = 0; i < 100_000; i++) deep = [deep]
      expect(await failure(() => cache.set('deep', deep))).to.be.instanceOf(CoderError)
      expect(await cache.has('deep')).to.equal(false)
    })

    it('stores 100 MB of text, or says that it is too large', async () => {
      const text = 'x'.repeat(100_000_000)
      await cache.set('large', 'before')
      if (name.includes('Memcached')) {
        expect(await failure(() => cache.set('large', text))).to.be.instanceOf(ValueTooLarge)
        expect(await cache.getOrSet('too large', () => text)).to.equal(text)
        expect(await cache.get('large', 'nothing')).to.be.oneOf(['before', 'nothing'])
      } else {
        await cache.set('large', text)
        expect((await cache.get<string>('large')) === text).to.equal(true)
        await cache.remove('large')
      }
    })
  })
}
