import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { SqliteCache } from '../../adapters/sqlite3/index.ts'
import type { Cache } from '../../lib/core/types.ts'
import { AsyncChaosCache, ChaosCache } from '../../lib/testing/index.ts'
import { PrefixedCache } from '../../lib/wrappers/prefixed/index.ts'
import { StatsCache } from '../../lib/wrappers/stats/index.ts'

/** What the predecessor's counts were recorded of: each kind of access once. */
async function useOnce(cache: Cache): Promise<void> {
  await cache.has('a')
  await cache.get('a')
  await cache.set('a', 1)
  await cache.getOrFail('a')
  await cache.get('a')
  await cache.getOrSet('b', () => 2)
  await cache.getOrSet('b', () => 3)
  await cache.pull('b')
  await cache.pull('missing')
  await cache.remove('missing')
}

const RECORDED = { tests: 1, reads: 7, writes: 2, removes: 2, dels: 2, hits: 4, hitRate: 4 / 7, size: 1 }

describe('StatsCache', () => {
  for (const make of [() => new MemoryCache(), () => new AsyncMemoryCache()]) {
    it(`counts what its predecessor did, over ${make().name}`, async () => {
      const cache = new StatsCache(make())
      await useOnce(cache)
      expect(cache.stats()).to.include(RECORDED)
      expect(cache.hits()).to.equal(4 / 7)
    })
  }

  it('shows each count once', () => {
    const cache = new StatsCache(new MemoryCache())
    cache.set('k', 'v')
    cache.get('k')
    cache.remove('k')
    const shown = Object.keys(cache.stats())
    expect(shown).to.include.members(['hit', 'miss', 'set', 'remove', 'test', 'reads', 'hitRate', 'size', 'latency'])
    for (const alias of ['hits', 'misses', 'tests', 'writes', 'removes', 'dels']) expect(shown).not.to.include(alias)
    expect(cache.stats()).to.include({ hits: 1, writes: 1, removes: 1, dels: 1 })
  })

  it('counts the same wherever it stands in a stack', async () => {
    for (const outer of [
      (inner: StatsCache<'sync'>) => new PrefixedCache(inner, 'a:'),
      (inner: StatsCache<'sync'>) => new PrefixedCache(new StatsCache(new PrefixedCache(inner, 'a:')), 'b:'),
    ]) {
      const stats = new StatsCache(new PrefixedCache(new MemoryCache(), 'base:'))
      await useOnce(outer(stats))
      expect(stats.stats()).to.include(RECORDED)
    }
  })

  it('counts hits in memory that pass all the machinery', () => {
    const cache = new StatsCache(new MemoryCache())
    cache.set('k', 'v')
    for (let i = 0; i < 1000; i++) cache.get('k')
    for (let i = 0; i < 500; i++) cache.get('missing')
    expect(cache.stats()).to.include({ hits: 1000, misses: 500, reads: 1500 })
    expect(cache.hits()).to.equal(2 / 3)
  })

  it('counts from zero after reset, and leaves entries alone', () => {
    const cache = new StatsCache(new MemoryCache())
    cache.set('k', 'v')
    cache.get('k')
    cache.get('missing')
    cache.reset()
    expect(cache.stats()).to.include({ hits: 0, misses: 0, reads: 0, writes: 0, hitRate: 0, set: 0, size: 1 })
    expect(cache.stats().latency.read.samples).to.equal(0)
    expect(cache.hits()).to.equal(0)
    expect(cache.get('k')).to.equal('v')
    expect(cache.stats()).to.include({ hits: 1, hitRate: 1 })
  })

  it('keeps its counts when the cache is cleared', () => {
    const cache = new StatsCache(new MemoryCache())
    cache.set('k', 'v')
    cache.get('k')
    cache.clear()
    expect(cache.stats()).to.include({ hits: 1, writes: 1, size: 0 })
  })

  it('counts its own entries only', () => {
    const memory = new MemoryCache()
    const cache = new StatsCache(new PrefixedCache(memory, 'a:'))
    memory.setMany({ 'b:1': 1, 'a:1': 2, 'a:2': 3 })
    expect(cache.stats().size).to.equal(2)
  })

  it('counts the entries of a synchronous cache whose listing works in both modes', () => {
    const cache = new StatsCache(new SqliteCache({ path: ':memory:' }))
    cache.setMany({ a: 1, b: 2 })
    expect(cache.stats().size).to.equal(2)
    cache.close()
  })

  it('has no size where entries cannot be counted at once', () => {
    expect(new StatsCache(new ChaosCache()).stats().size).to.equal(undefined)
    expect(new StatsCache(new AsyncChaosCache()).stats().size).to.equal(undefined)
  })

  it('measures the time of the store, without that of loaders', async () => {
    const cache = new StatsCache(new AsyncChaosCache({ delay: 20 }))
    await cache.getOrSet('k', () => new Promise((resolve) => setTimeout(resolve, 300)))
    await cache.remove('k')
    const { read, write, remove, clear } = cache.stats().latency
    for (const { samples, mean, p50, p99 } of [read, write, remove]) {
      expect(samples).to.equal(1)
      for (const ms of [mean, p50, p99]) expect(ms).to.be.within(15, 300)
    }
    expect(clear).to.deep.equal({ samples: 0, mean: 0, p50: 0, p99: 0 })
  })

  it('times a part of what is asked, hits in memory too', () => {
    const cache = new StatsCache(new MemoryCache())
    for (let i = 0; i < 640; i++) cache.set('k', i)
    for (let i = 0; i < 6400; i++) cache.get('k')
    const { read, write } = cache.stats().latency
    expect([read.samples, write.samples]).to.deep.equal([100, 10])
    expect(read.p99).to.be.at.least(read.p50)
  })
})
