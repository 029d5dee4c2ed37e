import { expect } from 'chai'
import {
  AsyncMemoryCache,
  adapterGet,
  adapterReset,
  adapterSet,
  asyncAdapterSet,
  asyncCached,
  CacheWrapper,
  cached,
  configureFromEnv,
  MemoryCache,
  withAdapter,
} from '../../lib/index.ts'

/** A listener with the keys that it heard. */
function ear(): { keys: (string | undefined)[]; hear: (event: { key?: string | undefined }) => void } {
  const keys: (string | undefined)[] = []
  return { keys, hear: ({ key }) => void keys.push(key) }
}

describe('a listener of cached', () => {
  afterEach(() => configureFromEnv())

  it('follows cached from adapter to adapter', () => {
    const { keys, hear } = ear()
    cached.on('set', hear)
    cached.set('a', 1)
    const before = adapterGet()
    adapterSet('memory')
    cached.set('b', 1)
    before.set('c', 1)
    cached.off('set', hear)
    cached.set('d', 1)
    expect(keys).to.deep.equal(['a', 'b'])
  })

  it('makes no adapter', () => {
    adapterReset()
    configureFromEnv({ CACHE_ADAPTER: 'reddis' })
    const { keys, hear } = ear()
    cached.on('set', hear)
    configureFromEnv()
    cached.set('a', 1)
    cached.off('set', hear)
    expect(keys).to.deep.equal(['a'])
  })

  it('hears the adapter of withAdapter when it is added inside, and nothing afterwards', () => {
    const { keys, hear } = ear()
    const inside = new MemoryCache()
    withAdapter(inside, () => {
      cached.on('set', hear)
      cached.set('inside', 1)
      adapterSet('memory')
      cached.set('replaced', 1)
    })
    cached.set('outside', 1)
    inside.set('later', 1)
    expect(keys).to.deep.equal(['inside', 'replaced'])
  })

  it('hears what cached does inside withAdapter when it was added outside', async () => {
    const { keys, hear } = ear()
    cached.on('set', hear)
    const inside = new MemoryCache()
    await withAdapter(inside, async () => {
      await null
      cached.set('inside', 1)
    })
    cached.set('outside', 1)
    inside.set('later', 1)
    cached.off('set', hear)
    expect(keys).to.deep.equal(['inside', 'outside'])
  })

  it('is gone for good when it is removed inside withAdapter', () => {
    const { keys, hear } = ear()
    cached.set('before', 1)
    cached.on('set', hear)
    withAdapter(new MemoryCache(), () => {
      cached.off('set', hear)
      cached.set('inside', 1)
    })
    cached.set('outside', 1)
    expect(keys).to.deep.equal([])
  })

  it('stays with cached inside the withAdapter of an asynchronous adapter', () => {
    const { keys, hear } = ear()
    withAdapter(new AsyncMemoryCache(), () => {
      cached.on('set', hear)
      cached.set('inside', 1)
    })
    cached.set('outside', 1)
    cached.off('set', hear)
    cached.set('after', 1)
    expect(keys).to.deep.equal(['inside', 'outside'])
  })

  it('is called once where cached and asyncCached share an adapter, until both let go of it', async () => {
    const shared = adapterSet(new MemoryCache())
    asyncAdapterSet(shared)
    const { keys, hear } = ear()
    cached.on('set', hear)
    asyncCached.on('set', hear)
    cached.set('a', 1)
    cached.off('set', hear)
    cached.set('b', 1)
    asyncCached.off('set', hear)
    cached.set('c', 1)
    expect(keys).to.deep.equal(['a', 'b'])
  })

  it('leaves a listener of the adapter itself alone', () => {
    const { keys, hear } = ear()
    const cache = adapterSet(new MemoryCache())
    cache.on('set', hear)
    cached.on('set', hear)
    cached.off('set', hear)
    cached.set('a', 1)
    expect(keys).to.deep.equal(['a'])
  })

  it('is not one of a further wrapper', () => {
    const { keys, hear } = ear()
    const further = new CacheWrapper().on('set', hear)
    cached.set('global', 1)
    further.set('own', 1)
    further.adapterSet('memory')
    further.set('replaced', 1)
    expect(keys).to.deep.equal(['own', 'replaced'])
  })
})

describe('an asynchronous listener', () => {
  it('that rejects is an error event, not the end of the process', async () => {
    const cache = new MemoryCache()
    const failures: unknown[] = []
    cache.on('error', ({ error, verb }) => void failures.push((error as Error).message, verb))
    cache.on('set', async () => {
      throw new Error('no metrics today')
    })
    cache.on('error', async () => {
      throw new Error('nor is this one heard')
    })
    cache.set('k', 'v')
    await new Promise(setImmediate)
    expect(failures).to.deep.equal(['no metrics today', "on('set')"])
  })
})
