import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { AsyncMemcachedCache } from '../../../adapters/memcached/index.ts'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { AsyncRedisCache, RedisCache } from '../../../adapters/redis/index.ts'
import { SqliteCache } from '../../../adapters/sqlite3/index.ts'
import type { CacheAdapter } from '../../../lib/adapter/cache-adapter.ts'
import { Unsupported } from '../../../lib/core/errors.ts'
import { PrefixedCache, StatsCache } from '../../../lib/wrappers/index.ts'
import { registryOf } from '../../../lib/wrappers/prefixed/prefix-registry.ts'
import { memcached, redis } from '../../support/servers.ts'
import { warningsOf } from '../warnings.ts'

const CODE = 'POLYCACHE_PREFIX'

async function keysOf(cache: CacheAdapter, prefix?: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of cache.keys(prefix)) keys.push(key)
  return keys.sort()
}

describe('PrefixedCache', () => {
  it('stores every key after its own prefix and that of the wrapped adapter', () => {
    const memory = new MemoryCache({ prefix: 'base:' })
    const cache = new PrefixedCache(memory, 'a:')
    cache.set('k', 1)
    cache.setMany({ many: 2 })
    cache.getOrSet('made', () => 3)
    cache.increment('n')
    expect([...memory.keys()]).to.deep.equal(['a:k', 'a:many', 'a:made', 'a:n'])
    expect([...memory.store.keys('')]).to.include('base:a:k')
    expect([...cache.keys()]).to.deep.equal(['k', 'many', 'made', 'n'])
    expect([cache.get('k'), cache.getMany(['many', 'made', 'n'])]).to.deep.equal([1, [2, 3, 1]])
  })

  it('keeps what is its own from its neighbours', () => {
    const memory = new MemoryCache()
    const [a, b] = [new PrefixedCache(memory, 'a:'), new PrefixedCache(memory, 'b:')]
    a.set('k', 'of a')
    b.set('k', 'of b')
    expect([a.get('k'), b.get('k')]).to.deep.equal(['of a', 'of b'])
    a.remove('k')
    expect([a.has('k'), b.has('k')]).to.deep.equal([false, true])
    a.set('k', 'of a')
    b.clear()
    expect([[...a.keys()], [...b.keys()]]).to.deep.equal([['k'], []])
  })

  it('nests', () => {
    const memory = new MemoryCache()
    const outer = new PrefixedCache(memory, 'a:')
    const inner = new PrefixedCache(outer, 'b:')
    inner.set('k', 'v')
    expect([[...memory.keys()], [...outer.keys()], [...inner.keys()]]).to.deep.equal([['a:b:k'], ['b:k'], ['k']])
    outer.set('other', 1)
    inner.clear()
    expect([...memory.keys()]).to.deep.equal(['a:other'])
    inner.set('k', 'v')
    outer.clear()
    expect([...memory.keys()]).to.deep.equal([])
  })

  it('takes the characters of patterns for what they are', async () => {
    const memory = new AsyncMemoryCache()
    const caches: CacheAdapter[] = [
      memory,
      new AsyncRedisCache({ url: (await redis()).url, prefix: `${randomUUID()}:` }),
    ]
    for (const inner of caches) {
      const [star, query, set] = ['a*', 'a?', '[ab]'].map((prefix) => new PrefixedCache(inner, prefix))
      for (const key of ['ax', 'ab', 'a', 'b']) await inner.set(key, 1)
      await star!.set('k', 1)
      await query!.set('k', 1)
      await set!.set('k', 1)
      for (const cache of [star, query, set]) expect(await keysOf(cache!)).to.deep.equal(['k'])
      for (const cache of [star, query, set]) await cache!.clear()
      expect(await keysOf(inner)).to.deep.equal(['a', 'ab', 'ax', 'b'])
      await inner.clear()
      await inner.close()
    }
  })

  it('lists under a prefix of the user, and clears it', () => {
    const cache = new PrefixedCache(new MemoryCache(), 'a:')
    cache.setMany({ 'x:1': 1, 'x:2': 2, y: 3 })
    expect([...cache.keys('x:')]).to.deep.equal(['x:1', 'x:2'])
    cache.clear('x:')
    expect([...cache.keys()]).to.deep.equal(['y'])
  })

  it('refuses what is no prefix', () => {
    for (const prefix of ['', '\ud800', 'a\udc00:', null, undefined, 5, {}] as string[]) {
      expect(() => new PrefixedCache(new MemoryCache(), prefix)).to.throw(TypeError, /prefix/)
    }
    expect(() => new PrefixedCache(new MemoryCache(), '🥳')).not.to.throw()
  })

  it('says that it cannot clear where the backend cannot list', async () => {
    const { host, port } = await memcached()
    const memcache = new AsyncMemcachedCache({ servers: `${host}:${port}`, prefix: `${randomUUID()}:` })
    const cache = new PrefixedCache(memcache, 'a:')
    expect(cache.capabilities).to.include({ clears: false, listsKeys: false })
    await cache.set('k', 'v')
    const error = await cache.clear().catch((error: unknown) => error)
    expect(error).to.be.instanceOf(Unsupported).with.property('message').that.includes('a prefix of its own')
    expect(await cache.get('k')).to.equal('v')
    await memcache.clear()
    expect(await cache.get('k')).to.equal(undefined)
    await cache.close()
  })
})

describe('Prefixes of one store', () => {
  it('are reported once when two caches use the same one', async () => {
    const memory = new MemoryCache()
    const kept: unknown[] = []
    const told = await warningsOf(CODE, () => {
      for (let i = 0; i < 3; i++) kept.push(new PrefixedCache(i === 1 ? new StatsCache(memory) : memory, 'same:'))
    })
    expect(told).to.have.lengthOf(1)
    expect(told[0]).to.match(/"same:"/)
    expect(kept).to.have.lengthOf(3)
  })

  it('are reported when one begins with the other', async () => {
    const memory = new MemoryCache()
    const kept: unknown[] = []
    for (const prefixes of [
      ['a:', 'a:b:'],
      ['c:d:', 'c:'],
    ]) {
      const told = await warningsOf(CODE, () =>
        kept.push(...prefixes.map((prefix) => new PrefixedCache(memory, prefix))),
      )
      expect(told).to.have.lengthOf(1)
      for (const prefix of prefixes) expect(told[0]).to.include(JSON.stringify(prefix))
    }
    expect(kept).to.have.lengthOf(4)
  })

  it('do not collide in other stores, side by side, or inside each other', async () => {
    const [one, other] = [new MemoryCache(), new MemoryCache()]
    const kept: unknown[] = []
    const told = await warningsOf(CODE, () => {
      const a = new PrefixedCache(one, 'a:')
      kept.push(
        a,
        new PrefixedCache(other, 'a:'),
        new PrefixedCache(one, 'ab:'),
        new PrefixedCache(new StatsCache(a), 'b:'),
      )
    })
    expect(told).to.deep.equal([])
    expect(kept).to.have.lengthOf(4)
  })

  it('collide across caches over one server', async () => {
    const { url } = await redis()
    const prefix = `${randomUUID()}:`
    const told = await warningsOf(CODE, async () => {
      const [one, other] = [new AsyncRedisCache({ url, prefix }), new AsyncRedisCache({ url, prefix })]
      const caches = [new PrefixedCache(one, 'a:'), new PrefixedCache(other, 'a:')]
      await Promise.all(caches.map((cache) => cache.close()))
    })
    expect(told).to.have.lengthOf(1)
  })

  it('are registered without starting a worker or connecting', () => {
    const cache = new RedisCache({ url: 'redis://127.0.0.1:1' })
    const before = process.getActiveResourcesInfo().length
    new PrefixedCache(cache, 'a:')
    expect(process.getActiveResourcesInfo()).to.have.lengthOf(before)
  })

  it('leave the keys of a longer one alone', async () => {
    const url = (await redis()).url
    for (const make of [
      () => new MemoryCache(),
      () => new AsyncMemoryCache(),
      () => new AsyncRedisCache({ url, prefix: `${randomUUID()}:` }),
    ]) {
      const inner: CacheAdapter = make()
      const a = new PrefixedCache(inner, 'a:')
      const ab = new PrefixedCache(inner, 'a:b:')
      await a.set('k', 1)
      await a.set('bee', 1)
      await ab.set('k', 2)
      expect(await keysOf(a)).to.deep.equal(['bee', 'k'])
      expect(await keysOf(a, 'b')).to.deep.equal(['bee'])
      expect(await keysOf(ab)).to.deep.equal(['k'])
      await a.clear('b')
      expect(await keysOf(a)).to.deep.equal(['k'])
      await a.clear('b:')
      await a.clear()
      expect([await keysOf(a), await ab.get('k')]).to.deep.equal([[], 2])
      await ab.clear()
      expect(await keysOf(inner)).to.deep.equal([])
      await inner.close()
    }
  })

  it('leave the keys of a longer one alone, also in a synchronous store whose listing works in both modes', () => {
    const inner = new SqliteCache({ path: ':memory:' })
    const a = new PrefixedCache(inner, 'a:')
    const ab = new PrefixedCache(inner, 'a:b:')
    a.set('k', 1)
    ab.set('k', 2)
    expect([...a.keys()]).to.deep.equal(['k'])
    expect(a.clear()).to.equal(undefined)
    expect([a.get('k'), ab.get('k')]).to.deep.equal([undefined, 2])
    inner.close()
  })

  it('take as long for the last of 16 000 caches as for the first ones', async () => {
    const memory = new MemoryCache()
    const tenants: PrefixedCache<'sync'>[] = []
    const timeOf = (count: number): number => {
      const start = process.cpuUsage()
      for (let i = 0; i < count; i++) tenants.push(new PrefixedCache(memory, `tenant:${tenants.length}:`))
      const { user, system } = process.cpuUsage(start)
      return user + system
    }
    timeOf(1000)
    const first = timeOf(1000)
    timeOf(13_000)
    // If each were compared with all others, the last thousand would take ten times as long as the second.
    expect(timeOf(1000)).to.be.below(7 * Math.max(first, 2000))
    tenants[7]!.set('k', 1)
    tenants[7]!.clear()
    expect(memory.stats().size).to.equal(0)
    const all = await warningsOf(CODE, () => tenants.push(new PrefixedCache(memory, 'tenant:')))
    expect(all.length).to.be.within(1, 100)
    const whole = tenants.at(-1)!
    whole.set('k', 1)
    tenants[9999]!.set('k', 2)
    expect([...whole.keys()]).to.deep.equal(['k'])
    whole.clear()
    expect([whole.get('k'), tenants[9999]!.get('k')]).to.deep.equal([undefined, 2])
  })

  it('are forgotten with the caches that use them', async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const memory = new MemoryCache()
    const claims = registryOf(memory)
    for (let i = 0; i < 100; i++) new PrefixedCache(memory, `${i}:`)
    expect(claims.size).to.be.above(0)
    for (let i = 0; i < 50 && claims.size > 0; i++) {
      gc()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(claims.size).to.equal(0)
  })
})
