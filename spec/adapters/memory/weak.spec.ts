import { expect } from 'chai'
import type { RemovalCause } from '../../../adapters/memory/index.ts'
import { collectGarbage } from '../../../bench/memory/heap.ts'
import { ConfigError, MemoryCache } from '../../../lib/index.ts'

describe('weak values', () => {
  /** Puts objects that nobody else holds. In a function of its own, so that no register has them afterwards. */
  function putOrphans(cache: MemoryCache, ...keys: string[]): void {
    for (const key of keys) cache.set(key, { of: key })
  }

  it('are there as long as somebody holds them', async () => {
    const cache = new MemoryCache({ weakValues: true })
    const held = { big: true }
    const call = (): string => 'called'
    cache.set('object', held)
    cache.set('function', call)
    await collectGarbage()
    expect(cache.get('object')).to.equal(held)
    expect(cache.get('function')).to.equal(call)
    expect(cache.peek('object')).to.equal(held)
    expect(cache.policy().entry('object')?.value).to.equal(held)
  })

  it('are missing for every verb when they were collected', async () => {
    const cache = new MemoryCache({ weakValues: true, timeout: 60 })
    putOrphans(cache, 'k', 'pulled', 'removed', 'renewed')
    expect(cache.has('k')).to.equal(true)
    await collectGarbage()
    expect(cache.get('k')).to.equal(undefined)
    expect([cache.has('k'), cache.ttl('k'), cache.peek('k')]).to.deep.equal([false, undefined, undefined])
    expect(cache.pull('pulled')).to.equal(undefined)
    expect(cache.remove('removed')).to.equal(false)
    expect(() => cache.updateTimeout('renewed')).to.throw('There is no entry')
    expect([...cache.keys()]).to.deep.equal([])
    expect(cache.policy().coldest()).to.deep.equal([])
    expect(cache.getOrSet('k', () => 'made')).to.equal('made')
    expect(cache.add('pulled', 1)).to.equal(true)
  })

  it('leave other values alone', async () => {
    const cache = new MemoryCache({ weakValues: true })
    const values = ['text', 1, 2n, true, null, undefined, Symbol.for('s')]
    values.forEach((value, i) => {
      cache.set(String(i), value)
    })
    await collectGarbage()
    expect(values.map((_, i) => cache.get(String(i)))).to.deep.equal(values)
  })

  it('go from the store without being asked for, and each is told of once', async () => {
    const cache = new MemoryCache({ weakValues: true })
    const told: [string, unknown, RemovalCause][] = []
    cache.onRemoval((key, value, cause) => told.push([key, value, cause]))
    putOrphans(cache, 'a', 'b')
    cache.set('number', 1)
    await collectGarbage()
    await collectGarbage()
    expect(cache.store.size).to.equal(1)
    expect(told.sort()).to.deep.equal([
      ['a', undefined, 'evicted'],
      ['b', undefined, 'evicted'],
    ])
    expect(cache.stats().removals.evicted).to.equal(2)
  })

  it('are told of as they are when they are removed in time', () => {
    const cache = new MemoryCache({ weakValues: true })
    const told: [unknown, RemovalCause][] = []
    cache.onRemoval((_, value, cause) => told.push([value, cause]))
    const [one, other] = [{ n: 1 }, { n: 2 }]
    cache.set('k', one)
    cache.set('k', one)
    cache.set('k', other)
    cache.clear()
    expect(told).to.deep.equal([
      [one, 'replaced'],
      [other, 'cleared'],
    ])
  })

  it('keep the bound, and atomic verbs work on them', async () => {
    const cache = new MemoryCache({ weakValues: true, maxEntries: 50 })
    const held = Array.from({ length: 100 }, (_, i) => ({ i }))
    held.forEach((value, i) => {
      cache.set(`key ${i}`, value)
      putOrphans(cache, `orphan ${i}`)
      expect(cache.store.size).to.be.at.most(50)
    })
    await collectGarbage()
    for (const key of cache.keys()) expect(cache.get(key)).to.equal(held[Number(key.slice(4))])
    const same = held[99]!
    cache.set('k', same, 60)
    expect(cache.updateTimeout('k', 90)).to.equal(same)
    expect(cache.pull('k')).to.equal(same)
  })

  it('go by the thousands, a slice at a time', async () => {
    const cache = new MemoryCache({ weakValues: true, maxEntries: null })
    const held = {}
    for (let i = 0; i < 30_000; i++) putOrphans(cache, `orphan ${i}`)
    cache.set('held', held)
    await collectGarbage()
    await collectGarbage()
    expect(cache.store.size).to.equal(1)
  })

  it('go together with values by reference only', () => {
    expect(() => new MemoryCache({ weakValues: true, isolation: 'clone' })).to.throw(ConfigError, 'weakValues')
  })
})
