import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { CoderError, ConfigError } from '../../../lib/core/errors.ts'
import type { Isolation } from '../../../lib/core/types.ts'
import { conforms, FakeClock } from '../../../lib/testing/index.ts'

describe('MemoryCache', () => {
  conforms((options) => new MemoryCache(options))

  it('gives the very object that was stored, functions and instances too', () => {
    const cache = new MemoryCache()
    for (const value of [{ a: 1 }, () => 1, Symbol('s'), new (class Point {})()]) {
      cache.set('k', value)
      expect(cache.get('k')).to.equal(value)
    }
  })

  it('keeps values of any depth and size', () => {
    const cache = new MemoryCache()
    let deep: unknown[] = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    cache.set('deep', deep)
    expect(cache.get('deep')).to.equal(deep)
    const long = 'x'.repeat(100_000_000)
    cache.set('long', long)
    expect(cache.get('long')).to.have.lengthOf(100_000_000)
  })

  it('never keeps more entries than it may', () => {
    const cache = new MemoryCache({ maxEntries: 10 })
    for (let i = 0; i < 1000; i++) {
      cache.set(i, i)
      expect(cache.store.size).to.be.at.most(10)
    }
    expect(cache.stats().evict).to.equal(990)
    expect([...cache.keys()]).to.have.lengthOf(10)
  })

  it('keeps what is read over what is not', () => {
    const cache = new MemoryCache({ maxEntries: 100 })
    for (let i = 0; i < 1000; i++) {
      cache.set(`cold ${i}`, i)
      cache.getOrSet('hot', () => 'made')
    }
    expect(cache.stats().make).to.equal(1)
  })

  it('lets go of what has expired without being asked for it', () => {
    const clock = new FakeClock()
    const cache = new MemoryCache({ clock })
    for (let i = 0; i < 100; i++) cache.set(`old ${i}`, i, 1)
    clock.advance(1000)
    for (let i = 0; i < 60; i++) cache.set(`new ${i}`, i)
    expect(cache.store.size).to.equal(60)
    expect(cache.stats()).to.include({ evict: 0, expire: 100 })
  })

  it('gives the value that it found to a caller whose listener removes it', () => {
    const cache = new MemoryCache()
    cache.on('hit', ({ key }) => cache.remove(key!))
    cache.set('k', 'v')
    expect([cache.get('k'), cache.get('k')]).to.deep.equal(['v', undefined])
  })

  it('keeps what its policy says, and never more than a bound that is changed', () => {
    const cache = new MemoryCache({ maxEntries: 3, policy: 'fifo' })
    for (const key of ['a', 'b', 'c']) cache.set(key, key)
    cache.get('a')
    cache.set('d', 'd')
    expect([...cache.keys()]).to.have.members(['b', 'c', 'd'])
    cache.resize(1)
    expect([...cache.keys()]).to.deep.equal(['d'])
    expect(cache.stats().evict).to.equal(3)
    expect(() => new MemoryCache({ policy: 'best' as 'lru' })).to.throw(ConfigError, /adaptive/)
  })

  it('reads a coarse clock once a millisecond at most, and lets entries expire', async () => {
    const cache = new MemoryCache({ clock: 'coarse' })
    cache.set('k', 'v', '20ms')
    expect(cache.get('k')).to.equal('v')
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(cache.get('k')).to.equal(undefined)
  })

  it('refuses a bound that is none', () => {
    for (const maxEntries of [0, -1, 1.5, Number.NaN])
      expect(() => new MemoryCache({ maxEntries })).to.throw(ConfigError)
    expect(() => new MemoryCache({ isolation: 'none' as Isolation })).to.throw(ConfigError, /isolation/)
  })

  it('clears itself without a prefix, for nobody else uses its store', () => {
    const cache = new MemoryCache()
    cache.set('k', 'v')
    cache.clear()
    expect(cache.has('k')).to.equal(false)
  })
})

describe('AsyncMemoryCache', () => conforms((options) => new AsyncMemoryCache(options)))

for (const isolation of ['clone', 'freeze', 'coder'] as const) {
  describe(`MemoryCache with isolation '${isolation}'`, () => {
    conforms((options) => new MemoryCache({ ...options, isolation }))

    it('keeps what users do with a value out of the cache', () => {
      const cache = new MemoryCache({ isolation })
      const value = { list: [1] }
      cache.set('k', value)
      for (const given of [value, cache.get<typeof value>('k')!]) {
        try {
          given.list.push(2)
        } catch (error) {
          expect(error).to.be.instanceOf(TypeError)
        }
      }
      expect(cache.get('k')).to.deep.equal({ list: [1] })
    })

    it('refuses functions and symbols, and changes nothing', () => {
      const cache = new MemoryCache({ isolation })
      cache.set('k', 'v')
      for (const value of [() => 1, Symbol('s'), { nested: [() => 1] }]) {
        expect(() => cache.set('k', value)).to.throw(CoderError)
      }
      expect(cache.get('k')).to.equal('v')
    })
  })
}
