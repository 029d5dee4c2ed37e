import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { AsyncRedisCache } from '../../../adapters/redis/index.ts'
import { ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import type { AdapterOptions, Entry, Mode } from '../../../lib/core/types.ts'
import { AsyncChaosCache, ChaosCache, conforms, FakeClock } from '../../../lib/testing/index.ts'
import { coreOf } from '../../../lib/verbs/cache-core.ts'
import { type FailoverCache, failover, PrefixedCache } from '../../../lib/wrappers/index.ts'

const down = () => new ConnectionFailed('The server is down.')

/** A cache whose store fails while it is down, and counts what it is asked. */
function flaky<C extends MemoryCache | AsyncMemoryCache>(cache: C): C & { isDown: boolean; calls: number } {
  const flaky = Object.assign(cache, { isDown: false, calls: 0 })
  const core = coreOf<Mode>(cache) as unknown as Record<string, (...args: unknown[]) => unknown>
  const verbs = ['read', 'readMany', 'readStored', 'readVersioned', 'write', 'compareAndSet', 'drop', 'wipe', 'probe']
  for (const verb of verbs) {
    const ask = core[verb]!.bind(core)
    core[verb] = (...args) => {
      flaky.calls++
      if (!flaky.isDown) return ask(...args)
      if (cache.mode === 'async') return Promise.reject(down())
      throw down()
    }
  }
  return flaky
}

/** A primary that can be told to fail, and a secondary in memory. */
function backends() {
  const clock = new FakeClock()
  const primary = flaky(new AsyncMemoryCache({ clock, prefix: 'p:' }))
  const secondary = new MemoryCache({ clock, prefix: 's:' })
  const cache = failover(primary, secondary, { returnAfter: '10s' })
  const events: string[] = []
  cache.on('failover', ({ from, to }) => events.push(`${from} -> ${to}`))
  return {
    clock,
    primary,
    secondary,
    cache,
    events,
    fail: () => {
      primary.isDown = true
    },
    /** Lets the primary work again, and the cache find out. */
    recover: async () => {
      primary.isDown = false
      clock.advance(10_000)
      await cache.get('any')
      await untilUp(cache)
    },
  }
}

async function untilUp(cache: FailoverCache): Promise<void> {
  for (let i = 0; i < 200 && cache.status().state === 'down'; i++)
    await new Promise((resolve) => setTimeout(resolve, 5))
}

/** A cache in memory that takes its time. */
class SlowMemory extends AsyncMemoryCache {
  protected override async read(key: string) {
    await turn()
    return super.read(key)
  }

  protected override async write(key: string, entry: Entry) {
    const written = super.write(key, entry)
    await turn()
    return written
  }
}

const values = false

describe('failover', () => {
  const always = { failures: 1, error: down }
  describe('over MemoryCache', () => conforms((o) => failover(new MemoryCache(o), new MemoryCache()), { values }))
  describe('over a slow store', () =>
    conforms((o) => failover(new AsyncChaosCache({ delay: [0, 2] }, o), new AsyncMemoryCache()), { values }))
  describe('with a dead primary', () =>
    conforms((o) => failover(new ChaosCache(always, o), new MemoryCache(secondary(o))), { values }))
  describe('with a dead asynchronous primary and a slow secondary', () =>
    conforms((o) => failover(new AsyncChaosCache(always, o), new SlowMemory(secondary(o))), { values }))

  it('answers from the secondary the very call that meets the failure, and from then on', async () => {
    const { primary, cache, events, fail } = backends()
    await cache.set('before', 1)
    fail()
    expect(await cache.get('before')).to.equal(undefined)
    await cache.set('k', 2)
    expect([await cache.get('k'), await cache.increment('n')]).to.deep.equal([2, 1])
    const { calls } = primary
    await cache.getMany(['k', 'n'])
    expect(primary.calls).to.equal(calls)
    expect(events).to.deep.equal(['AsyncMemoryCache -> MemoryCache'])
    const { state, breaker, active, adapter, error, stale } = cache.status()
    expect([state, breaker, active, adapter, stale]).to.deep.equal(['down', 'open', 1, 'MemoryCache', 2])
    expect(error).to.be.instanceOf(ConnectionFailed)
  })

  it('returns to the primary after returnAfter, and not before', async () => {
    const { clock, primary, cache, events, fail, recover } = backends()
    fail()
    await cache.get('k')
    primary.isDown = false
    clock.advance(9_999)
    await cache.get('k')
    expect(cache.status().state).to.equal('down')
    await recover()
    expect(cache.status()).to.include({ state: 'up', breaker: 'closed', active: 0, stale: 0 })
    expect(events).to.deep.equal(['AsyncMemoryCache -> MemoryCache', 'MemoryCache -> AsyncMemoryCache'])
    expect(cache.stats()).to.include({ recover: 1, failover: 2 })
  })

  it('serves nothing stale from the primary after an outage in which it was changed', async () => {
    const { primary, cache, fail, recover } = backends()
    await cache.setMany({ removed: 'old', replaced: 'old', incremented: 5, cleared: 'old', kept: 'same' })
    fail()
    await cache.remove('removed')
    await cache.set('replaced', 'new')
    await cache.increment('incremented')
    await cache.clear('clear')
    await recover()
    expect(await cache.getMany(['removed', 'replaced', 'incremented', 'cleared', 'kept'])).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
      'same',
    ])
    const { calls } = primary
    await cache.get('kept')
    expect(primary.calls - calls, 'nothing is replayed twice').to.equal(1)
  })

  it('removes from the primary what failed to be removed there by the call that met the outage', async () => {
    const { cache, fail, recover } = backends()
    await cache.set('k', 'old')
    fail()
    expect(await cache.remove('k')).to.equal(false)
    await recover()
    expect(await cache.get('k')).to.equal(undefined)
  })

  it('serves nothing from the secondary that is left of an earlier outage', async () => {
    const { secondary, cache, fail, recover } = backends()
    secondary.set('k', 'of another time')
    fail()
    expect(await cache.get('k')).to.equal(undefined)
    await cache.set('k', 'first outage')
    await recover()
    await cache.set('k', 'up again')
    fail()
    expect(await cache.get('k')).to.equal(undefined)
  })

  it('clears the primary when more keys have changed than are remembered one by one', async () => {
    const { primary, cache, fail, recover } = backends()
    await cache.set('kept', 1)
    await primary.set('other', 1)
    fail()
    for (let page = 0; page < 11; page++) {
      await cache.setMany(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${page}:${i}`, i])))
    }
    expect(cache.status().stale).to.equal('all')
    await recover()
    expect(await cache.get('kept')).to.equal(undefined)
  })

  it('stays with the secondary while what is stale cannot be removed from the primary', async () => {
    const { clock, primary, cache, fail } = backends()
    await cache.set('k', 'old')
    fail()
    await cache.remove('k')
    primary.isDown = false
    const core = coreOf(primary) as { drop: unknown }
    const drop = core.drop
    core.drop = async () => {
      throw down()
    }
    clock.advance(10_000)
    await cache.get('any')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(cache.status()).to.include({ state: 'down', stale: 1 })
    core.drop = drop
    clock.advance(10_000)
    await cache.get('any')
    await untilUp(cache)
    expect([cache.status().state, await cache.get('k')]).to.deep.equal(['up', undefined])
  })

  it('throws the failure when all backends are down, and remembers what was to be removed', async () => {
    const { primary, secondary, cache, fail, recover } = backends()
    const other = flaky(secondary)
    await cache.set('k', 'old')
    fail()
    other.isDown = true
    expect(await cache.remove('k').catch((error) => error)).to.be.instanceOf(ConnectionFailed)
    expect(await cache.get('k').catch((error) => error)).to.be.instanceOf(ConnectionFailed)
    primary.isDown = false
    expect(await cache.get('k')).to.equal(undefined)
    await recover()
    expect([cache.status().stale, await cache.get('k')]).to.deep.equal([0, undefined])
  })

  it('goes through several secondaries, and back to the primary when the last one fails', async () => {
    const clock = new FakeClock()
    const all = [0, 0, 0].map(() => flaky(new MemoryCache({ clock })))
    const cache = failover(all[0]!, all[1]!, all[2]!, { returnAfter: null })
    for (const at of [0, 1, 2, 0]) {
      cache.set('k', at)
      expect([cache.status().active, cache.get('k')]).to.deep.equal([at, at])
      all[at]!.isDown = true
      all[(at + 1) % 3]!.isDown = false
    }
  })

  it('changes the backend once, however many calls meet the failure', async () => {
    const { cache, events, fail, recover } = backends()
    fail()
    await Promise.all(Array.from({ length: 50 }, (_, i) => cache.set(`${i}`, i)))
    expect(events).to.have.lengthOf(1)
    expect(await cache.getMany(['0', '49'])).to.deep.equal([0, 49])
    await recover()
    expect(events).to.have.lengthOf(2)
  })

  it('decides no atomic change by the state of another backend', async () => {
    const { primary, cache, fail } = backends()
    await cache.set('n', 5)
    const core = coreOf(primary)
    const swap = core.compareAndSet!
    core.compareAndSet = (...args) => {
      fail()
      return swap(...args)
    }
    expect([await cache.increment('n'), await cache.get('n')]).to.deep.equal([1, 1])
  })

  it('lists and counts in the keys of the user, whatever the backend', async () => {
    const { cache, fail } = backends()
    fail()
    const tenant = new PrefixedCache(cache, 't:')
    await tenant.set('k', 1)
    expect((await Promise.all([tenant.get('k'), tenant.has('k')])).join()).to.equal('1,true')
  })

  it('refuses what cannot fail over', () => {
    const memory = new MemoryCache()
    expect(() => failover(memory, undefined as never)).to.throw(TypeError)
    expect(() => failover(memory, new AsyncMemoryCache() as never)).to.throw(TypeError, 'synchronous secondaries')
    expect(() => failover(memory, memory, { returnsAfter: 1 } as never)).to.throw(ConfigError, 'returnAfter')
    const whole = new AsyncRedisCache({ prefix: '' })
    expect(() => failover(whole, new AsyncMemoryCache())).to.throw(ConfigError, 'Give it a prefix')
  })
})

function secondary(options: AdapterOptions): AdapterOptions {
  return { ...options, prefix: 'secondary:' }
}
