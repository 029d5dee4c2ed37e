import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { AsyncMemcachedCache } from '../../adapters/memcached/index.ts'
import { AsyncRedisCache } from '../../adapters/redis/index.ts'
import type { CacheAdapter } from '../../lib/adapter/cache-adapter.ts'
import { ConnectionFailed, Unsupported } from '../../lib/core/errors.ts'
import { AsyncChaosCache, ChaosCache } from '../../lib/testing/index.ts'
import { PrefixedCache, StatsCache } from '../../lib/wrappers/index.ts'
import { ADAPTERS, letGo } from './adapters.ts'

/** A field of what each backend says, and what it must be. */
const SAID: Record<string, (said: Record<string, unknown>) => void> = {
  Sqlite: (said) => {
    expect(said.entries).to.be.a('number').above(0)
    expect(said.expired).to.be.a('number')
    expect(said.bytes).to.be.a('number').above(4095)
  },
  Redis: (said) => {
    expect(said.redis_version).to.match(/^\d+\.\d+/)
    expect(said.keyspace_hits).to.be.a('number')
    expect(said.used_memory).to.be.above(0)
  },
  Memcached: (said) => {
    expect(said.version).to.match(/^\d+\.\d+/)
    expect(said.curr_items).to.be.above(0)
    expect(said.cmd_get).to.be.a('number')
  },
}

describe('backendStats', () => {
  for (const [name, make] of Object.entries(ADAPTERS)) {
    const check = Object.entries(SAID).find(([backend]) => name.includes(backend))?.[1]
    if (check === undefined) continue

    it(`says what the backend of a ${name} says, through any stack`, async () => {
      const inner: CacheAdapter = await make({ prefix: `${randomUUID()}:` })
      const cache = new StatsCache(new PrefixedCache(new StatsCache(inner), 'a:'))
      await cache.set('k', 'v')
      const asked = cache.backendStats()
      expect(asked instanceof Promise).to.equal(cache.mode === 'async')
      check(await asked)
      await inner.clear()
      await inner.close()
    })
  }

  it('throws Unsupported where the backend says nothing, in the mode of the cache', async () => {
    expect(() => new StatsCache(new ChaosCache()).backendStats()).to.throw(Unsupported, /backendStats/)
    const asked = new StatsCache(new PrefixedCache(new AsyncChaosCache(), 'a:')).backendStats()
    expect(await asked.catch((error: unknown) => error)).to.be.instanceOf(Unsupported)
  })

  it('fails as any verb does while the server is down', async () => {
    for (const inner of [
      new AsyncRedisCache({ url: 'redis://127.0.0.1:1' }),
      new AsyncMemcachedCache({ servers: '127.0.0.1:1' }),
    ]) {
      const failure = await new StatsCache(inner).backendStats().catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(ConnectionFailed)
      await inner.close()
    }
  })

  after(letGo)
})
