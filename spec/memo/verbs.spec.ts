import { expect } from 'chai'
import { MemoryCache } from '../../lib/index.ts'
import { memoize } from '../../lib/memo/index.ts'

describe('The verbs of a memoized function', () => {
  const cache = new MemoryCache()
  let runs = 0
  const double = (n: number): number => {
    runs++
    return n * 2
  }
  const twice = memoize(double, { cache, name: 'twice' })
  beforeEach(() => {
    cache.clear()
    runs = 0
  })

  it('answer whether there is a result', () => {
    expect(twice.cacheIn(1)).to.equal(false)
    twice(1)
    expect(twice.cacheIn(1)).to.equal(true)
    expect(runs).to.equal(1)
  })

  it('remove a result, and answer whether there was one', () => {
    twice(1)
    twice(2)
    expect([twice.cacheDel(1), twice.cacheDel(1)]).to.deep.equal([true, false])
    expect([twice.cacheIn(1), twice.cacheIn(2)]).to.deep.equal([false, true])
  })

  it('store results', () => {
    expect(twice.cacheSet(7, 1)).to.equal(undefined)
    expect(twice(1)).to.equal(7)
    expect(runs).to.equal(0)
  })

  it('refresh a result', () => {
    twice.cacheSet(7, 1)
    expect(twice.refresh(1)).to.equal(2)
    expect(twice(1)).to.equal(2)
    expect(runs).to.equal(1)
  })

  it('clear all results, and those of no other function', () => {
    const others = memoize((n: number) => n, { cache, name: 'twice2' })
    others(1)
    twice(1)
    twice(2)
    twice.clear()
    expect([twice.cacheIn(1), twice.cacheIn(2), others.cacheIn(1)]).to.deep.equal([false, false, true])
  })

  it('give keys that no other name has', () => {
    const names = ['a', 'a:b', 'a%3ab', 'a!', 'b:c', '', 'a:generation']
    const keys = names.flatMap((namespace) =>
      names.filter(Boolean).flatMap((name) => [
        memoize(() => 1, { cache, name, namespace })
          .cacheKey()
          .replace(/:[\w-]+\.[\w-]+:/, ':'),
      ]),
    )
    expect(new Set(keys).size).to.equal(keys.length)
  })
})
