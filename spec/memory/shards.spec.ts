import { expect } from 'chai'
import fc from 'fast-check'
import { indexFor, LARGE } from '../../adapters/memory/shards.ts'
import { MemoryCache } from '../../adapters/memory.ts'

describe('The index of a large store', () => {
  it('is what a Map is', () => {
    const keys = fc.oneof(fc.string({ maxLength: 6 }), fc.nat(50).map(String))
    const steps = fc.array(fc.tuple(fc.constantFrom('set', 'set', 'delete', 'get'), keys, fc.nat()), { maxLength: 100 })
    fc.assert(
      fc.property(steps, (steps) => {
        const [index, map] = [indexFor(LARGE + 1), new Map<string, number>()]
        for (const [verb, key, slot] of steps) {
          if (verb === 'set') {
            index.set(key, slot)
            map.set(key, slot)
          }
          if (verb === 'delete') expect(index.delete(key)).to.equal(map.delete(key))
          expect(index.get(key)).to.equal(map.get(key))
          expect(index.size).to.equal(map.size)
        }
        expect([...index].sort()).to.deep.equal([...map].sort())
        expect([...index.keys()].sort()).to.deep.equal([...map.keys()].sort())
        expect([...index.values()].sort()).to.deep.equal([...map.values()].sort())
      }),
    )
  })

  it('serves a cache as the other does', () => {
    const cache = new MemoryCache({ maxEntries: LARGE + 1 })
    for (let i = 0; i < LARGE + 1000; i++) cache.set(`key:${i}`, i)
    expect(cache.stats()).to.include({ size: LARGE + 1, evict: 999 })
    let seen = 0
    for (const key of cache.keys()) {
      seen++
      if (seen % 2 === 0) cache.remove(key)
    }
    expect(seen).to.equal(LARGE + 1)
    expect(cache.stats().size).to.equal((LARGE + 2) / 2)
    cache.clear()
    expect([...cache.keys()]).to.deep.equal([])
  })
})
