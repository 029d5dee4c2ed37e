import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { AsyncRedisCache, RedisCache } from '../../adapters/redis/index.ts'
import { OutageJournal } from '../../adapters/shared/outage-journal.ts'
import { AdapterError } from '../../lib/core/errors.ts'
import type { AdapterOptions, Cache } from '../../lib/core/types.ts'
import { type PrivateServer, redis } from '../support/servers.ts'

for (const Class of [AsyncRedisCache, RedisCache]) {
  describe(`${Class.name}, after an outage`, function () {
    this.timeout(30_000)
    let server: PrivateServer
    let direct: Redis
    const caches: Cache[] = []

    function opened(options: AdapterOptions = {}): Cache {
      const cache = new Class({ ...options, url: server.url, operationTimeout: '1s' })
      caches.push(cache)
      return cache
    }

    /** Lets a verb fail because the backend is out of reach. */
    async function fails(verb: () => unknown): Promise<void> {
      try {
        await verb()
      } catch (error) {
        expect(error).to.be.instanceOf(AdapterError)
        return
      }
      throw new Error('nothing was thrown')
    }

    /** Makes the server refuse writes, as a master does that was replaced. Nothing is carried out later. */
    async function breakDown(): Promise<void> {
      await direct.replicaof('127.0.0.1', 1)
    }

    async function repair(): Promise<void> {
      await direct.replicaof('NO', 'ONE')
    }

    /** Waits until the breaker lets a call through, which is not the call that a spec is about. */
    async function recovered(cache: Cache): Promise<void> {
      for (let attempt = 0; attempt < 50; attempt++) {
        try {
          await cache.ping()
          return
        } catch {
          await sleep(50)
        }
      }
    }

    before(async () => {
      server = await redis({})
      direct = new Redis(server.url)
    })

    beforeEach(async () => {
      await direct.flushall()
    })

    afterEach(async () => {
      for (const cache of caches.splice(0)) await cache.close()
      await repair()
    })

    after(async () => {
      direct.disconnect()
      await server.close()
    })

    it('does not serve a value that was removed while the backend was down', async () => {
      const cache = opened()
      await cache.set('gone', 'old')
      await cache.set('kept', 'old')
      await breakDown()
      await fails(() => cache.remove('gone'))
      await fails(() => cache.get('gone'))
      await repair()
      await recovered(cache)
      expect(await direct.exists('cache:gone'), 'replayed before the first access').to.equal(1)
      expect(await cache.get('gone')).to.equal(undefined)
      expect(await cache.get('kept')).to.equal('old')
      expect(await direct.exists('cache:gone')).to.equal(0)
    })

    it('does not serve values that were cleared while the backend was down', async () => {
      const cache = opened({ onBackendError: 'miss' })
      await cache.setMany({ 'a:1': 1, 'a:2': 2, 'b:1': 3 })
      await breakDown()
      await cache.clear('a:')
      await repair()
      await recovered(cache)
      expect(await cache.getMany(['a:1', 'a:2', 'b:1'])).to.deep.equal([undefined, undefined, 3])
    })

    it('replays a removal once: a value that is set afterwards stays', async () => {
      const cache = opened()
      await cache.set('k', 'old')
      await breakDown()
      await fails(() => cache.remove('k'))
      await repair()
      await recovered(cache)
      await cache.set('k', 'new')
      expect(await cache.get('k')).to.equal('new')
      expect(await cache.get('k')).to.equal('new')
      await direct.set('cache:k', (await direct.get('cache:k'))!.replace('new', 'their'))
      expect(await cache.get('k')).to.equal('their')
    })

    it('replays what another cache of the process could not remove', async () => {
      const [one, other] = [opened(), opened()]
      await one.set('k', 'old')
      await breakDown()
      await fails(() => one.remove('k'))
      await repair()
      await recovered(other)
      expect(await other.get('k')).to.equal(undefined)
    })

    it('says by status() that the backend is down, since when and why, and that it is up again', async () => {
      const cache = opened()
      expect(cache.status()).to.include({ state: 'unknown', breaker: 'closed' })
      await cache.set('k', 1)
      const up = cache.status()
      expect(up).to.include({ state: 'up', breaker: 'closed' }).and.not.have.property('error')
      expect(up.since).to.be.closeTo(Date.now(), 10_000)
      server.stop()
      await fails(() => cache.get('k'))
      const down = cache.status()
      expect(down).to.include({ state: 'down', breaker: 'open' })
      expect(down.error).to.be.instanceOf(AdapterError)
      expect(down.since).to.be.at.least(up.since)
      server.cont()
      await recovered(cache)
      expect(cache.status()).to.include({ state: 'up', breaker: 'closed' })
    })
  })
}

describe('An outage journal', () => {
  const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `p:${i}`)

  /** A store that notes what is removed from it. */
  function target() {
    const done: string[] = []
    return {
      done,
      mode: 'sync' as const,
      drop: (dropped: readonly string[]) => void done.push(...dropped),
      wipe: (prefix: string) => void done.push(`${prefix}*`),
    }
  }

  it('replays each removal once', () => {
    const journal = new OutageJournal('p:')
    const store = target()
    journal.removed(['p:a', 'p:b'])
    journal.removed(['p:a'])
    journal.cleared('p:x:')
    void journal.replay(store)
    void journal.replay(store)
    expect(store.done).to.deep.equal(['p:x:*', 'p:a', 'p:b'])
    expect(journal.isEmpty).to.equal(true)
  })

  it('counts the whole prefix as cleared beyond its bound', () => {
    const journal = new OutageJournal('p:')
    const store = target()
    journal.removed(keys(10_001))
    expect(journal.concerns(['p:another'])).to.equal(true)
    void journal.replay(store)
    expect(store.done).to.deep.equal(['p:*'])
  })

  it('never clears a store without a prefix: there, older entries count as missing', () => {
    const journal = new OutageJournal('')
    const store = target()
    journal.removed(keys(10_001))
    void journal.replay(store)
    expect(store.done).to.deep.equal([])
    expect(journal.clearedUntil).to.be.closeTo(Date.now(), 10_000)
  })

  it('keeps a removal that came during its replay for the next one', async () => {
    const journal = new OutageJournal('p:')
    journal.removed(['p:a'])
    const done: string[] = []
    const store = {
      mode: 'async' as const,
      drop: async (dropped: readonly string[]) => {
        journal.removed(['p:a'])
        done.push(...dropped)
      },
      wipe: async () => {},
    }
    await Promise.all([journal.replay(store), journal.replay(store)])
    expect(done).to.deep.equal(['p:a'])
    expect(journal.concerns(['p:a'])).to.equal(true)
  })
})
