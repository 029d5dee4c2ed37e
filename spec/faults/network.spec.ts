import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemcachedCache, MemcachedCache } from '../../adapters/memcached/index.ts'
import { AsyncRedisCache, RedisCache } from '../../adapters/redis/index.ts'
import { AdapterError, CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import type { AdapterOptions, Cache } from '../../lib/core/types.ts'
import { type Fault, fakeServer, proxy } from '../support/faults.ts'
import { freePort } from '../support/ports.ts'
import { memcached, redis } from '../support/servers.ts'

/** What users see of a backend that is dead, stalled or mad: alike for every cache over the network. */
interface Kind {
  readonly name: string
  open(port: number, options?: AdapterOptions & { operationTimeout?: '500ms' }): Cache
  server(): Promise<PrivateServer>
}

type PrivateServer = Awaited<ReturnType<typeof redis>> & Awaited<ReturnType<typeof privately>>
const privately = () => redis({})

const kinds: Kind[] = [
  {
    name: 'AsyncRedisCache',
    open: (port, options) => new AsyncRedisCache({ ...options, url: `redis://127.0.0.1:${port}` }),
    server: privately,
  },
  {
    name: 'RedisCache',
    open: (port, options) => new RedisCache({ ...options, url: `redis://127.0.0.1:${port}` }),
    server: privately,
  },
  {
    name: 'AsyncMemcachedCache',
    open: (port, options) => new AsyncMemcachedCache({ ...options, servers: `127.0.0.1:${port}` }),
    server: () => memcached({}),
  },
  {
    name: 'MemcachedCache',
    open: (port, options) => new MemcachedCache({ ...options, servers: `127.0.0.1:${port}` }),
    server: () => memcached({}),
  },
]

/** The time-out of 2 s, and what a busy machine may add to it. */
const IN_TIME_MS = 3500

/** What a verb throws, and that it does so in time. */
async function failure(verb: () => unknown): Promise<AdapterError> {
  const start = performance.now()
  try {
    await verb()
  } catch (error) {
    expect(performance.now() - start).to.be.below(IN_TIME_MS)
    expect(error).to.be.instanceOf(AdapterError)
    return error as AdapterError
  }
  throw new Error('nothing was thrown')
}

/** Whether a cache works again within the 2 s after its backend's return (and what a busy machine adds). */
async function recovers(cache: Cache): Promise<void> {
  const start = performance.now()
  for (;;) {
    try {
      await cache.set('recovered', true)
      expect(await cache.get('recovered')).to.equal(true)
      return
    } catch (error) {
      if (performance.now() - start > IN_TIME_MS) throw error
      await sleep(50)
    }
  }
}

for (const { name, open, server } of kinds) {
  describe(`${name}, when its backend fails`, function () {
    this.timeout(30_000)
    const caches: Cache[] = []
    const opened: typeof open = (port, options) => {
      const cache = open(port, options)
      caches.push(cache)
      return cache
    }
    afterEach(() => Promise.all(caches.splice(0).map((cache) => cache.close())))

    it('throws ConnectionFailed when nothing listens, and at once when that is known', async () => {
      const cache = opened(await freePort())
      for (const verb of [
        () => cache.get('k'),
        () => cache.set('k', 1),
        () => cache.remove('k'),
        () => cache.getMany(['a', 'b']),
      ]) {
        expect(await failure(verb)).to.be.instanceOf(ConnectionFailed)
      }
      const start = performance.now()
      for (let i = 0; i < 20; i++) await failure(() => cache.get('k'))
      expect(performance.now() - start).to.be.below(IN_TIME_MS)
      expect(cache.stats().backendError).to.equal(24)
    })

    it('gives what the maker makes when nothing listens', async () => {
      const cache = opened(await freePort())
      expect(await cache.getOrSet('k', () => 'made')).to.equal('made')
      expect(await cache.getOrSet('k', async () => 'made')).to.equal('made')
      expect(await cache.getOrSetMany(['a'], (keys) => keys)).to.deep.equal(['a'])
    })

    it('misses and drops when told to', async () => {
      const cache = opened(await freePort(), { onBackendError: 'miss' })
      await cache.set('k', 1)
      expect(await cache.get('k', 'fallback')).to.equal('fallback')
      expect(await cache.remove('k')).to.equal(false)
      expect(cache.stats().backendError).to.equal(3)
    })

    it('survives a server that is killed in mid-traffic, and recovers when it is back', async () => {
      const backend = await server()
      const cache = opened(backend.port)
      await cache.set('k', 'v')
      expect(await cache.get('k')).to.equal('v')
      const asked = cache.mode === 'async' ? Array.from({ length: 50 }, (_, i) => cache.get(`k${i}`)) : []
      const traffic = Promise.allSettled(asked)
      await backend.kill()
      const outcomes = await traffic
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).to.be.instanceOf(AdapterError)
        else expect(outcome.value).to.equal(undefined)
      }
      await failure(() => cache.get('k'))
      expect(await cache.getOrSet('k', () => 'made')).to.equal('made')
      await backend.restart()
      await recovers(cache)
      expect(await cache.get('k')).to.equal(undefined)
      await backend.close()
    })

    it('survives a server that is stopped, and recovers when it goes on', async () => {
      const backend = await server()
      const cache = opened(backend.port)
      await cache.set('k', 'v')
      backend.stop()
      expect(await failure(() => cache.get('k'))).to.be.instanceOf(CacheTimeout)
      expect(await cache.getOrSet('other', () => 'made')).to.equal('made')
      backend.cont()
      await recovers(cache)
      expect(await cache.get('k')).to.equal('v')
      await backend.close()
    })

    // A fake server of this thread cannot answer while the thread waits for it: to a synchronous cache, all are silent.
    const isSync = name === 'RedisCache' || name === 'MemcachedCache'

    for (const fault of (isSync ? ['silent'] : ['silent', 'garbage', 'hangup']) as Fault[]) {
      it(`throws in time when the server is ${String(fault)}`, async () => {
        const fake = await fakeServer(fault)
        const cache = opened(fake.port)
        await failure(() => cache.get('k'))
        await failure(() => cache.set('k', 'v'))
        expect(await cache.getOrSet('k', () => 'made')).to.equal('made')
        await fake.close()
      })
    }

    it('keeps to a shorter time-out too', async () => {
      const fake = await fakeServer('silent')
      const cache = opened(fake.port, { operationTimeout: '500ms' })
      const start = performance.now()
      expect(String(await failure(() => cache.get('k')))).to.match(/500 ms|0\.5 s/)
      // The first call of a synchronous cache also starts its worker, which takes its time on a busy machine.
      if (!isSync) expect(performance.now() - start).to.be.below(1900)
      await fake.close()
    })

    if (isSync) return

    it('never takes half a reply for a value', async () => {
      const backend = await server()
      const relay = await proxy(backend.port)
      const cache = opened(relay.port)
      const value = 'x'.repeat(100_000)
      await cache.set('k', value)
      relay.truncate(1000)
      await failure(() => cache.get('k'))
      await recovers(cache)
      expect(await cache.get('k')).to.equal(value)
      await cache.close()
      await relay.close()
      await backend.close()
    })

    it('takes no late reply for that of another key', async () => {
      const backend = await server()
      const relay = await proxy(backend.port)
      const cache = opened(relay.port, { operationTimeout: '500ms' })
      await cache.setMany({ a: 'A', b: 'B' })
      relay.stall()
      await failure(() => cache.get('a'))
      relay.flow()
      await recovers(cache)
      for (let i = 0; i < 10; i++) expect(await cache.get('b')).to.equal('B')
      expect(await cache.getMany(['b', 'a'])).to.deep.equal(['B', 'A'])
      await cache.close()
      await relay.close()
      await backend.close()
    })
  })
}

describe('caches in Redis with a password', () => {
  for (const Class of [AsyncRedisCache, RedisCache]) {
    it(`${Class.name} says what is wrong, without the password`, async () => {
      const backend = await redis({ password: 'right' })
      const open = (password: string): Cache => new Class({ url: `redis://:${password}@127.0.0.1:${backend.port}` })
      const right = open('right')
      await right.set('k', 'v')
      expect(await right.get('k')).to.equal('v')
      const wrong = open('sesame')
      const error = await failure(() => wrong.get('k'))
      expect(error).to.be.instanceOf(ConnectionFailed)
      expect(`${error.message}${error.stack}${(error.cause as Error | undefined)?.message}`).not.to.contain('sesame')
      await right.close()
      await wrong.close()
      await backend.close()
    })
  }
})

describe('AsyncMemcachedCache over two servers, of which one dies', () => {
  it('goes on with the keys of the other', async function () {
    this.timeout(30_000)
    const [a, b] = [await memcached({}), await memcached({})]
    const cache = new AsyncMemcachedCache({ servers: `127.0.0.1:${a.port},127.0.0.1:${b.port}` })
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
    await cache.setMany(keys.map((key) => [key, key] as const))
    await a.kill()
    const outcomes = await Promise.allSettled(keys.map((key) => cache.get(key)))
    const alive = outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value !== undefined)
    const dead = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(alive.length).to.be.greaterThan(5)
    expect(dead.length).to.be.greaterThan(5)
    expect(alive.length + dead.length).to.equal(40)
    for (const { reason } of dead) expect(reason).to.be.instanceOf(ConnectionFailed)
    await a.restart()
    await sleep(1100)
    for (const key of keys) await cache.set(key, 'again')
    expect(new Set(await cache.getMany(keys))).to.deep.equal(new Set(['again']))
    await cache.close()
    await a.close()
    await b.close()
  })
})
