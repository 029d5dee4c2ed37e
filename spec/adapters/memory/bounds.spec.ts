import { expect } from 'chai'
import { MemoryCache } from '../../../adapters/memory/index.ts'
import { ConfigError } from '../../../lib/core/errors.ts'
import type { CacheEvent } from '../../../lib/core/events.ts'
import { FakeClock } from '../../../lib/testing/index.ts'

const bySize = (value: unknown): number => (value as string).length

describe('MemoryCache bounded by weight', () => {
  it('never holds more than it may, in bytes and in entries', () => {
    const cache = new MemoryCache({ maxBytes: 1000, maxEntries: 50, weigher: bySize })
    for (let i = 0; i < 2000; i++) {
      cache.set(i % 120, 'x'.repeat((i * 7) % 90))
      expect(cache.stats().weight).to.be.at.most(1000)
      expect(cache.stats().size).to.be.at.most(50)
    }
    expect(cache.stats().removals.evicted).to.be.above(0)
  })

  it('weighs a value once, when it is stored, with the key as the user spells it', () => {
    const weighed: unknown[] = []
    const weigher = (value: unknown, key: string): number => weighed.push([key, value])
    const cache = new MemoryCache({ maxBytes: 1000, prefix: 'p:', weigher })
    cache.set('k', 'v')
    cache.get('k')
    cache.set('k', 'w')
    cache.getOrSet('l', () => 'made')
    expect(weighed).to.deep.equal([
      ['k', 'v'],
      ['k', 'w'],
      ['l', 'made'],
    ])
    expect(cache.stats().weight).to.equal(5)
  })

  it('refuses what is heavier than it may hold, and tells of it; what was under the key is gone', () => {
    const refused: CacheEvent[] = []
    const removed: unknown[] = []
    const cache = new MemoryCache({ maxBytes: 10, maxEntryBytes: 8, weigher: bySize })
    cache.on('evict', (event) => refused.push(event))
    cache.onRemoval((key, value, cause) => removed.push([key, value, cause]))
    cache.set('k', 'short')
    cache.set('l', 'other')
    cache.set('k', 'much too long')
    expect([cache.get('k'), cache.get('l')]).to.deep.equal([undefined, 'other'])
    expect(refused).to.deep.equal([{ adapter: 'MemoryCache', key: 'k', refused: true }])
    expect(removed).to.deep.equal([
      ['k', 'short', 'replaced'],
      ['k', 'much too long', 'evicted'],
    ])
    cache.set('l', 'nine chars')
    expect(cache.has('l')).to.equal(false)
  })

  it('never gives up what weighs nothing, which still expires and can be removed', () => {
    const clock = new FakeClock()
    const cache = new MemoryCache({ maxBytes: 10, maxEntries: 5, weigher: bySize, clock })
    for (const key of ['a', 'b', 'c']) cache.set(key, '', 60)
    for (let i = 0; i < 100; i++) cache.set(i, 'xxx')
    expect([...cache.keys()])
      .to.include.members(['a', 'b', 'c'])
      .and.to.have.lengthOf(5)
    expect(cache.remove('a')).to.equal(true)
    clock.advance(60_000)
    expect(cache.has('b')).to.equal(false)
  })

  it('refuses what would have to take the place of what is never given up', () => {
    const cache = new MemoryCache({ maxEntries: 2, weigher: bySize })
    cache.set('a', '')
    cache.set('b', '')
    cache.set('c', 'heavy')
    expect([...cache.keys()]).to.have.members(['a', 'b'])
    cache.remove('a')
    cache.set('c', 'heavy')
    expect(cache.get('c')).to.equal('heavy')
  })

  it('estimates what values take when nobody says', () => {
    const cache = new MemoryCache({ maxBytes: 1_000_000 })
    for (let i = 0; i < 300; i++) cache.set(i, Buffer.alloc(10_000))
    expect([...cache.keys()].length).to.be.within(80, 99)
    cache.set('large', 'x'.repeat(2_000_000))
    expect(cache.has('large')).to.equal(false)
  })

  it('prefers many that are used over one that takes their room', () => {
    const cache = new MemoryCache({ maxBytes: 1000, weigher: bySize })
    const use = (key: string, size: number): void => void cache.getOrSet(key, () => 'x'.repeat(size))
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 90; i++) use(`small ${i}`, 10)
      use(`large ${round}`, 400)
    }
    expect(cache.stats().hitRate).to.be.above(0.4)
  })

  it('takes a failure of the weigher, or a weight that is none, for a mistake in the set-up', () => {
    const failing = (): number => {
      throw new Error('no scales')
    }
    const cache = new MemoryCache({ maxBytes: 10, weigher: failing })
    expect(() => cache.set('k', 1)).to.throw(ConfigError, /weigher failed for the key "k"/)
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1']) {
      const odd = new MemoryCache({ maxBytes: 10, weigher: () => weight as number })
      expect(() => odd.set('k', 1)).to.throw(ConfigError, /not negative/)
    }
  })

  it('refuses bounds that are none', () => {
    for (const bound of [0, -1, 1.5, Number.NaN, '1' as unknown as number]) {
      expect(() => new MemoryCache({ maxBytes: bound })).to.throw(ConfigError, /maxBytes/)
      expect(() => new MemoryCache({ maxEntryBytes: bound })).to.throw(ConfigError, /maxEntryBytes/)
      expect(() => new MemoryCache().resize({ maxEntries: bound })).to.throw(ConfigError, /maxEntries/)
    }
    expect(() => new MemoryCache({ weigher: 5 as never })).to.throw(ConfigError, /weigher/)
    expect(() => new MemoryCache().resize({ maxBytes: 10 })).to.throw(ConfigError, /weighed/)
  })
})

describe('a new bound of a MemoryCache', () => {
  it('is kept at once by a small cache, in entries and in bytes', () => {
    const cache = new MemoryCache({ maxBytes: 1000, maxEntries: 100, weigher: bySize })
    for (let i = 0; i < 100; i++) cache.set(i, 'xxxxx')
    cache.resize({ maxEntries: 60 })
    expect(cache.stats()).to.include({ size: 60, weight: 300 })
    cache.resize({ maxBytes: 100 })
    expect(cache.stats()).to.include({ size: 20, weight: 100 })
    cache.resize({ maxBytes: null, maxEntries: null })
    for (let i = 0; i < 1000; i++) cache.set(i, 'xxxxx')
    expect(cache.stats()).to.include({ size: 1000, weight: 5000 })
    cache.resize({ maxBytes: 50 })
    expect(cache.stats()).to.include({ size: 10, weight: 50 })
  })

  it('is come down to bit by bit by a large one, by writes and between turns, without ever growing', async () => {
    const cache = new MemoryCache({ maxEntries: 50_000 })
    for (let i = 0; i < 50_000; i++) cache.set(i, i)
    let evicted = 0
    cache.on('evict', () => evicted++)
    cache.resize(1000)
    expect(evicted).to.be.within(1, 5000)
    const before = evicted
    for (let i = 0; i < 10; i++) cache.set(`new ${i}`, i)
    expect(evicted).to.be.within(before + 20, before + 1000)
    for (let turn = 0; turn < 1000 && evicted < 49_010; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(evicted).to.equal(49_010)
    expect(cache.stats().size).to.equal(1000)
  })

  it('is kept already for whoever counts', () => {
    const cache = new MemoryCache({ maxEntries: 50_000 })
    for (let i = 0; i < 50_000; i++) cache.set(i, i)
    cache.resize(100)
    expect([...cache.keys()]).to.have.lengthOf(100)
    expect(cache.policy().maximum).to.equal(100)
  })
})
