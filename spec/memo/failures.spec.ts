import { expect } from 'chai'
import {
  AdapterError,
  AsyncMemoryCache,
  type BackendErrorPolicy,
  type Cache,
  CacheAdapter,
  CoderError,
  type Entry,
  MemoryCache,
} from '../../lib/index.ts'
import { memoize } from '../../lib/memo/index.ts'
import { AsyncChaosCache, ChaosCache } from '../../lib/testing/index.ts'

const POLICIES: readonly BackendErrorPolicy[] = ['bypass', 'miss', 'throw']

/** Says that it is shared, so that generations are read from it. */
class SharedChaosCache extends AsyncChaosCache {
  override get capabilities() {
    return { ...super.capabilities, shared: true }
  }
}

/** Reads, and cannot write. */
class ReadOnlyCache extends CacheAdapter<'async'> {
  readonly mode = 'async'
  async read(): Promise<Entry | undefined> {
    return undefined
  }
  async write(): Promise<void> {
    throw new Error('read-only')
  }
  async drop(): Promise<number> {
    throw new Error('read-only')
  }
  async close(): Promise<void> {}
}

describe('A memoized function with a cache that fails', () => {
  const dead: Record<string, (onBackendError: BackendErrorPolicy) => Cache> = {
    'a dead one': (onBackendError) => new AsyncChaosCache({ failures: 1 }, { onBackendError }),
    'a dead one that is shared': (onBackendError) => new SharedChaosCache({ failures: 1 }, { onBackendError }),
    'a dead synchronous one': (onBackendError) => new ChaosCache({ failures: 1 }, { onBackendError }),
    'one that cannot write': (onBackendError) => new ReadOnlyCache({ onBackendError }),
  }

  for (const [name, make] of Object.entries(dead)) {
    for (const policy of POLICIES) {
      it(`runs once for concurrent calls: ${name}, onBackendError '${policy}'`, async () => {
        const errors: unknown[] = []
        let runs = 0
        const slow = memoize(
          async (n: number) => {
            runs++
            await new Promise(setImmediate)
            return n
          },
          { cache: make(policy), name: 'slow', onError: (error) => errors.push(error) },
        )
        expect(await Promise.all([slow(1), slow(1), slow(1)])).to.deep.equal([1, 1, 1])
        expect(runs).to.equal(1)
        expect(await slow(2)).to.equal(2)
        expect(runs).to.equal(2)
        expect(await slow.refresh(2)).to.equal(2)
        expect(runs).to.equal(3)
        if (policy !== 'miss') expect(errors[0]).to.be.instanceOf(AdapterError)
      })

      it(`throws the errors of the function: ${name}, onBackendError '${policy}'`, async () => {
        let runs = 0
        const fails = memoize(
          async () => {
            runs++
            throw new Error('mine')
          },
          { cache: make(policy), name: 'fails', onError() {} },
        )
        const all = await Promise.allSettled([fails(), fails()])
        expect(all.map((one) => (one as PromiseRejectedResult).reason.message)).to.deep.equal(['mine', 'mine'])
        expect(runs).to.equal(1)
      })
    }
  }

  it('answers synchronously, as with a cache that works', () => {
    const cache = new ChaosCache({ failures: 1 }, { onBackendError: 'throw' })
    expect(memoize((n: number) => n, { cache, name: 'fn' })(1)).to.equal(1)
  })

  it('returns right results with a cache that fails now and then', async () => {
    for (const policy of POLICIES) {
      const cache = new SharedChaosCache({ failures: 0.3, delay: [0, 1] }, { onBackendError: policy })
      let runs = 0
      const count = async (n: number): Promise<number> => {
        runs++
        return n * n
      }
      const square = memoize(count, { cache, name: 'square', onError() {} })
      const calls = Array.from({ length: 300 }, (_, i) => square(i % 10))
      expect(await Promise.all(calls)).to.deep.equal(calls.map((_, i) => (i % 10) ** 2))
      expect(runs).to.be.below(301)
    }
  })

  it('stores no result while the generation cannot be read', async () => {
    const cache = new SharedChaosCache({ failures: 1 })
    const fn = memoize((n: number) => n, { cache, name: 'fn' })
    await fn(1)
    cache.chaos.failures = 0
    expect(await fn.cacheIn(1)).to.equal(false)
    expect(await fn(1)).to.equal(1)
    expect(await fn.cacheIn(1)).to.equal(true)
  })

  it('joins no run from before a removal while the generation cannot be read', async () => {
    for (const change of ['cacheDel', 'cacheSet', 'clear'] as const) {
      const cache = new SharedChaosCache()
      const landings: (() => void)[] = []
      const run = (): Promise<number> => {
        const number = landings.length
        return new Promise((resolve) => landings.push(() => resolve(number)))
      }
      const slow = memoize(run, { cache })
      await slow.cacheKey()
      const started = async (runs: number): Promise<void> => {
        while (landings.length < runs) await new Promise(setImmediate)
      }

      cache.chaos.failures = 1
      const old = slow()
      await started(1)
      cache.chaos.failures = 0
      await (change === 'cacheSet' ? slow.cacheSet(5) : slow[change]())
      cache.chaos.failures = 1
      const fresh = slow()
      await started(2)
      for (const land of landings) land()
      expect(await Promise.all([old, fresh]), change).to.deep.equal([0, 1])
    }
  })

  it('throws failures of the cache from cacheIn, cacheDel and cacheSet', async () => {
    const cache = new AsyncChaosCache({ failures: 1 })
    const fn = memoize((n: number) => n, { cache, name: 'fn' })
    for (const ask of [() => fn.cacheIn(1), () => fn.cacheDel(1), () => fn.cacheSet(2, 1)]) {
      expect(await ask().catch((error: unknown) => error)).to.be.instanceOf(AdapterError)
    }
    expect(fn.stats().failures).to.equal(0)
  })

  it('runs without the cache if no key can be made', async () => {
    for (const cache of [new MemoryCache(), new AsyncMemoryCache()]) {
      const errors: unknown[] = []
      const options = { cache: cache as Cache, onError: (error: unknown) => errors.push(error) }
      const throwing = memoize((n: number) => n, {
        ...options,
        name: 'throwing',
        key() {
          throw new Error('no key')
        },
      })
      const wrong = memoize((n: number) => n, { ...options, name: 'wrong', key: () => ({}) as string })
      const given = memoize((fn: () => number) => fn(), { ...options, name: 'given' })
      expect([await throwing(1), await wrong(1), await given(() => 1)]).to.deep.equal([1, 1, 1])
      expect(errors.map(String).join('\n')).to.match(/^Error: no key\nTypeError: A key must.*\nTypeError: /s)
      expect(throwing.stats()).to.include({ calls: 1, misses: 1, failures: 1 })
    }
  })

  it('returns the result if shouldCache or timeout throws', async () => {
    const no = (): never => {
      throw new Error('no')
    }
    for (const cache of [new MemoryCache(), new AsyncMemoryCache()]) {
      for (const options of [{ shouldCache: no }, { timeout: no }, { timeout: () => 'soon' as '5s' }]) {
        let runs = 0
        const fn = memoize(() => ++runs, { cache: cache as Cache, name: 'fn', onError() {}, ...options })
        expect([await fn(), await fn()]).to.deep.equal([1, 2])
        expect(fn.stats().failures).to.equal(2)
      }
    }
  })

  it('returns a result that cannot be stored', async () => {
    class Own {}
    const errors: unknown[] = []
    const cache = new MemoryCache({ isolation: 'coder' })
    const fn = memoize(() => new Own(), { cache, name: 'fn', onError: (error) => errors.push(error) })
    expect(fn()).to.be.instanceOf(Own)
    expect(errors).to.have.length(1)
    expect(errors[0]).to.be.instanceOf(CoderError)
  })

  it('returns the result if the cache fails after the run', async () => {
    for (const failing of [
      { getOrSet: async (_: string, make: () => unknown) => Promise.reject(make() && new Error('broken')) },
      { getOrSet: async () => Promise.reject(new Error('broken')) },
    ]) {
      let runs = 0
      const cache = Object.assign(Object.create(new AsyncMemoryCache()), failing) as Cache<'async'>
      Object.defineProperty(cache, 'capabilities', { value: { shared: false } })
      Object.defineProperty(cache, 'flights', { value: {} })
      const fn = memoize(async () => ++runs, { cache, name: 'fn', onError() {} })
      expect(await fn()).to.equal(1)
    }
  })

  it('warns once of a failure that no event reports', async () => {
    const warnings: Error[] = []
    const listen = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', listen)
    const fn = memoize((n: () => number) => n(), { cache: new MemoryCache(), name: 'fn' })
    fn(() => 1)
    fn(() => 1)
    memoize((n: number) => n, { cache: new ChaosCache({ failures: 1 }), name: 'dead' })(1)
    await new Promise(setImmediate)
    process.off('warning', listen)
    expect(warnings.map(({ message }) => message)).to.have.length(1)
    expect(warnings[0]!.message).to.match(/^The function "fn" ran without its cache\. TypeError: /)
    expect(warnings[0]).to.have.property('code', 'POLYCACHE_MEMO')
  })
})
