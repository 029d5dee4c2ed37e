import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../lib/index.ts'
import { memoize } from '../../lib/memo/index.ts'
import { child } from '../support/child.ts'

type Recursive = (n: number) => number

/** The memoization of every tutorial: a Map, and one frame. */
function generic(fn: Recursive): Recursive {
  const results = new Map<number, number>()
  return (n) => {
    if (results.has(n)) return results.get(n)!
    const result = fn(n)
    results.set(n, result)
    return result
  }
}

/** How deep a function recurses before the stack overflows, and the error of that. */
function depthOf(memo: (fn: Recursive) => Recursive): { depth: number; error: unknown; f: Recursive } {
  let depth = 0
  let limit = Number.POSITIVE_INFINITY
  const f: Recursive = memo((n) => {
    depth = Math.max(depth, n)
    return n >= limit ? 0 : 1 + f(n + 1)
  })
  let error: unknown
  try {
    f(0)
  } catch (thrown) {
    error = thrown
  }
  limit = 100
  return { depth, error, f }
}

describe('Memoized recursion', function () {
  this.timeout(60_000)

  it('goes at least half as deep as with a generic memoize', () => {
    const reference = depthOf(generic).depth
    expect(reference).to.be.above(1000)
    for (const policy of ['adaptive', 'lru', 'fifo'] as const) {
      const cache = new MemoryCache({ policy })
      expect(depthOf((fn) => memoize(fn, { cache })).depth, policy).to.be.above(reference / 2)
    }
  })

  it('ends in an ordinary RangeError, which leaves every key usable', () => {
    const cache = new MemoryCache()
    const { error, depth, f } = depthOf((fn) => memoize(fn, { cache }))
    expect(error).to.be.instanceOf(RangeError)
    expect(f(0)).to.equal(100)
    for (let n = 0; n <= 100; n++) expect(f(n)).to.equal(100 - n)
    expect(f(depth - 1)).to.equal(0)
    expect([...cache.keys()].length).to.be.above(100)
    expect(cache.stats()).to.include({ make: cache.stats().miss })
  })

  it('of methods is as deep', () => {
    const cache = new MemoryCache()
    let depth = 0
    const f: Recursive = memoize(
      (n: number): number => {
        depth = n
        return n === 1500 ? 0 : 1 + f(n + 1)
      },
      { cache, timeout: () => 60, shouldCache: () => true },
    )
    expect(f(0)).to.equal(1500)
    expect(depth).to.equal(1500)
  })

  it('of async functions goes as deep as memory allows, and never ends the process', async () => {
    const { stdout, stderr, code } = await child(`
      const { AsyncMemoryCache, MemoryCache } = await import('./lib/index.ts')
      const { memoize } = await import('./lib/memo/index.ts')
      for (const cache of [new AsyncMemoryCache(), new MemoryCache()]) {
        for (const limit of [280, 2000]) {
          const f = memoize(async (n) => (n === limit ? 0 : 1 + (await f(n + 1))), { cache })
          console.log(await f(0))
        }
      }
    `)
    expect(stderr).to.equal('')
    expect(code).to.equal(0)
    expect(stdout.trim().split('\n')).to.deep.equal(['280', '2000', '280', '2000'])
  })

  it('shares results of every level', async () => {
    const cache = new AsyncMemoryCache()
    let runs = 0
    const fibonacci: (n: number) => Promise<bigint> = memoize(
      async (n: number): Promise<bigint> => {
        runs++
        return n < 2 ? BigInt(n) : (await fibonacci(n - 1)) + (await fibonacci(n - 2))
      },
      { cache },
    )
    expect(await fibonacci(90)).to.equal(2880067194370816120n)
    expect(runs).to.equal(91)
  })
})
