import { expect } from 'chai'
import { adapterSet, asyncAdapterSet, asyncCached, cached, configureFromEnv, MemoryCache } from '../../lib/index.ts'
import { AsyncChaosCache } from '../../lib/testing/index.ts'

describe('cached as a dictionary', () => {
  beforeEach(() => void adapterSet('memory'))
  after(() => configureFromEnv())

  it('reads, assigns and tells what is there', () => {
    cached.hello = 'world'
    expect(cached.get('hello')).to.equal('world')
    expect(cached.hello).to.equal('world')
    expect(cached['some key']).to.equal(undefined)
    expect('hello' in cached).to.equal(true)
    expect('some key' in cached).to.equal(false)
    expect(cached.ttl('hello')).to.be.within(299, 300)
  })

  it('keeps the names of the cache for the cache', () => {
    for (const name of [
      'get',
      'set',
      'getOrSet',
      'items',
      'stats',
      'mode',
      'toString',
      'constructor',
      'then',
      '__proto__',
    ]) {
      expect(() => Object.assign(cached, Object.fromEntries([[name, 1]])), name).to.throw(TypeError, /items/)
    }
    cached.items.get = 'a value'
    expect(cached.get('get')).to.equal('a value')
    expect(cached.get).to.be.a('function')
  })

  it('is no promise and has no JSON form of its own, whatever it keeps', async () => {
    cached.set('then', () => 'never called')
    cached.set('toJSON', () => 'never called')
    expect(await cached).to.equal(cached)
    expect((cached as { toJSON?: unknown }).toJSON).to.equal(undefined)
    expect(String(cached)).to.equal('[object Object]')
    expect(Reflect.get(cached, Symbol('k'))).to.equal(undefined)
  })

  it('takes any key at all by items', () => {
    for (const key of ['then', '__proto__', 'constructor', 'get', '', 'a b']) {
      cached.items[key] = key
      expect(cached.get(key)).to.equal(key)
      expect(cached.items[key]).to.equal(key)
      expect(key in cached.items).to.equal(true)
      delete cached.items[key]
      expect(cached.has(key)).to.equal(false)
    }
    expect(Object.getPrototypeOf({})).to.equal(Object.prototype)
  })

  it('iterates over what it keeps', () => {
    cached.setMany({ a: 1, b: undefined })
    expect([...cached.items]).to.deep.equal([
      ['a', 1],
      ['b', undefined],
    ])
    expect(Object.keys(cached.items)).to.deep.equal(['a', 'b'])
    expect({ ...cached.items }).to.deep.equal({ a: 1, b: undefined })
  })
})

describe('asyncCached as a dictionary', () => {
  beforeEach(() => void asyncAdapterSet(new AsyncChaosCache({ delay: [0, 3] })))
  after(() => configureFromEnv())

  it('reads by promise, and assigns before what is asked later', async () => {
    for (let i = 0; i < 5; i++) {
      asyncCached.k = `old ${i}`
      asyncCached.k = `new ${i}`
      expect(await asyncCached.k).to.equal(`new ${i}`)
      expect(await asyncCached.get('k')).to.equal(`new ${i}`)
    }
  })

  it('reads nothing until somebody waits', async () => {
    const cache = asyncAdapterSet(new AsyncChaosCache({ failures: 1 }))
    const rejections: unknown[] = []
    const heard = (reason: unknown) => rejections.push(reason)
    process.on('unhandledRejection', heard)
    // As frameworks look for hooks on every object that they are given.
    expect(typeof asyncCached.onModuleInit).to.equal('object')
    void asyncCached.items.onApplicationBootstrap
    await new Promise(setImmediate)
    process.off('unhandledRejection', heard)
    expect(cache.calls.read).to.equal(0)
    expect(rejections).to.deep.equal([])
    const failure = await (asyncCached.onModuleInit as Promise<unknown>).catch((error) => error)
    expect(failure).to.have.property('code', 'E_ADAPTER')
  })

  it('gives promises that can be combined', async () => {
    asyncAdapterSet(new MemoryCache())
    await asyncCached.setMany({ a: 1, b: 2 })
    const { a } = asyncCached
    expect(a).to.be.instanceOf(Promise)
    expect(await Promise.all([a, asyncCached.b, a])).to.deep.equal([1, 2, 1])
    expect(await (a as Promise<number>).then((value) => value + 1).finally(() => {})).to.equal(2)
  })

  it('waits for all assignments when it is flushed', async () => {
    asyncCached.a = 1
    asyncCached.items.get = 2
    await asyncCached.flush()
    expect(await asyncCached.getMany(['a', 'get'])).to.deep.equal([1, 2])
  })

  it('tells of an assignment that failed by an error event', async () => {
    const cache = asyncAdapterSet(new AsyncChaosCache({ failures: 1 }))
    const failed: unknown[] = []
    cache.on('error', ({ key, error }) => failed.push(key, (error as { code: string }).code))
    asyncCached.k = 'v'
    await asyncCached.flush()
    expect(failed).to.deep.equal(['k', 'E_ADAPTER'])
  })

  it('cannot say at once what is in it, and says so', async () => {
    asyncAdapterSet(new MemoryCache())
    expect(() => 'k' in asyncCached).to.throw(TypeError, /has\(\)/)
    expect(() => 'k' in asyncCached.items).to.throw(TypeError, /has\(\)/)
  })

  it('is no promise', async () => {
    expect(await asyncCached).to.equal(asyncCached)
    expect(await asyncCached.items).to.equal(asyncCached.items)
  })

  it('iterates by promise, over a synchronous adapter too', async () => {
    asyncAdapterSet(new MemoryCache())
    await asyncCached.setMany({ a: 1, b: 2 })
    const items: unknown[] = []
    for await (const item of asyncCached.items) items.push(item)
    expect(items).to.deep.equal([
      ['a', 1],
      ['b', 2],
    ])
  })
})

describe('asyncCached over a synchronous adapter', () => {
  beforeEach(() => void asyncAdapterSet(new MemoryCache()))
  after(() => configureFromEnv())

  it('answers with promises, and turns throws into rejections', async () => {
    for (const answer of [
      asyncCached.set('k', 1),
      asyncCached.get('k'),
      asyncCached.getOrSet('k', 2),
      asyncCached.clear(),
    ]) {
      expect(answer).to.be.instanceOf(Promise)
      await answer
    }
    const rejections = await Promise.allSettled([
      asyncCached.get(null as never),
      asyncCached.getOrFail('k'),
      asyncCached.set('k', 1, '5' as never),
    ])
    expect(rejections.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected'])
    const keys: string[] = []
    await asyncCached.set('k', 1)
    for await (const key of asyncCached.keys()) keys.push(key)
    expect(keys).to.deep.equal(['k'])
  })
})
