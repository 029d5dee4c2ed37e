import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { FakeClock } from '../../../lib/testing/index.ts'

const keysOf = (entries: readonly { readonly key: string }[]): string[] => entries.map(({ key }) => key)

describe('MemoryCache.policy()', () => {
  it('gives the entries in the order in which they would go, and in that of their age', () => {
    const clock = new FakeClock()
    const cache = new MemoryCache({ policy: 'lru', clock })
    for (const key of ['a', 'b', 'c', 'd']) {
      cache.set(key, key)
      clock.advance(1000)
    }
    cache.get('a')
    const policy = cache.policy()
    expect(keysOf(policy.coldest(2))).to.deep.equal(['b', 'c'])
    expect(keysOf(policy.hottest(2))).to.deep.equal(['a', 'd'])
    expect(keysOf(policy.oldest(3))).to.deep.equal(['a', 'b', 'c'])
    expect(keysOf(policy.coldest())).to.deep.equal(['b', 'c', 'd', 'a'])
    expect(policy.coldest(0)).to.deep.equal([])
    expect([policy.ageOf('a'), policy.ageOf('none')]).to.deep.equal([4, undefined])
  })

  it('gives the facts of an entry, and nothing of what has expired', () => {
    const clock = new FakeClock()
    const cache = new MemoryCache({ clock, prefix: 'p:', maxBytes: 100, weigher: () => 7 })
    const created = clock.now()
    cache.set('k', 'v', { timeout: 10, staleFor: 5, tags: ['t'] })
    const facts = {
      key: 'k',
      value: 'v',
      created,
      expires: created + 10_000,
      until: created + 15_000,
      weight: 7,
      tags: ['t'],
    }
    expect(cache.policy().entry('k')).to.deep.equal(facts)
    expect(cache.policy().coldest(1)).to.deep.equal([facts])
    expect(cache.policy().weightedSize()).to.equal(7)
    clock.advance(10_000)
    expect(cache.policy().entry('k')).to.equal(undefined)
    expect(cache.policy().oldest(1)).to.deep.equal([])
  })

  it('counts as no use, hit or miss', () => {
    const cache = new MemoryCache({ policy: 'lru' })
    for (const key of ['a', 'b']) cache.set(key, key)
    cache.peek('a')
    cache.has('a')
    cache.ttl('a')
    cache.policy().entry('a')
    cache.policy().hottest()
    expect([...cache.keys()]).to.deep.equal(['a', 'b'])
    expect(keysOf(cache.policy().coldest(1))).to.deep.equal(['a'])
    expect(cache.stats()).to.include({ hits: 0, misses: 0 })
  })

  it('sets the bound that the cache has', () => {
    const cache = new MemoryCache({ maxEntries: 10 })
    for (let i = 0; i < 10; i++) cache.set(i, i)
    const policy = cache.policy()
    expect(policy.maximum).to.equal(10)
    policy.maximum = 4
    expect(policy.weightedSize()).to.equal(4)
    policy.maximum = null
    expect(policy.maximum).to.equal(null)

    const weighed = new MemoryCache({ maxBytes: 100, weigher: () => 10 })
    for (let i = 0; i < 20; i++) weighed.set(i, i)
    expect(weighed.policy().maximum).to.equal(100)
    weighed.policy().maximum = 30
    expect(weighed.stats()).to.include({ size: 3, weight: 30 })
  })
})

describe('MemoryCache.peek', () => {
  it('gives what is there, in both colours', async () => {
    const clock = new FakeClock()
    const [cache, later] = [new MemoryCache({ clock }), new AsyncMemoryCache({ clock })]
    cache.set('k', 'v', 1)
    await later.set('k', 'v')
    expect([cache.peek('k'), cache.peek('none'), await later.peek('k')]).to.deep.equal(['v', undefined, 'v'])
    clock.advance(1000)
    expect(cache.peek('k')).to.equal(undefined)
    expect(cache.stats()).to.include({ hits: 0, misses: 0, expire: 0 })
    expect(() => cache.peek(null as never)).to.throw(TypeError)
    expect(await later.peek(null as never).catch((error: unknown) => error)).to.be.instanceOf(TypeError)
  })
})

describe('MemoryCache.keys', () => {
  it('tolerates changes on the way', () => {
    const cache = new MemoryCache()
    for (let i = 0; i < 1000; i++) cache.set(i, i)
    const seen = new Set<string>()
    for (const key of cache.keys()) {
      expect(seen.has(key)).to.equal(false)
      seen.add(key)
      cache.remove(Number(key) + 1)
      if (seen.size < 100) cache.set(`new ${key}`, 1)
    }
    expect(seen.size).to.be.within(500, 700)
  })
})

describe('MemoryCache.stats', () => {
  it('tells what is there, what went, and how long loading took', async () => {
    const cache = new MemoryCache({ maxBytes: 30, weigher: () => 10 })
    for (const key of ['a', 'b', 'c', 'd']) cache.getOrSet(key, () => key)
    await cache.getOrSet('e', async (key) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return key
    })
    cache.getOrSetMany(['f', 'g'], (keys) => keys)
    expect(() =>
      cache.getOrSet('h', () => {
        throw new Error('no')
      }),
    ).to.throw('no')
    const { size, weight, removals, evictedWeight, loads, loadFailures, loadTime, meanLoadTime } = cache.stats()
    expect({ size, weight, evictedWeight, loads, loadFailures }).to.deep.equal({
      size: 3,
      weight: 30,
      evictedWeight: 40,
      loads: 7,
      loadFailures: 1,
    })
    expect(removals.evicted).to.equal(4)
    expect(loadTime).to.be.within(0.004, 1)
    expect(meanLoadTime).to.equal(loadTime / 7)
  })
})
