import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { ConfigError } from '../../../lib/core/errors.ts'
import { FakeClock } from '../../../lib/testing/index.ts'

describe('MemoryCache with touchOnGet', () => {
  it('keeps an entry as long as it is read in time, and no longer', () => {
    const clock = new FakeClock()
    const cache = new MemoryCache({ clock, touchOnGet: true })
    cache.set('k', 'v', 10)
    for (let i = 0; i < 5; i++) {
      clock.advance(9999)
      expect(cache.get('k')).to.equal('v')
      expect(cache.ttl('k')).to.equal(10)
    }
    clock.advance(9999)
    expect(cache.getOrSet('k', 'w')).to.equal('v')
    clock.advance(10_000)
    expect(cache.get('k')).to.equal(undefined)
  })

  it('does not take looking for reading', async () => {
    const clock = new FakeClock()
    const cache = new AsyncMemoryCache({ clock, touchOnGet: true })
    await cache.set('k', 'v', 10)
    clock.advance(5000)
    await cache.has('k')
    await cache.peek('k')
    for await (const _ of cache.keys());
    cache.policy().entry('k')
    expect(await cache.ttl('k')).to.equal(5)
    await cache.getMany(['k'])
    expect(await cache.ttl('k')).to.equal(10)
  })

  it('goes by the timeout that was given last, and leaves alone what lives for ever', () => {
    const clock = new FakeClock()
    const cache = new MemoryCache({ clock, touchOnGet: true })
    cache.set('k', 'v', 10)
    cache.updateTimeout('k', 60)
    clock.advance(30_000)
    cache.get('k')
    expect(cache.ttl('k')).to.equal(60)
    cache.set('for ever', 'v', null)
    cache.get('for ever')
    expect(cache.ttl('for ever')).to.equal(null)
  })

  it('keeps the grace after the new deadline', () => {
    const clock = new FakeClock()
    const cache = new MemoryCache({ clock, touchOnGet: true })
    cache.set('k', 'v', { timeout: 10, staleFor: 5 })
    clock.advance(8000)
    cache.get('k')
    const { expires, until } = cache.policy().entry('k')!
    expect([expires, until]).to.deep.equal([clock.now() + 10_000, clock.now() + 15_000])
  })
})

describe('MemoryCache with an expiry', () => {
  const clock = new FakeClock()

  it('lets an entry live as long as it says, from what it is', () => {
    const asked: unknown[] = []
    const cache = new MemoryCache({
      clock,
      prefix: 'p:',
      expiry: {
        create: (key, value, timeoutMs) => {
          asked.push([key, value, timeoutMs])
          return value === 'short' ? 1000 : value === 'for ever' ? null : undefined
        },
        update: (key, value, timeoutMs, leftMs) => {
          asked.push([key, value, timeoutMs, leftMs])
          return leftMs
        },
        read: (key, value, leftMs) => {
          asked.push([key, value, leftMs])
          return value === 'read once' ? 0 : undefined
        },
      },
    })
    cache.set('a', 'short', 60)
    cache.set('b', 'for ever', 60)
    cache.set('c', 'usual', 60)
    cache.set('d', 'read once', 60)
    expect(['a', 'b', 'c'].map((key) => cache.ttl(key))).to.deep.equal([1, null, 60])
    expect([cache.get('d'), cache.get('d')]).to.deep.equal(['read once', undefined])
    clock.advance(500)
    cache.set('a', 'more', 60)
    expect(cache.ttl('a')).to.equal(0.5)
    expect(asked).to.deep.equal([
      ['a', 'short', 60_000],
      ['b', 'for ever', 60_000],
      ['c', 'usual', 60_000],
      ['d', 'read once', 60_000],
      ['d', 'read once', 60_000],
      ['a', 'more', 60_000, 500],
    ])
  })

  it('is asked by everything that stores, but not by updateTimeout', () => {
    const cache = new MemoryCache({ clock, expiry: { create: () => 5000 } })
    cache.add('a', 1)
    cache.getOrSet('b', () => 1)
    cache.setMany({ c: 1 })
    cache.increment('d')
    for (const key of ['a', 'b', 'c', 'd']) expect(cache.ttl(key)).to.equal(5)
    cache.updateTimeout('a', 60)
    expect(cache.ttl('a')).to.equal(60)
  })

  it('may use the cache', () => {
    const cache: MemoryCache = new MemoryCache({
      clock,
      expiry: {
        read: (key) => {
          cache.remove(key)
          return 1000
        },
      },
    })
    cache.set('k', 'v')
    expect([cache.get('k'), cache.get('k')]).to.deep.equal(['v', undefined])
  })

  it('leaves nothing when there is nothing left to live', () => {
    const cache = new MemoryCache({ clock, expiry: { create: () => -1 } })
    cache.set('k', 'v')
    expect(cache.stats().size).to.equal(0)
  })

  it('refuses what makes no sense', () => {
    expect(() => new MemoryCache({ expiry: 5 as never })).to.throw(ConfigError, /expiry/)
    expect(() => new MemoryCache({ touchOnGet: true, expiry: { read: () => 1 } })).to.throw(ConfigError, /touchOnGet/)
    const odd = new MemoryCache({ expiry: { create: () => 'soon' as never } })
    expect(() => odd.set('k', 'v')).to.throw(ConfigError, /ms/)
  })
})

describe('What has expired in a MemoryCache', () => {
  it('goes by itself, although nobody uses the cache', async () => {
    const cache = new MemoryCache()
    for (let i = 0; i < 5000; i++) cache.set(`key ${i}`, i, '20ms')
    cache.set('stays', 1)
    for (let i = 0; i < 200 && cache.stats().size > 1; i++) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(cache.stats()).to.deep.include({ size: 1, expire: 5000 })
    expect(cache.stats().removals.expired).to.equal(5000)
  })

  it('is missing to the millisecond, also within a long synchronous run', () => {
    const cache = new MemoryCache()
    const start = Date.now()
    cache.set('k', 'v', '20ms')
    let last = start
    for (;;) {
      const before = Date.now()
      if (cache.get('k') === undefined) break
      last = before
    }
    expect(last - start).to.be.at.most(21)
  })
})
