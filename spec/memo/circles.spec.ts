import { join } from 'node:path'
import { expect } from 'chai'
import { AsyncMemoryCache, AsyncSqliteCache, type Cache, MemoryCache } from '../../lib/index.ts'
import { memoize } from '../../lib/memo/index.ts'
import { tempFolder } from '../support/run-folder.ts'

describe('Memoized functions that call each other in a circle', () => {
  const stores: Record<string, () => Cache[]> = {
    'in one cache': () => {
      const cache = new AsyncMemoryCache()
      return [cache, cache]
    },
    'in two caches': () => [new AsyncMemoryCache(), new MemoryCache()],
    'in a shared store': () => {
      const cache = new AsyncSqliteCache({ path: join(tempFolder('circles'), 'cache.db') })
      return [cache, cache]
    },
  }
  for (const [name, open] of Object.entries(stores)) {
    it(`get E_RECURSION instead of waiting for ever, and work afterwards: ${name}`, async () => {
      const [one, two] = open()
      let isCircle = true
      const f: (n: number) => Promise<number> = memoize(
        async (n: number): Promise<number> => {
          await null
          return isCircle ? await g(n) : n
        },
        { cache: one!, name: 'f' },
      )
      const g: (n: number) => Promise<number> = memoize(
        async (n: number): Promise<number> => {
          await new Promise(setImmediate)
          return await f(n)
        },
        { cache: two!, name: 'g' },
      )
      const error = await f(1).catch((error: unknown) => error)
      expect(error).to.have.property('code', 'E_RECURSION')
      isCircle = false
      expect([await f(1), await g(1), await f(2)]).to.deep.equal([1, 1, 2])
      for (const cache of new Set([one!, two!])) await cache.close()
    })
  }

  it('get E_RECURSION synchronously, and work afterwards', () => {
    const cache = new MemoryCache()
    let isCircle = true
    const f: (n: number) => number = memoize((n: number) => (isCircle ? g(n) : n), { cache })
    const g: (n: number) => number = memoize((n: number) => f(n), { cache })
    expect(() => f(1))
      .to.throw()
      .with.property('code', 'E_RECURSION')
    isCircle = false
    expect([f(1), g(1)]).to.deep.equal([1, 1])
  })

  it('may share what they depend on', async () => {
    const cache = new AsyncMemoryCache()
    const base = memoize(async (n: number) => n, { cache })
    const [left, right] = [1, 2].map((add) => memoize(async (n: number) => (await base(n)) + add, { cache }))
    const top = memoize(async (n: number) => (await Promise.all([left!(n), right!(n), base(n)])).join(), { cache })
    expect(await top(1)).to.equal('2,3,1')
  })
})
