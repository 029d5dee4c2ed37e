import { join } from 'node:path'
import { expect } from 'chai'
import {
  AsyncMemcachedCache,
  AsyncMemoryCache,
  AsyncRedisCache,
  AsyncSqliteCache,
  type Cache,
  MemoryCache,
  SqliteCache,
} from '../../lib/index.ts'
import { EncryptedCache, PrefixedCache, TwoLevelCache } from '../../lib/wrappers/index.ts'
import { child } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, redis } from '../support/servers.ts'

const opened: Cache[] = []
const open = <C extends Cache>(cache: C): C => {
  opened.push(cache)
  return cache
}

const CACHES: Record<string, () => Cache | Promise<Cache>> = {
  MemoryCache: () => new MemoryCache(),
  AsyncMemoryCache: () => new AsyncMemoryCache(),
  'MemoryCache with isolation': () => new MemoryCache({ isolation: 'coder' }),
  SqliteCache: () => new SqliteCache({ path: join(tempFolder('tags'), 'tags.db') }),
  AsyncSqliteCache: () => new AsyncSqliteCache({ path: join(tempFolder('tags'), 'tags.db') }),
  AsyncRedisCache: async () => new AsyncRedisCache({ url: (await redis()).url, prefix: `${Math.random()}:` }),
  AsyncMemcachedCache: async () =>
    new AsyncMemcachedCache({ servers: `127.0.0.1:${(await memcached()).port}`, prefix: `${Math.random()}:` }),
  PrefixedCache: () => new PrefixedCache(new AsyncMemoryCache(), 'tagged:'),
  EncryptedCache: () => new EncryptedCache(new AsyncMemoryCache(), { key: 'a secret of thirty-two characters' }),
  TwoLevelCache: () =>
    new TwoLevelCache(new MemoryCache(), new SqliteCache({ path: join(tempFolder('tags'), 'l2.db') })),
}

describe('tags', () => {
  after(async () => {
    for (const cache of opened) await cache.close()
  })

  for (const [name, make] of Object.entries(CACHES)) {
    describe(`on ${name}`, () => {
      let cache: Cache
      before(async () => {
        cache = open(await make())
      })

      it('remove every entry that has one of them, and no other', async () => {
        await cache.set('a', 1, { tags: ['x'] })
        await cache.set('b', 2, { tags: ['x', 'y'] })
        await cache.set('c', 3, { tags: ['z'] })
        await cache.set('d', 4)
        await cache.removeByTag('y', 'nobody')
        expect(await cache.getMany(['a', 'b', 'c', 'd'])).to.deep.equal([1, undefined, 3, 4])
        await cache.removeByTag('x')
        expect(await cache.getMany(['a', 'b', 'c', 'd'])).to.deep.equal([undefined, undefined, 3, 4])
        expect(await cache.has('a')).to.equal(false)
        expect(await cache.ttl('a')).to.equal(undefined)
        expect(await cache.add('a', 'free')).to.equal(true)
        expect(await cache.get('a')).to.equal('free')
      })

      it('are replaced by a later set, and kept by updateTimeout and increment', async () => {
        await cache.set('n', 1, { tags: ['num'] })
        await cache.updateTimeout('n', 100)
        await cache.increment('n')
        expect(await cache.get('n')).to.equal(2)
        await cache.removeByTag('num')
        expect(await cache.get('n')).to.equal(undefined)

        await cache.set('n', 1, { tags: ['num'] })
        await cache.set('n', 2)
        await cache.removeByTag('num')
        expect(await cache.get('n')).to.equal(2)
      })

      it('hold for what was written after an invalidation', async () => {
        await cache.removeByTag('again')
        await cache.set('k', 1, { tags: ['again'] })
        expect(await cache.get('k')).to.equal(1)
        await cache.removeByTag('again')
        expect(await cache.get('k')).to.equal(undefined)
      })

      it('expire entries, which may still be served stale', async () => {
        await cache.set('s', 'old', { tags: ['soft'], staleFor: '1h' })
        await cache.expireByTag('soft')
        expect(await cache.get('s')).to.equal(undefined)
        expect(await cache.get('s', undefined, { stale: true })).to.equal('old')
        const failing = async () => {
          throw new Error('down')
        }
        expect(await cache.getOrSetAsync('s', failing, { staleFor: '1h' })).to.equal('old')
      })

      it('beat a load that is running', async () => {
        let finish = () => {}
        const load = cache.getOrSetAsync(
          'load',
          () =>
            new Promise<string>((resolve) => {
              finish = () => resolve('old')
            }),
          { tags: ['running'] },
        )
        await new Promise((resolve) => setTimeout(resolve, 30))
        await cache.removeByTag('running')
        finish()
        expect(await load).to.equal('old')
        expect(await cache.get('load')).to.equal(undefined)
      })

      it('may be any text', async () => {
        const tags = ['', ' ', 'a,b', 'ä\u0001€', '%', '__proto__', 'x'.repeat(300)]
        for (const tag of tags) {
          await cache.set('any', 1, { tags: [tag] })
          expect(await cache.get('any')).to.equal(1)
          await cache.removeByTag(tag)
          expect(await cache.get('any'), JSON.stringify(tag)).to.equal(undefined)
        }
      })

      it('leave nothing that listings show', async () => {
        await cache.set('listed', 1, { tags: ['listed'] })
        await cache.removeByTag('listed')
        if (!cache.capabilities.listsKeys) return
        for await (const key of cache.keys()) expect(key).to.not.match(/tag|listed/)
      })
    })
  }

  it('belong to a prefix', () => {
    const inner = new MemoryCache()
    const [a, b] = [new PrefixedCache(inner, 'a:'), new PrefixedCache(inner, 'b:')]
    a.set('k', 1, { tags: ['t'] })
    b.set('k', 2, { tags: ['t'] })
    a.removeByTag('t')
    expect(a.get('k')).to.equal(undefined)
    expect(b.get('k')).to.equal(2)
  })

  it('are invalidated for other processes', async function () {
    this.timeout(30_000)
    const path = join(tempFolder('tags'), 'two.db')
    const cache = open(new SqliteCache({ path, tagTtl: 0 }))
    cache.set('k', 1, { tags: ['t'] })
    expect(cache.get('k')).to.equal(1)
    const result = await child(`
      import { SqliteCache } from './lib/index.ts'
      const cache = new SqliteCache({ path: ${JSON.stringify(path)} })
      console.log(cache.get('k'))
      cache.removeByTag('t')
    `)
    expect(result.stdout.trim()).to.equal('1')
    expect(cache.get('k')).to.equal(undefined)
  })

  it('make entries missing when the backend has lost their version', async () => {
    const { url } = await redis()
    const prefix = `${Math.random()}:`
    const cache = open(new AsyncRedisCache({ url, prefix, tagTtl: 0 }))
    await cache.set('k', 1, { tags: ['lost'] })
    const { Redis } = await import('ioredis')
    const raw = new Redis(url)
    for (const key of await raw.keys(`${prefix}*tag:lost`)) await raw.del(key)
    raw.disconnect()
    expect(await cache.get('k')).to.equal(undefined)
    await cache.set('other', 1, { tags: ['lost'] })
    expect(await cache.get('k')).to.equal(undefined)
  })

  it('refuse what is not text', () => {
    expect(() => new MemoryCache().removeByTag(1 as never)).to.throw(TypeError)
  })
})
