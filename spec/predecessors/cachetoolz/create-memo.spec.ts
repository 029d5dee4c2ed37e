import { expect } from 'chai'
import {
  AsyncMemoryCache,
  adapterReset,
  asyncAdapterReset,
  type Cache,
  cached,
  MemoryCache,
} from '../../../lib/index.ts'
import { createMemo, cache as defaultCache, memoize } from '../../../lib/memo/index.ts'
import { AsyncChaosCache, FakeClock } from '../../../lib/testing/index.ts'

describe('createMemo', () => {
  const double = (n: number): number => n * 2

  it('memoizes a function', () => {
    const cache = createMemo(new MemoryCache())
    const fn = cache(double)
    expect([fn(2), fn(2), fn.name, fn.uncached, fn.stats().misses]).to.deep.equal([4, 4, 'double', double, 1])
  })

  it('memoizes with options', () => {
    const backend = new MemoryCache()
    const cache = createMemo(backend)
    const fn = cache({
      ttl: 60,
      namespace: 'ns',
      typed: true,
      keygen: (typed, fn, n: number) => `${typed} ${fn.name} ${n}`,
    })(double)
    fn(2)
    expect(fn.cacheKey(2)).to.match(/^ns:.*:double:true double 2$/)
    expect(backend.ttl(fn.cacheKey(2))).to.be.within(59, 60)
    expect(cache.backend).to.equal(backend)
  })

  it('stores results without a TTL unless there is a ttl', () => {
    const clock = new FakeClock()
    const backend = new MemoryCache({ clock })
    const cache = createMemo(backend)
    const ttls = [undefined, Number.POSITIVE_INFINITY, null, 'never', 0.5, '90s', '2h', (n: number) => n * 100] as const
    const kept = ttls.map((ttl) => {
      const fn = cache({ ttl, name: `kept for ${ttl}` })(double)
      fn(1)
      return backend.ttl(fn.cacheKey(1))
    })
    expect(kept).to.deep.equal([null, null, null, null, 0.5, 90, 7200, 200])
    for (const ttl of [Number.NaN, true, '5']) {
      expect(() => cache({ ttl: ttl as number })(double), String(ttl)).to.throw(/^ttl must/)
    }
    const over = cache({ ttl: Number.NEGATIVE_INFINITY })(double)
    over(1)
    expect(over.cacheIn(1)).to.equal(false)
  })

  it('combines functions and caches of any mode', async () => {
    const later = async (n: number): Promise<number> => n * 2
    for (const backend of [new MemoryCache(), new AsyncMemoryCache()] as Cache[]) {
      const cache = createMemo(backend)
      const [sync, async] = [cache(double), cache(later)]
      for (let i = 0; i < 2; i++) expect([await sync(2), await async(2)]).to.deep.equal([4, 4])
      expect(async(2)).to.be.a('promise')
    }
  })

  it('decorates methods', async () => {
    const cache = createMemo(new AsyncMemoryCache())
    let runs = 0
    class Users {
      @cache
      async all(): Promise<number> {
        return ++runs
      }
      @cache({ ttl: '1m', namespace: 'users', per: 'class' })
      async load(_id: number): Promise<number> {
        return ++runs
      }
      @cache.clear
      async clear(): Promise<void> {}
      @cache.clear({ namespaces: ['users'] })
      async save(): Promise<void> {}
    }
    const users = new Users()
    const both = async (): Promise<number[]> => [await users.all(), await users.load(1)]
    expect([await both(), await both()]).to.deep.equal([
      [1, 2],
      [1, 2],
    ])
    expect(await new Users().load(1)).to.equal(2)
    await users.clear()
    expect(await both()).to.deep.equal([3, 2])
    await users.save()
    expect(await both()).to.deep.equal([3, 4])
  })

  describe('clear', () => {
    const backend = new AsyncMemoryCache()
    const cache = createMemo(backend)
    let runs = 0
    const counters = ['default', 'ns', 'ns2', 'ns:sub'].map((namespace) =>
      cache({ namespace, name: 'count' })(async () => ++runs),
    )
    const kept = async (): Promise<boolean[]> => Promise.all(counters.map((count) => count.cacheIn()))
    beforeEach(async () => {
      for (const count of counters) await count()
    })

    it('clears the default namespace when the function has succeeded', async () => {
      const seen: boolean[][] = []
      const update = cache.clear(async function update(value: number) {
        seen.push(await kept())
        return value
      })
      expect([update.name, update.length]).to.deep.equal(['update', 1])
      expect(await update(5)).to.equal(5)
      expect(seen).to.deep.equal([[true, true, true, true]])
      expect(await kept()).to.deep.equal([false, true, true, true])
    })

    it('clears the given namespaces, and no neighbor', async () => {
      await cache.clear({ namespaces: ['ns'] })(() => 1)()
      expect(await kept()).to.deep.equal([true, false, true, true])
    })

    it('takes namespaces in every form', async () => {
      const others = [{ namespace: 'ns' }, { namespaces: 'ns' }].map((options) => cache.clear(options))
      for (const clears of [cache.clear('ns'), cache.clear(['ns']), ...others]) {
        for (const count of counters) await count()
        await clears(() => 1)()
        expect(await kept()).to.deep.equal([true, false, true, true])
      }
      await cache.clear('ns', ['ns:sub'])(() => 1)()
      expect(await kept()).to.deep.equal([true, false, true, false])
    })

    it('clears before, or before and after, by the option when', async () => {
      for (const when of ['before', 'both'] as const) {
        for (const count of counters) await count()
        const seen: boolean[][] = []
        await cache.clear({ namespaces: 'ns', when })(async () => {
          seen.push(await kept())
          await counters[1]!()
        })()
        expect(seen[0]).to.deep.equal([true, false, true, true])
        expect((await kept())[1]).to.equal(when === 'before')
      }
    })

    it('clears nothing when the function fails', async () => {
      const fails = cache.clear(async () => {
        throw new Error('no')
      })
      expect(await fails().catch((error: Error) => error.message)).to.equal('no')
      expect(await kept()).to.deep.equal([true, true, true, true])
    })

    it('returns the result if clearing fails', async () => {
      const dead = new AsyncChaosCache({ failures: 1 })
      Object.defineProperty(dead, 'capabilities', { value: { ...dead.capabilities, shared: true } })
      const errors: unknown[] = []
      const update = createMemo(dead).clear({ onError: (error, { name }) => errors.push([name, error]) })
      expect(
        await update(async function save() {
          return 7
        })(),
      ).to.equal(7)
      expect(errors).to.have.length(1)
      expect(errors[0]).to.have.property('0', 'save')
    })

    it('clears directly', async () => {
      await cache.clearNamespaces('default', 'ns2')
      expect(await kept()).to.deep.equal([false, true, false, true])
      await cache.clearNamespaces(['ns', 'ns:sub'])
      expect(await kept()).to.deep.equal([false, false, false, false])
    })

    it('answers synchronously if function and cache do', () => {
      const sync = createMemo(new MemoryCache())
      const count = sync(function count() {
        return ++runs
      })
      count()
      expect(sync.clear(double)(2)).to.equal(4)
      expect(count.cacheIn()).to.equal(false)
      expect(sync.clearNamespaces('default')).to.equal(undefined)
    })

    it('refuses wrong values of when', () => {
      expect(() => cache.clear({ when: 'now' as 'after' })(double)).to.throw(TypeError, 'after, before, both')
    })

    it('refuses unknown options rather than clear something else', () => {
      expect(() => cache.clear({ nameSpaces: ['ns'] } as object)(double)).to.throw(
        TypeError,
        'Unknown option "nameSpaces"',
      )
      for (const options of [5, null]) expect(() => cache.clear(options as never)).to.throw(TypeError, 'an object')
    })
  })
})

describe('The ready-made cache', () => {
  beforeEach(() => {
    adapterReset()
    asyncAdapterReset()
  })
  afterEach(() => {
    adapterReset()
    asyncAdapterReset()
  })

  it('uses the default caches', async () => {
    const sync = defaultCache(function sync(n: number) {
      return n
    })
    const async = defaultCache({ ttl: 60 })(async function async(n: number) {
      return n
    })
    const both = async (): Promise<boolean[]> => [sync.cacheIn(1), await async.cacheIn(1)]
    const fill = async (): Promise<unknown> => [sync(1), await async(1)]
    await fill()
    expect(cached.stats().set).to.equal(1)
    expect(await both()).to.deep.equal([true, true])
    await defaultCache.clearNamespaces('default')
    expect(await both()).to.deep.equal([false, false])
    await fill()
    expect(defaultCache.clear(() => 5)()).to.equal(5)
    expect(await both()).to.deep.equal([false, false])
    await fill()
    expect(await defaultCache.clear(async () => 5)()).to.equal(5)
    expect(await both()).to.deep.equal([false, false])
  })

  it('has the same functions as memoize', () => {
    let runs = 0
    const count = (): number => ++runs
    expect(defaultCache({ name: 'count' })(count)()).to.equal(memoize(count, { name: 'count' })())
  })
})
