import { mock } from 'node:test'
import { format, inspect } from 'node:util'
import { expect } from 'chai'
import {
  AsyncCacheWrapper,
  AsyncMemoryCache,
  adapterGet,
  adapterSet,
  asyncAdapterSet,
  asyncCached,
  CacheWrapper,
  cached,
  configureFromEnv,
  MemoryCache,
  NullCache,
} from '../../lib/index.ts'
import { AsyncChaosCache, ChaosCache } from '../../lib/testing/index.ts'
import { PrefixedCache } from '../../lib/wrappers/index.ts'

describe('CacheWrapper', () => {
  afterEach(() => configureFromEnv())

  it('is the class of cached, AsyncCacheWrapper that of asyncCached', () => {
    expect(cached).to.be.instanceOf(CacheWrapper)
    expect(asyncCached).to.be.instanceOf(AsyncCacheWrapper)
    expect(cached).not.to.be.instanceOf(AsyncCacheWrapper)
    expect(cached.adapterGet()).to.equal(adapterGet())
  })

  it('is a further cache with an adapter of its own', async () => {
    const sessions = new CacheWrapper()
    sessions.set('k', 'session')
    cached.set('k', 'global')
    expect([sessions.get('k'), sessions.k, cached.k]).to.deep.equal(['session', 'session', 'global'])
    expect(sessions.adapterGet()).to.be.instanceOf(MemoryCache).and.not.equal(adapterGet())

    const cache = sessions.adapterSet(ChaosCache)
    expect(sessions.adapterGet()).to.equal(cache)
    sessions.scope((scoped) => scoped.set('k', 1))
    expect(cache.calls.close).to.equal(1)
    sessions.adapterReset()
    await new Promise(setImmediate)
    expect(cache.calls.close).to.equal(2)
    expect(sessions.has('k')).to.equal(false)
    expect(sessions.adapterSet('null')).to.be.instanceOf(NullCache)
  })

  it('makes the adapter that CACHE_ADAPTER names', () => {
    configureFromEnv({ CACHE_ADAPTER: 'null' })
    expect(new CacheWrapper().adapterGet()).to.be.instanceOf(NullCache)
  })

  it('answers with promises as an AsyncCacheWrapper', async () => {
    const further = new AsyncCacheWrapper()
    expect(further.adapterGet()).to.be.instanceOf(AsyncMemoryCache)
    further.adapterSet(new AsyncChaosCache({ delay: [0, 3] }))
    further.k = 'v'
    expect(await further.k).to.equal('v')
    expect(await asyncCached.has('k')).to.equal(false)
    await further.flush()
  })

  it('is extended by classes whose methods are no keys', () => {
    class Sessions extends CacheWrapper {
      user(id: number): unknown {
        return this.get(`user:${id}`)
      }
    }
    const sessions = new Sessions()
    sessions.set('user:1', 'Ann')
    expect(sessions.user(1)).to.equal('Ann')
    expect('user' in sessions).to.equal(true)
    expect(() => Object.assign(sessions, { user: 1 })).to.throw(TypeError, 'set("user", value)')
  })
})

describe('a verb of cached', () => {
  afterEach(() => configureFromEnv())

  // vi.spyOn and jest.spyOn find the accessor, call its getter without `this`, redefine it, and define it again in the end.
  it('is replaced and restored by spies', () => {
    for (const [cache, name] of [
      [cached, 'get'],
      [asyncCached, 'getOrSet'],
      [cached, 'on'],
      [cached, 'ttl'],
    ] as const) {
      const descriptor = Object.getOwnPropertyDescriptor(cache, name)!
      const original = descriptor.get!.call(descriptor)
      expect(original, name).to.be.a('function')
      Object.defineProperty(cache, name, { ...descriptor, get: () => () => 'spied' })
      expect((cache[name] as () => unknown)()).to.equal('spied')
      Object.defineProperty(cache, name, descriptor)
      expect(cache[name]).to.equal(original)
    }
  })

  it('is replaced and restored by the mocks of node:test', () => {
    cached.set('k', 'v')
    const spy = mock.getter(cached, 'get', () => () => 'spied')
    expect(cached.get('k')).to.equal('spied')
    spy.mock.restore()
    expect(cached.get('k')).to.equal('v')
  })
})

describe('looking at a cache', () => {
  afterEach(() => configureFromEnv())

  it('prints one line, without asking the store', () => {
    const cache = adapterSet(new MemoryCache({ maxEntries: 100 }))
    cached.set('k', 'v')
    cached.get('k')
    cached.get('missing')
    const line = 'MemoryCache { entries: 1, maxEntries: 100, hitRate: 0.5 }'
    for (const text of [inspect(cache), inspect(cached), format('%s', cached), format('%o', cached)]) {
      expect(text).to.equal(line)
    }
    expect(inspect({ cache: cached })).to.equal(`{ cache: ${line} }`)
    const prefixed = new PrefixedCache(cache, 'users:')
    expect(inspect(prefixed)).to.equal(`PrefixedCache { prefix: 'users:', hitRate: 0, inner: ${line} }`)
  })

  it('makes no adapter where none was needed', () => {
    expect(inspect(new CacheWrapper())).to.equal('CacheWrapper {}')
  })

  it('never reaches the store, however it is done', async () => {
    const sync = adapterSet(new ChaosCache({ failures: 1 }))
    const async = asyncAdapterSet(new AsyncChaosCache({ failures: 1 }))
    for (const cache of [cached, asyncCached, cached.items, asyncCached.items]) {
      inspect(cache, { showHidden: true, depth: 5 })
      format('%s %o %O %j', cache, cache, cache, cache === cached.items || cache === asyncCached.items ? 0 : cache)
    }
    for (const cache of [cached, asyncCached]) {
      JSON.stringify({ cache })
      String(cache)
      Object.keys(cache)
      expect(await cache).to.equal(cache)
      expect({ ...cache }).to.deep.equal({})
    }
    expect([sync.calls.read, async.calls.read]).to.deep.equal([0, 0])
  })
})
