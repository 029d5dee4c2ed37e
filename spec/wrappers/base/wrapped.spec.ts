import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { AdapterError, Unsupported } from '../../../lib/core/errors.ts'
import type { CacheEvent, EventName } from '../../../lib/core/events.ts'
import type { Cache, Entry, Mode, Out } from '../../../lib/core/types.ts'
import { cached } from '../../../lib/index.ts'
import { AsyncChaosCache, ChaosCache, conforms, FakeClock } from '../../../lib/testing/index.ts'
import { coreOf } from '../../../lib/verbs/cache-core.ts'
import { ForwardingCache } from '../../../lib/wrappers/base/forwarding.ts'
import { WrappedCache } from '../../../lib/wrappers/base/wrapped.ts'
import { PrefixedCache } from '../../../lib/wrappers/index.ts'

/** What an author writes who only wants to see what is read. */
class Reading<M extends Mode> extends WrappedCache<M> {
  seen: string[] = []

  override read(key: string): Out<M, Entry | undefined> {
    this.seen.push(key)
    return super.read(key)
  }
}

/** The same of what is written. */
class Writing<M extends Mode> extends WrappedCache<M> {
  seen: string[] = []

  override write(key: string, entry: Entry): Out<M, void> {
    this.seen.push(key)
    return super.write(key, entry)
  }
}

/** The same of what is removed. */
class Dropping<M extends Mode> extends WrappedCache<M> {
  seen: string[] = []

  override drop(keys: readonly string[]): Out<M, number> {
    this.seen.push(...keys)
    return super.drop(keys)
  }
}

class Plain<M extends Mode> extends WrappedCache<M> {}

class Forwarding<M extends Mode> extends ForwardingCache<M> {}

const READERS: Record<string, (cache: Cache<'sync'>) => unknown> = {
  get: (cache) => cache.get('k'),
  'get of a missing key': (cache) => cache.get('k', 'fallback'),
  getOrFail: (cache) => cache.getOrFail('k'),
  has: (cache) => cache.has('k'),
  ttl: (cache) => cache.ttl('k'),
  getOrSet: (cache) => cache.getOrSet('k', 'v'),
  getMany: (cache) => cache.getMany(['k']),
  getOrSetMany: (cache) => cache.getOrSetMany(['k'], () => ['v']),
  pull: (cache) => cache.pull('k'),
  updateTimeout: (cache) => cache.updateTimeout('k', 60),
  increment: (cache) => cache.increment('k'),
  add: (cache) => cache.add('k', 'v'),
}

const WRITERS: Record<string, (cache: Cache<'sync'>) => unknown> = {
  set: (cache) => cache.set('k', 'v'),
  setMany: (cache) => cache.setMany({ k: 'v' }),
  getOrSet: (cache) => cache.getOrSet('k', 'v'),
  getOrSetMany: (cache) => cache.getOrSetMany(['k'], () => ['v']),
  add: (cache) => cache.add('k', 'v'),
  increment: (cache) => cache.increment('k'),
}

describe('WrappedCache', () => {
  conforms((options) => new Plain(new MemoryCache(options)), { values: false })
  describe('over a slow store', () =>
    conforms((o) => new Plain(new AsyncChaosCache({ delay: [0, 2] }, o)), { values: false }))
  describe('whose author overrides read', () => conforms((o) => new Reading(new MemoryCache(o)), { values: false }))
  describe('whose author overrides write', () =>
    conforms((o) => new Writing(new AsyncMemoryCache(o)), { values: false }))
  describe('whose author overrides drop', () => conforms((o) => new Dropping(new MemoryCache(o)), { values: false }))

  for (const [verb, use] of Object.entries(READERS)) {
    it(`lets no ${verb} go past a read that is overridden`, () => {
      const cache = new Reading(new MemoryCache())
      if (!/missing|getOrSet|add/.test(verb)) cache.inner.set('k', 1)
      const outer = new Plain(cache)
      use(outer)
      expect(cache.seen).to.deep.equal(['k'])
    })
  }

  for (const [verb, use] of Object.entries(WRITERS)) {
    it(`lets no ${verb} go past a write that is overridden`, () => {
      const cache = new Writing(new MemoryCache())
      use(new Plain(cache))
      expect(cache.seen).to.deep.equal(['k'])
    })
  }

  it('lets no pull or set of no time go past a drop that is overridden', () => {
    const cache = new Dropping(new MemoryCache())
    const outer = new Plain(cache)
    outer.set('k', 'v')
    outer.pull('k')
    outer.set('k', 'v', 0)
    outer.remove('k')
    expect(cache.seen).to.deep.equal(['k', 'k', 'k'])
  })

  it('takes settings of the wrapped adapter unless its options differ', () => {
    const clock = new FakeClock()
    const inner = new MemoryCache({ clock, prefix: 'p:', timeout: 60, onBackendError: 'miss' })
    const cache = new Plain(inner)
    expect([cache.mode, cache.prefix, coreOf(cache).onBackendError, coreOf(cache).now()]).to.deep.equal([
      'sync',
      'p:',
      'miss',
      clock.now(),
    ])
    cache.set('k', 'v')
    expect(cache.ttl('k')).to.equal(60)
    const other = new Plain(inner, { timeout: '5s', onBackendError: 'throw' })
    other.set('k', 'v')
    expect([inner.ttl('k'), coreOf(other).onBackendError]).to.deep.equal([5, 'throw'])
  })

  it('can do what the wrapped adapter can, but is atomic only if it forwards the store verbs', () => {
    const { capabilities } = new MemoryCache()
    expect(new Forwarding(new MemoryCache()).capabilities).to.deep.equal(capabilities)
    expect(new Reading(new MemoryCache()).capabilities).to.deep.equal({ ...capabilities, atomic: false })
    expect(() => new Plain(new ChaosCache()).keys()).to.throw(Unsupported)
  })

  it('shares what is being made with whoever else stands over the store', async () => {
    const memory = new AsyncMemoryCache()
    let made = 0
    const make = async () => {
      made++
      await null
      return 'v'
    }
    const caches = [memory, new Plain(memory), new PrefixedCache(new Plain(memory), 'a:')]
    await Promise.all(caches.map((cache, i) => cache.getOrSet(i === 2 ? 'k' : 'a:k', make)))
    expect(made).to.equal(1)
  })

  it('wraps adapters only', () => {
    for (const what of [cached, {}, null, undefined, new Map()]) {
      expect(() => new Plain(what as unknown as MemoryCache)).to.throw(TypeError, /Plain wraps an adapter/)
    }
  })
})

/** Writes down what a cache tells. */
function listenTo(cache: Cache, ...events: EventName[]): string[] {
  const told: string[] = []
  for (const event of events) cache.on(event, ({ key }: CacheEvent) => told.push(`${event} ${key}`))
  return told
}

const VERBS: EventName[] = ['hit', 'miss', 'set', 'test', 'remove', 'make']

describe('The events of wrappers', () => {
  it('are told to every layer of a stack, in the keys of each', () => {
    const bottom = new MemoryCache({ prefix: 'x:' })
    const middle = new PrefixedCache(bottom, 'a:')
    const top = new PrefixedCache(middle, 'b:')
    const told = [bottom, middle, top].map((cache) => listenTo(cache, ...VERBS))
    top.get('k')
    top.set('k', 'v')
    top.get('k')
    top.has('k')
    top.getOrSet('other', () => 1)
    top.remove('k')
    const expected = (prefix: string) =>
      ['miss k', 'set k', 'hit k', 'test k', 'miss other', 'make other', 'set other', 'remove k'].map((line) =>
        line.replace(' ', ` ${prefix}`),
      )
    expect(told).to.deep.equal(['a:b:', 'b:', ''].map(expected))
    for (const cache of [bottom, middle, top]) {
      expect(cache.stats()).to.include({ hits: 1, misses: 2, set: 2, remove: 1, test: 1, make: 1 })
    }
  })

  it('are told by those layers only through which something went', () => {
    const bottom = new MemoryCache()
    const top = new PrefixedCache(bottom, 'a:')
    bottom.set('a:k', 'v')
    bottom.get('a:k')
    expect(top.stats()).to.include({ hits: 0, set: 0 })
  })

  it('rise from the store in the keys of each layer, if they are about one', () => {
    const clock = new FakeClock()
    const bottom = new MemoryCache({ clock, maxEntries: 2, policy: 'fifo' })
    const top = new PrefixedCache(new Plain(bottom), 'a:')
    const told = listenTo(top, 'evict', 'expire')
    bottom.set('b:k', 1)
    top.set('1', 1)
    top.set('2', 2, 1)
    top.set('3', 3)
    expect(told).to.deep.equal(['evict 1'])
    clock.advance(1000)
    expect(top.get('2')).to.equal(undefined)
    expect(told).to.deep.equal(['evict 1', 'expire 2'])
    expect(top.stats()).to.include({ evict: 2, expire: 1 })
  })

  it('tell once of what has expired in a store that keeps it', () => {
    const clock = new FakeClock()
    const bottom = new ChaosCache({}, { clock })
    const top = new PrefixedCache(new Plain(bottom), 'a:')
    const told = [bottom, top].map((cache) => listenTo(cache, 'expire'))
    top.set('k', 'v', 1)
    clock.advance(1000)
    top.get('k')
    expect(told).to.deep.equal([['expire a:k'], ['expire k']])
    expect([bottom, top].map((cache) => cache.stats().expire)).to.deep.equal([1, 1])
  })

  it('stop rising when nobody listens any more', () => {
    const bottom = new MemoryCache({ maxEntries: 1 })
    const top = new Plain(bottom)
    const told: unknown[] = []
    const listener = (event: CacheEvent) => told.push(event.key)
    top.on('evict', listener)
    top.off('evict', listener)
    top.setMany({ a: 1, b: 2 })
    expect(told).to.deep.equal([])
    expect(top.stats().evict).to.equal(1)
  })

  it('tell of a failure once in each layer, whatever was asked', async () => {
    const bottom = new AsyncChaosCache({ failures: 1 })
    const top = new PrefixedCache(new Plain(bottom), 'a:')
    const asked = [
      () => top.get('k'),
      () => top.set('k', 1),
      () => top.remove('k'),
      () => top.ping(),
      () => top.increment('k'),
    ]
    for (const ask of asked) {
      const error = await ask().catch((error: unknown) => error)
      expect(error).to.be.instanceOf(AdapterError)
    }
    expect(top.stats().backendError).to.equal(asked.length)
    expect(bottom.stats().backendError).to.equal(asked.length)
  })

  it('rise when something fails in the store that nobody asked for', () => {
    const bottom = new MemoryCache()
    const top = new Plain(bottom)
    let told = 0
    top.on('error', () => told++)
    coreOf(bottom).events.emit('error', undefined, { error: new Error('the purge failed') })
    expect([told, top.stats().error]).to.deep.equal([1, 1])
  })
})
