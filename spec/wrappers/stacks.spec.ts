import { expect } from 'chai'
import fc from 'fast-check'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { AsyncNullCache, NullCache } from '../../adapters/null/index.ts'
import type { CacheAdapter } from '../../lib/adapter/cache-adapter.ts'
import type { Mode } from '../../lib/core/types.ts'
import { adapterReset, adapterSet, asyncAdapterReset, asyncAdapterSet, asyncCached, cached } from '../../lib/index.ts'
import { AsyncChaosCache, ChaosCache, conforms, FakeClock } from '../../lib/testing/index.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'
import { DebugCache, LockedCache, PrefixedCache, StatsCache, TwoLevelCache } from '../../lib/wrappers/index.ts'
import { ASYNC, letGo, SYNC } from './adapters.ts'
import { act, isListing, Model, VERBS } from './model.ts'

/** Stands a wrapper over an adapter; its prefix, if it needs one, is a number that no other has. */
type Wrap = <M extends Mode>(inner: CacheAdapter<M>, number: number) => CacheAdapter<M>

const LAYERS: Record<string, Wrap> = {
  prefixed: (inner, number) => new PrefixedCache(inner, `${number}:`),
  stats: (inner) => new StatsCache(inner),
  locked: (inner) => new LockedCache(inner),
  debug: (inner) => new DebugCache(inner, { log: () => {} }),
  'debug, off': (inner) => new DebugCache(inner),
  'two levels': <M extends Mode>(inner: CacheAdapter<M>) =>
    new TwoLevelCache(new MemoryCache({ clock: coreOf(inner).now }), inner) as CacheAdapter as CacheAdapter<M>,
  resilient: <M extends Mode>(inner: CacheAdapter<M>) =>
    new TwoLevelCache(new MemoryCache({ clock: coreOf(inner).now }), inner, {
      resilient: true,
      nearTimeout: 3,
    }) as CacheAdapter as CacheAdapter<M>,
}

function stack<M extends Mode>(bottom: CacheAdapter<M>, names: readonly string[]): CacheAdapter<M> {
  return names.reduce((inner, name, i) => LAYERS[name]!(inner, i), bottom)
}

const DEEP: readonly string[][] = [
  ['locked', 'stats', 'two levels', 'prefixed', 'debug'],
  ['prefixed', 'debug', 'prefixed', 'stats', 'prefixed'],
  ['two levels', 'prefixed', 'locked', 'resilient', 'stats'],
]

for (const names of DEEP) {
  const title = names.toReversed().join(' over ')
  describe(`A stack of ${title}`, () => {
    describe('over MemoryCache', () => conforms((options) => stack(new MemoryCache(options), names), { values: false }))
    describe('over AsyncRedisCache', () =>
      conforms(async (options) => stack(await ASYNC.AsyncRedisCache(options), names), { values: false }))
    describe('over SqliteCache', () =>
      conforms(async (options) => stack(await SYNC.SqliteCache(options), names), { values: false }))
  })
}

after(letGo)

describe('Stacks', () => {
  it('work behind cached and asyncCached', async () => {
    const stats = adapterSet(new StatsCache(new PrefixedCache(new MemoryCache(), 'a:')))
    cached.set('k', 'v')
    expect([cached.get('k'), cached.k, stats.hits()]).to.deep.equal(['v', 'v', 1])
    const async = asyncAdapterSet(new DebugCache(new StatsCache(new AsyncMemoryCache())))
    await asyncCached.set('k', 'v')
    expect([await asyncCached.get('k'), async.stats().hits]).to.deep.equal(['v', 1])
    adapterReset()
    asyncAdapterReset()
  })

  it('keep nothing over a cache that keeps nothing', async () => {
    for (const names of DEEP.map((names) => names.filter((name) => !/two|resilient/.test(name)))) {
      for (const bottom of [new NullCache(), new AsyncNullCache()]) {
        const cache = stack<Mode>(bottom, names)
        await cache.set('k', 'v')
        expect(await cache.get('k', 'fallback')).to.equal('fallback')
        expect(await cache.getOrSet('k', () => 'made')).to.equal('made')
        expect([await cache.increment('n'), await cache.increment('n'), await cache.remove('n')]).to.deep.equal([
          1,
          1,
          false,
        ])
      }
    }
  })

  it('share runs, whatever stands over a store', async () => {
    const memory = new AsyncMemoryCache()
    let made = 0
    const caches = DEEP.map((names) =>
      stack(
        memory,
        names.filter((name) => name !== 'prefixed'),
      ),
    )
    const make = async () => {
      await null
      return ++made
    }
    expect(await Promise.all(caches.map((cache) => cache.getOrSet('k', make)))).to.deep.equal([1, 1, 1])
  })

  const history = fc.array(
    fc.record({
      verb: fc.constantFrom(...VERBS),
      key: fc.constantFrom('a', 'b', 'a:b', 'a:', ''),
      value: fc.nat(5),
      timeout: fc.constantFrom(2, 5, null),
    }),
    { maxLength: 30 },
  )
  const layers = fc.array(fc.constantFrom(...Object.keys(LAYERS)), { maxLength: 5 })
  const bottoms: Record<string, (clock: FakeClock) => CacheAdapter> = {
    MemoryCache: (clock) => new MemoryCache({ clock }),
    AsyncMemoryCache: (clock) => new AsyncMemoryCache({ clock }),
    'a store of four verbs': (clock) => new ChaosCache({}, { clock }),
    'a slow store of four verbs': (clock) => new AsyncChaosCache({}, { clock }),
  }

  for (const [name, make] of Object.entries(bottoms)) {
    it(`of any layers do what a Map would, over ${name}`, async function () {
      this.timeout(30_000)
      const property = fc.asyncProperty(layers, history, async (names, steps) => {
        const clock = new FakeClock()
        const cache = stack(make(clock), names)
        const model = new Model(clock)
        for (const step of steps) {
          if (isListing(step) && !cache.capabilities.listsKeys) continue
          expect(await act(cache, step, clock), JSON.stringify(step)).to.deep.equal(model.act(step))
        }
      })
      await fc.assert(property, { numRuns: 200 })
    })
  }
})
