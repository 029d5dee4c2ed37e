import { expect } from 'chai'
import {
  AsyncMemoryCache,
  adapterReset,
  adapterSet,
  asyncAdapterReset,
  asyncAdapterSet,
  asyncCached,
  cached,
  MemoryCache,
  withAdapter,
} from '../../lib/index.ts'
import { memoize } from '../../lib/memo/index.ts'

describe('A memoized function, in both modes', () => {
  afterEach(() => {
    adapterReset()
    asyncAdapterReset()
  })

  const plain = (n: number): number => n * 2
  const later = async (n: number): Promise<number> => n * 2
  const promising = (n: number): Promise<number> => Promise.resolve(n * 2)

  it('answers synchronously if function and cache do', () => {
    const cache = new MemoryCache()
    const fn = memoize(plain, { cache })
    expect([fn(1), fn(1), fn.refresh(1), fn.cacheIn(1), fn.cacheDel(1)]).to.deep.equal([2, 2, 2, true, true])
  })

  it('answers with promises if the cache does', async () => {
    for (const cache of [new AsyncMemoryCache(), asyncCached]) {
      const fn = memoize(plain, { cache })
      const answers = [
        fn(1),
        fn.cacheKey(1),
        fn.cacheIn(1),
        fn.refresh(1),
        fn.cacheSet(3, 1),
        fn.cacheDel(1),
        fn.clear(),
      ]
      for (const answer of answers) expect(answer).to.be.a('promise')
      const [result, key] = await Promise.all(answers)
      expect(result).to.equal(2)
      expect(key).to.be.a('string')
      expect(fn(1)).to.be.a('promise')
      expect(await fn(1)).to.equal(2)
      expect(fn(1)).to.be.a('promise')
    }
  })

  it('answers with promises if the function does', async () => {
    const cache = new MemoryCache()
    for (const fn of [memoize(later, { cache }), memoize(promising, { cache })]) {
      for (let i = 0; i < 3; i++) {
        const answer = fn(1)
        expect(answer).to.be.a('promise')
        expect(await answer).to.equal(2)
      }
      expect(fn.cacheIn(1)).to.equal(true)
    }
  })

  it('uses asyncCached by default if it is declared async, else cached', async () => {
    const sync = new MemoryCache()
    const async = new AsyncMemoryCache()
    adapterSet(sync)
    asyncAdapterSet(async)
    await Promise.all([memoize(plain)(1), memoize(later)(1)])
    expect([...sync.keys()].join()).to.match(/:plain:\[1\]$/)
    expect(sync.stats().set).to.equal(1)
    expect(async.stats().set).to.equal(1)
  })

  it('follows cached from adapter to adapter, and back', async () => {
    let runs = 0
    const fn = memoize((n: number) => n + runs++, { name: 'fn' })
    const [first, second] = [new MemoryCache(), new MemoryCache()]
    adapterSet(first)
    expect([fn(1), fn(1)]).to.deep.equal([1, 1])
    adapterSet(second)
    expect([fn(1), fn(1)]).to.deep.equal([2, 2])
    adapterSet(first)
    expect(fn(1)).to.equal(1)
    expect(withAdapter(new MemoryCache(), () => fn(1))).to.equal(3)
    expect(fn(1)).to.equal(1)
  })

  it('shares results between both modes over one store', async () => {
    let runs = 0
    const count = (n: number): number => n + runs++
    const sync = memoize(count, { cache: cached, name: 'count' })
    const async = memoize(count, { cache: asyncCached, name: 'count' })
    expect([sync(1), await async(1)]).to.deep.equal([1, 1])
    await async.clear()
    expect([sync(1), await async(1)]).to.deep.equal([2, 2])
  })

  it('shares one run among concurrent calls', async () => {
    for (const cache of [new MemoryCache(), new AsyncMemoryCache()]) {
      let runs = 0
      const slow = memoize(
        async (n: number) => {
          runs++
          await null
          return n
        },
        { cache, name: 'slow' },
      )
      expect(await Promise.all([slow(1), slow(1), slow(2), slow(1)])).to.deep.equal([1, 1, 2, 1])
      expect(runs).to.equal(2)
      expect(slow.stats()).to.include({ calls: 4, misses: 2, hits: 2 })
    }
  })

  it('rejects all callers of a run that throws', async () => {
    for (const thrown of [new Error('no'), 'text', undefined]) {
      let runs = 0
      const fails = memoize(
        async () => {
          runs++
          await null
          throw thrown
        },
        { cache: new AsyncMemoryCache(), name: 'fails' },
      )
      const settled = await Promise.allSettled([fails(), fails(), fails()])
      expect(settled.map((one) => (one as PromiseRejectedResult).reason)).to.deep.equal([thrown, thrown, thrown])
      expect(runs).to.equal(1)
      expect(fails.stats().failures).to.equal(0)
    }
  })

  it('rejects rather than throws if it answers with promises', async () => {
    const fails = memoize(
      (): number => {
        throw new Error('no')
      },
      { cache: new AsyncMemoryCache(), name: 'fails' },
    )
    const answer = fails()
    expect(answer).to.be.a('promise')
    expect(await answer.catch((error) => error.message)).to.equal('no')
  })

  it('answers with promises if keys are promises', async () => {
    const fn = memoize(plain, { cache: new MemoryCache(), key: async (n) => `n${n}` })
    expect([await fn(1), await fn(1), await fn.cacheIn(1)]).to.deep.equal([2, 2, true])
    expect(fn(1)).to.be.a('promise')
    expect(fn.stats().misses).to.equal(1)
  })

  it('stores errors of async functions with cacheErrors', async () => {
    let runs = 0
    const fails = memoize(
      async () => {
        runs++
        throw new Error('no')
      },
      { cache: new AsyncMemoryCache({ isolation: 'coder' }), cacheErrors: true, name: 'fails' },
    )
    for (let i = 0; i < 3; i++) expect(await fails().catch((error: Error) => error.message)).to.equal('no')
    expect(runs).to.equal(1)
  })

  it('lets a newer value win over a refresh', async () => {
    for (const change of ['cacheDel', 'cacheSet', 'clear', 'refresh'] as const) {
      const steps: ((n: number) => void)[] = []
      const slow = memoize(() => new Promise<number>((resolve) => steps.push(resolve)), {
        cache: new AsyncMemoryCache(),
        name: 'slow',
      })
      await slow.cacheSet(0)
      const old = slow.refresh()
      await new Promise(setImmediate)
      const changed = change === 'refresh' ? slow.refresh() : change === 'cacheSet' ? slow.cacheSet(2) : slow[change]()
      await new Promise(setImmediate)
      steps[1]?.(2)
      await changed
      steps[0]!(1)
      expect(await old).to.equal(1)
      const isGone = change === 'cacheDel' || change === 'clear'
      expect(await slow.cacheIn(), change).to.equal(!isGone)
      if (!isGone) expect(await slow(), change).to.equal(2)
    }
  })
})
