import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../lib/index.ts'
import { cacheFunctions, cacheMethods, memoize } from '../../../lib/memo/index.ts'

class Sums {
  runs = 0
  sumN1(n: number): number {
    this.runs++
    return n === 0 ? 0 : n + this.sumN1(n - 1)
  }
  sumN2(n: number): number {
    this.runs++
    return n === 0 ? 0 : n * n + this.sumN2(n - 1)
  }
  async later(n: number): Promise<number> {
    this.runs++
    return n
  }
}

describe('cacheMethods', () => {
  it('memoizes methods of an object, also where they call each other', () => {
    const cache = new MemoryCache()
    const sums = new Sums()
    expect(cacheMethods(cache, sums, { sumN1: '1.', sumN2: '2.' })).to.equal(sums)
    expect([sums.sumN1(10), sums.sumN2(10), sums.runs]).to.deep.equal([55, 385, 22])
    expect([sums.sumN1(12), sums.sumN2(9), sums.runs]).to.deep.equal([78, 285, 24])
    expect([...cache.keys()].filter((key) => /:1\.:\[\d+\]$/.test(key))).to.have.length(13)
    expect(new Sums().sumN1).to.equal(Sums.prototype.sumN1)
  })

  it('calls methods on the object, however they are called', () => {
    const sums = cacheMethods(new MemoryCache(), new Sums(), { sumN1: '1.' })
    const { sumN1 } = sums
    expect([sumN1(3), sumN1.name, sumN1.length, sums.runs]).to.deep.equal([6, 'sumN1', 1, 4])
    expect([sumN1.cacheIn(3), sumN1.cacheDel(3), sumN1.cacheIn(3)]).to.deep.equal([true, true, false])
  })

  it('unwraps methods that are memoized already', () => {
    const [first, second] = [new MemoryCache(), new MemoryCache()]
    const sums = new Sums()
    cacheMethods(first, sums, { sumN1: '1.' })
    cacheMethods(second, sums, { sumN1: 'x.' })
    sums.sumN1(3)
    expect([[...first.keys()].length, [...second.keys()].length]).to.deep.equal([0, 4])
  })

  it('refuses missing methods before it changes anything', () => {
    const sums = new Sums()
    for (const missing of ['nope', 'runs']) {
      const names = { sumN1: '1.', [missing]: 'x' } as { sumN1: string }
      expect(() => cacheMethods(new MemoryCache(), sums, names)).to.throw(TypeError, `missing method ${missing}`)
    }
    expect(Object.hasOwn(sums, 'sumN1')).to.equal(false)
  })

  it('takes options, and caches of both modes', async () => {
    const cache = new AsyncMemoryCache()
    const sums = cacheMethods(cache, new Sums(), { later: 'later' }, { timeout: '1m', namespace: 'sums' })
    expect([await sums.later(1), await sums.later(1), sums.runs]).to.deep.equal([1, 1, 1])
    const key = await sums.later.cacheKey(1)
    expect(key).to.match(/^sums:/)
    expect(await cache.ttl(key)).to.be.within(59, 60)
  })
})

describe('cacheFunctions', () => {
  it('memoizes functions in a record, also where they call each other through it', () => {
    const cache = new MemoryCache()
    let runs = 0
    const record = {
      one: 1,
      fib(n: number): number {
        runs++
        return n < 2 ? n : record.fib(n - 1) + record.fib(n - 2)
      },
    }
    expect(cacheFunctions(cache, record, { fib: 'f.' })).to.equal(record)
    expect([record.fib(40), runs, Object.keys(record)]).to.deep.equal([102334155, 41, ['one', 'fib']])
    cacheFunctions(cache, record, { fib: 'g.' })
    record.fib(40)
    expect(runs).to.equal(82)
  })

  it('refuses missing functions before it changes anything', () => {
    const fn = (): number => 1
    const record = { fn, other: 1 }
    expect(() => cacheFunctions(new MemoryCache(), record, { fn: 'f', nope: 'n' } as never)).to.throw(
      TypeError,
      'missing function nope',
    )
    expect(record.fn).to.equal(fn)
  })

  it('unwraps functions that are memoized already', () => {
    const fn = (n: number): number => n
    const record = cacheFunctions(new MemoryCache(), { fn: memoize(fn) }, { fn: 'f' })
    expect(record.fn.uncached).to.equal(fn)
  })
})
