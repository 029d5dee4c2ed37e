import { expect } from 'chai'
import {
  AsyncMemoryCache,
  adapterGet,
  adapterSet,
  asyncAdapterGet,
  asyncAdapterSet,
  asyncCached,
  cached,
  configureFromEnv,
  MemoryCache,
  withAdapter,
} from '../../lib/index.ts'
import { AsyncChaosCache, ChaosCache } from '../../lib/testing/index.ts'

describe('a scope of cached', () => {
  afterEach(() => configureFromEnv())

  it('closes the connection at the outermost end', () => {
    const { calls } = adapterSet(ChaosCache)
    {
      using outer = cached.enter()
      outer.set('k', 'v')
      {
        using inner = cached.enter()
        expect(inner).to.equal(cached)
        expect(inner.get('k')).to.equal('v')
      }
      expect(calls.close).to.equal(0)
    }
    expect(calls.close).to.equal(1)
    expect(cached.get('k')).to.equal('v')
  })

  it('leaves an adapter that was handed in open', () => {
    const cache = adapterSet(new ChaosCache())
    cached.scope(() => cached.set('k', 'v'))
    expect(cache.calls.close).to.equal(0)
  })

  it('ends when the function is done, however it ends', async () => {
    const { calls } = adapterSet(ChaosCache)
    expect(cached.scope((cache) => cache.get('k', 'fallback'))).to.equal('fallback')
    expect(() =>
      cached.scope(() => {
        throw new Error('failure')
      }),
    ).to.throw('failure')
    expect(calls.close).to.equal(2)
    const result = cached.scope(async () => {
      await null
      expect(calls.close).to.equal(2)
      return 'done'
    })
    expect(await result).to.equal('done')
    expect(calls.close).to.equal(3)
  })

  it('works with await using', async () => {
    const { calls } = asyncAdapterSet(AsyncChaosCache)
    {
      await using cache = asyncCached.enter()
      await cache.set('k', 'v')
    }
    expect(calls.close).to.equal(1)
  })
})

describe('withAdapter', () => {
  afterEach(() => configureFromEnv())

  it('puts another adapter behind cached for a function and all that it calls', async () => {
    const outside = adapterSet(new MemoryCache())
    const inside = new MemoryCache()
    const done = withAdapter(inside, async () => {
      cached.set('k', 'inside')
      await new Promise(setImmediate)
      expect(adapterGet()).to.equal(inside)
      expect(asyncAdapterGet()).to.equal(inside)
      return 'done'
    })
    expect(cached.get('k')).to.equal(undefined)
    expect(adapterGet()).to.equal(outside)
    expect(await done).to.equal('done')
    expect(inside.get('k')).to.equal('inside')
  })

  it('leaves cached alone when the adapter is asynchronous', async () => {
    const outside = adapterSet(new MemoryCache())
    const inside = new AsyncMemoryCache()
    await withAdapter(inside, async () => {
      expect(adapterGet()).to.equal(outside)
      expect(asyncAdapterGet()).to.equal(inside)
    })
  })

  it('keeps what adapterSet changes inside to itself', () => {
    const outside = adapterSet(new MemoryCache())
    const inside = new MemoryCache()
    withAdapter(new MemoryCache(), () => {
      adapterSet(inside)
      expect(adapterGet()).to.equal(inside)
      withAdapter(new MemoryCache(), () => expect(adapterGet()).not.to.equal(inside))
    })
    expect(adapterGet()).to.equal(outside)
  })

  it('closes an adapter that it made', async () => {
    let calls = { close: 0 }
    await withAdapter(ChaosCache, async () => {
      ;({ calls } = adapterGet() as ChaosCache)
      await null
    })
    await new Promise(setImmediate)
    expect(calls.close).to.equal(1)
  })
})
