import { join } from 'node:path'
import { expect } from 'chai'
import { AsyncMemoryCache, type Cache, MemoryCache, SqliteCache, Unsupported } from '../../lib/index.ts'
import { cacheable, jsonKey, memoize, memoOf } from '../../lib/memo/index.ts'
import { PrefixedCache } from '../../lib/wrappers/index.ts'
import { tempFolder } from '../support/run-folder.ts'

describe('namespace: null', () => {
  const caches: Record<string, () => Cache> = {
    memory: () => new MemoryCache(),
    'asynchronous memory': () => new AsyncMemoryCache(),
    'a shared store': () => new SqliteCache({ path: join(tempFolder('options'), 'cache.db') }),
  }
  for (const [name, open] of Object.entries(caches)) {
    it(`stores results under the very key that key gives, behind prefixes: ${name}`, async () => {
      const cache = open()
      const tenant = new PrefixedCache(cache, 'tenant:')
      const plus = (n: number): number => n + 1
      const [one, two] = [cache, tenant].map((cache) => memoize(plus, { cache, namespace: null, key: jsonKey }))
      expect([await one!(1), await two!(2)]).to.deep.equal([2, 3])
      expect([await cache.get('[1]'), await cache.get('tenant:[2]')]).to.deep.equal([2, 3])
      const keys: string[] = []
      for await (const key of cache.keys()) keys.push(key)
      expect(keys.sort()).to.deep.equal(['[1]', 'tenant:[2]'])
      await cache.set('[5]', 'from elsewhere')
      expect(await one!(5)).to.equal('from elsewhere')
      expect([await one!.cacheKey(5), await one!.cacheIn(5), await one!.cacheDel(5)]).to.deep.equal(['[5]', true, true])
      expect(await cache.has('[5]')).to.equal(false)
      const error = await (async () => one!.clear())().catch((error: unknown) => error)
      expect(error).to.be.instanceOf(Unsupported).with.property('code', 'E_UNSUPPORTED')
      expect(String(error)).to.contain('remove them one by one with cacheDel')
      expect(await cache.has('[1]')).to.equal(true)
      await cache.close()
    })
  }

  it('needs a key, without which functions would get one another’s results', () => {
    expect(() => memoize((n: number) => n, { namespace: null })).to.throw(TypeError, 'give the option key as well')
  })

  it('stores results of methods under the key, per class', () => {
    const cache = new MemoryCache()
    class Users {
      @cacheable({ cache, namespace: null, per: 'class', key: (id: number) => `user:${id}` })
      load(id: number): string {
        return `user ${id}`
      }
    }
    new Users().load(1)
    expect(cache.get('user:1')).to.equal('user 1')
    expect(() => memoOf(new Users(), 'load').clear()).to.throw(Unsupported)
  })
})

describe('Promises from options', () => {
  it('are awaited where results are promises', async () => {
    for (const cache of [new MemoryCache(), new AsyncMemoryCache()]) {
      let runs = 0
      const fn = memoize(
        async (n: number) => {
          runs++
          if (n > 10) throw new Error('too large')
          return n
        },
        {
          cache: cache as Cache,
          shouldCache: async (result) => result > 0,
          timeout: async (result) => (result === 5 ? 60 : undefined),
          cacheErrors: async (error) => (error as Error).message === 'too large',
        },
      )
      for (const n of [0, 0, 1, 1, 5]) await fn(n)
      expect(runs).to.equal(4)
      expect(Math.round((await cache.ttl(await fn.cacheKey(5))) ?? 0)).to.equal(60)
      for (let i = 0; i < 2; i++) expect(await fn(11).catch((error: Error) => error.message)).to.equal('too large')
      expect(runs).to.equal(5)
    }
  })

  it('are refused in words where a function answers at once, and nothing is stored', () => {
    const options: object[] = [
      { shouldCache: async () => true },
      { shouldCache: async () => Promise.reject(new Error('not awaited')) },
      { timeout: async () => 60 },
    ]
    for (const option of options) {
      const errors: unknown[] = []
      let runs = 0
      const fn = memoize(() => ++runs, { cache: new MemoryCache(), onError: (error) => errors.push(error), ...option })
      expect([fn(), fn()]).to.deep.equal([1, 2])
      expect(errors.map(String)[0]).to.match(
        /^TypeError: The option (shouldCache|timeout) of "anonymous" gave a promise/,
      )
    }
    const errors: unknown[] = []
    const fails = memoize(
      () => {
        throw new Error('mine')
      },
      { cache: new MemoryCache(), cacheErrors: async () => true, onError: (error) => errors.push(error) },
    )
    expect(() => fails()).to.throw('mine')
    expect(errors).to.have.length(1)
  })

  it('hide no error of the function when a predicate throws', () => {
    const errors: unknown[] = []
    const fails = memoize(
      () => {
        throw new Error('mine')
      },
      {
        cache: new MemoryCache(),
        cacheErrors() {
          throw new Error('predicate')
        },
        onError: (error) => errors.push(error),
      },
    )
    expect(() => fails()).to.throw('mine')
    expect(errors.map(String)).to.deep.equal(['Error: predicate'])
  })
})
