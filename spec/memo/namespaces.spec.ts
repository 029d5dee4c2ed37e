import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import { hiddenKey } from '../../lib/entry/hidden-keys.ts'
import {
  AsyncMemcachedCache,
  AsyncMemoryCache,
  AsyncRedisCache,
  AsyncSqliteCache,
  adapterReset,
  asyncAdapterReset,
  asyncCached,
  type Cache,
  cached,
  MemcachedCache,
  MemoryCache,
  RedisCache,
  SqliteCache,
} from '../../lib/index.ts'
import { clearNamespaces, memoize } from '../../lib/memo/index.ts'
import { FakeClock } from '../../lib/testing/index.ts'
import { TwoLevelCache } from '../../lib/wrappers/index.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, redis } from '../support/servers.ts'

const path = (): string => join(tempFolder('namespaces'), 'cache.db')
const servers = async (): Promise<string> => `127.0.0.1:${(await memcached()).port}`

const backends: Record<string, (prefix: string) => Promise<() => Cache>> = {
  MemoryCache: async () => () => new MemoryCache(),
  AsyncMemoryCache: async () => () => new AsyncMemoryCache(),
  SqliteCache: async (prefix) =>
    (
      (file) => () =>
        new SqliteCache({ path: file, prefix })
    )(path()),
  AsyncSqliteCache: async (prefix) =>
    (
      (file) => () =>
        new AsyncSqliteCache({ path: file, prefix })
    )(path()),
  RedisCache: async (prefix) =>
    (
      ({ url }) =>
      () =>
        new RedisCache({ url, prefix })
    )(await redis()),
  AsyncRedisCache: async (prefix) =>
    (
      ({ url }) =>
      () =>
        new AsyncRedisCache({ url, prefix })
    )(await redis()),
  MemcachedCache: async (prefix) =>
    (
      (given) => () =>
        new MemcachedCache({ servers: given, prefix })
    )(await servers()),
  AsyncMemcachedCache: async (prefix) =>
    (
      (given) => () =>
        new AsyncMemcachedCache({ servers: given, prefix })
    )(await servers()),
}

const NAMESPACES = ['ns', 'ns2', 'n', 'ns:sub', 'ns:', ':ns', 'ns%3asub', 'NS', 'ns*', 'default', '']

for (const [name, open] of Object.entries(backends)) {
  const isShared = !name.endsWith('MemoryCache')

  describe(`Namespaces in ${name}`, () => {
    let another: () => Cache
    let cache: Cache
    const opened: Cache[] = []
    const start = (): Cache => {
      const cache = another()
      opened.push(cache)
      return cache
    }
    beforeEach(async () => {
      another = await open(`${randomUUID()}:`)
      cache = start()
    })
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close()
    })

    it('are cleared without their neighbors', async () => {
      const fns = NAMESPACES.map((namespace) => memoize((n: number) => n, { cache, namespace, name: 'fn' }))
      for (const namespace of NAMESPACES) {
        for (const fn of fns) await fn(1)
        await clearNamespaces(cache, namespace)
        const kept = await Promise.all(fns.map((fn) => fn.cacheIn(1)))
        expect(kept, namespace).to.deep.equal(NAMESPACES.map((each) => each !== namespace))
      }
    })

    it('are cleared together', async () => {
      const fns = ['a', 'b', 'c'].map((namespace) => memoize((n: number) => n, { cache, namespace, name: 'fn' }))
      for (const fn of fns) await fn(1)
      await clearNamespaces(cache, 'a', ['b'])
      expect(await Promise.all(fns.map((fn) => fn.cacheIn(1)))).to.deep.equal([false, false, true])
      await clearNamespaces(cache)
      expect(await fns[2]!.cacheIn(1)).to.equal(true)
    })

    it('store results of every type, and run once for each', async () => {
      let runs = 0
      const give = (value: unknown): unknown => {
        runs++
        return value
      }
      const same = memoize(give, { cache })
      const values = [undefined, null, 0, '', 'text', [1, { a: 2n }], new Date(0)]
      for (let i = 0; i < 3; i++) for (const value of values) expect(await same(value)).to.deep.equal(value)
      expect(runs).to.equal(values.length)
    })

    it('do not store a load that was pending when they were cleared', async () => {
      const landings: ((value: string) => void)[] = []
      const slow = memoize(() => new Promise<string>((resolve) => landings.push(resolve)), { cache, name: 'slow' })
      const old = slow()
      while (landings.length < 1) await new Promise(setImmediate)
      await clearNamespaces(cache, 'default')
      const fresh = slow()
      while (landings.length < 2) await new Promise(setImmediate)
      landings[0]!('old')
      expect(await old).to.equal('old')
      landings[1]!('fresh')
      expect(await fresh).to.equal('fresh')
      expect(await slow()).to.equal('fresh')
    })

    it('are cleared function by function too', async () => {
      const [one, two] = ['one', 'two'].map((name) => memoize((n: number) => n, { cache, name }))
      await one!(1)
      await two!(1)
      await one!.clear()
      expect([await one!.cacheIn(1), await two!.cacheIn(1)]).to.deep.equal([false, true])
      expect([await one!(1), await two!(1)]).to.deep.equal([1, 1])
    })

    if (isShared)
      it('are shared by all processes on the store', async () => {
        let runs = 0
        const [here, there] = [cache, start()].map((cache) => memoize((n: number) => n + runs++, { cache, name: 'fn' }))
        expect([await here!(1), await there!(1)]).to.deep.equal([1, 1])
        await clearNamespaces(opened[1]!, 'default')
        expect([await here!(1), await there!(1)]).to.deep.equal([2, 2])
        await here!.clear()
        expect([await there!(1), await here!(1)]).to.deep.equal([3, 3])
      })

    if (isShared)
      it('notice a clear by another process at the next call', async () => {
        let runs = 0
        const fn = memoize((n: number) => n + runs++, { cache, name: 'fn' })
        expect([await fn(1), await fn(1)]).to.deep.equal([1, 1])
        // What a clear in another process leaves behind.
        await cache.set(hiddenKey('default:generation'), 'another', null)
        expect([await fn(1), await fn(1)]).to.deep.equal([2, 2])
        await cache.set(hiddenKey('default:generation:fn'), 'another', null)
        expect([await fn(1), await fn(1)]).to.deep.equal([3, 3])
        expect(await fn.cacheKey(1)).to.contain(':another.another:')
      })

    if (isShared)
      it('are empty when their generation is lost, and revive nothing old', async () => {
        let runs = 0
        const fn = memoize((n: number) => n + runs++, { cache, name: 'fn' })
        expect([await fn(1), await fn(1)]).to.deep.equal([1, 1])
        expect(await cache.remove(hiddenKey('default:generation'))).to.equal(true)
        expect([await fn(1), await fn(1)]).to.deep.equal([2, 2])
        await cache.remove(hiddenKey('default:generation:fn'))
        expect([await fn(1), await fn(1)]).to.deep.equal([3, 3])
      })

    if (isShared)
      it('are read together with the result in one round trip', async () => {
        const fn = memoize((n: number) => n, { cache, name: 'fn' })
        await fn(1)
        const asked: string[] = []
        const store = cache as unknown as Record<string, (...args: unknown[]) => unknown>
        for (const verb of ['fetch', 'read', 'readMany']) {
          const own = store[verb]!
          store[verb] = (...args) => {
            asked.push(verb)
            return own.apply(store, args)
          }
        }
        await fn(1)
        expect(asked).to.deep.equal(['readMany'])
      })
  })
}

describe('clearNamespaces', () => {
  afterEach(() => {
    adapterReset()
    asyncAdapterReset()
  })

  it('clears cached and asyncCached by default', async () => {
    const sync = memoize((n: number) => n, { name: 'sync' })
    const async = memoize(async (n: number) => n, { name: 'async' })
    sync(1)
    await async(1)
    const cleared = clearNamespaces('default')
    expect([sync.cacheIn(1), await async.cacheIn(1)]).to.deep.equal([false, false])
    await cleared
  })

  it('takes cached and asyncCached', async () => {
    const fn = memoize((n: number) => n, { name: 'fn' })
    for (const face of [cached, asyncCached]) {
      fn(1)
      expect(fn.cacheIn(1)).to.equal(true)
      await clearNamespaces(face as Cache, 'default')
      expect(fn.cacheIn(1)).to.equal(false)
    }
  })

  it('answers in the mode of the cache', () => {
    expect(clearNamespaces(new MemoryCache(), 'a')).to.equal(undefined)
    expect(clearNamespaces(new AsyncMemoryCache(), 'a')).to.be.a('promise')
  })

  it('is seen behind two levels of another process when the L1 copies expire', async () => {
    const clock = new FakeClock()
    const file = path()
    const levels = () => {
      const far = new SqliteCache({ path: file, clock })
      return new TwoLevelCache(new MemoryCache({ clock }), far, { nearTimeout: 5 })
    }
    const caches = [levels(), levels()] as const
    let runs = 0
    const [one, other] = caches.map((cache) => memoize(() => ++runs, { cache, name: 'count' }))
    expect([one!(), other!()]).to.deep.equal([1, 1])
    clearNamespaces(caches[0], 'default')
    expect(one!()).to.equal(2)
    clock.advance(5001)
    expect(other!()).to.equal(2)
    for (const cache of caches) cache.close()
  })

  it('takes constant time', () => {
    const cache = new MemoryCache()
    const fn = memoize((n: number) => n, { cache, name: 'fn' })
    for (let i = 0; i < 1000; i++) fn(i)
    const { set, remove } = cache.stats()
    clearNamespaces(cache, 'default')
    expect(cache.stats()).to.include({ set, remove })
    expect([...cache.keys()]).to.have.length(1000)
    expect(fn.cacheIn(1)).to.equal(false)
  })

  it('refuses wrong namespaces', async () => {
    expect(() => clearNamespaces(new MemoryCache(), 5 as never)).to.throw(TypeError, 'namespace')
    expect(await clearNamespaces(['a', null as never]).catch((error: unknown) => error)).to.be.instanceOf(TypeError)
  })
})
