import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { MemoryCache } from '../../lib/index.ts'
import { cacheable, memoize, memoOf } from '../../lib/memo/index.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** How many of some objects are still there when the garbage has been collected. */
async function left(references: readonly WeakRef<object>[]): Promise<number> {
  const count = (): number => references.filter((reference) => reference.deref() !== undefined).length
  for (let i = 0; i < 20 && count() > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    gc()
  }
  return count()
}

describe('Garbage collection frees', () => {
  for (const per of ['instance', 'class'] as const) {
    it(`instances whose methods are memoized per ${per}`, async () => {
      const cache = new MemoryCache()
      class Big {
        readonly data = new Array(1000).fill(0)
        @cacheable({ cache, per })
        async later(n: number): Promise<number> {
          await null
          return this.data.length + n
        }
        @cacheable({ cache, per })
        get size(): number {
          return this.data.length
        }
      }
      const use = async (): Promise<WeakRef<object>> => {
        const big = new Big()
        await Promise.all([big.later(1), big.later(1), big.later(2)])
        expect(big.size).to.equal(1000)
        await memoOf(big, 'later').refresh(1)
        return new WeakRef(big)
      }
      const references: WeakRef<object>[] = []
      for (let i = 0; i < 50; i++) references.push(await use())
      expect(await left(references)).to.equal(0)
    })
  }

  it('arguments, cleared results, memoized functions and caches', async () => {
    const use = (): WeakRef<object>[] => {
      const cache = new MemoryCache()
      const argument = { a: 1 }
      const fn = (given: object): object => ({ given: { ...given } })
      const memoized = memoize(fn, { cache, name: 'fn' })
      memoized(argument)
      memoized.clear()
      return [cache, argument, fn, memoized].map((one) => new WeakRef(one))
    }
    expect(await left([use(), use(), use()].flat())).to.equal(0)
  })
})
