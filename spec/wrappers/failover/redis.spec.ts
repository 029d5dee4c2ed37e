import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { AsyncRedisCache, RedisCache } from '../../../adapters/redis/index.ts'
import { type FailoverCache, failover } from '../../../lib/wrappers/index.ts'
import { type PrivateServer, redis } from '../../support/servers.ts'

/** Makes a cache that fails over from a Redis, in each mode. */
const MODES: Record<string, (url: string) => FailoverCache> = {
  AsyncRedisCache: (url) =>
    failover(new AsyncRedisCache({ url, operationTimeout: '1s' }), new AsyncMemoryCache(), { returnAfter: 0.1 }),
  RedisCache: (url) =>
    failover(new RedisCache({ url, operationTimeout: '1s' }), new MemoryCache(), { returnAfter: 0.1 }),
}

/** Asks until the primary is in use again. */
async function untilUp(cache: FailoverCache): Promise<void> {
  for (let i = 0; i < 100 && cache.status().state === 'down'; i++) {
    await cache.get('any')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(cache.status()).to.include({ state: 'up', active: 0, stale: 0 })
}

for (const [name, make] of Object.entries(MODES)) {
  describe(`failover from ${name}`, function () {
    this.timeout(60_000)
    let server: PrivateServer
    let cache: FailoverCache

    beforeEach(async () => {
      server = await redis({})
      cache = make(server.url)
    })

    afterEach(async () => {
      await cache.close()
      await server.close()
    })

    it('answers every call while Redis is killed and restarted', async () => {
      await cache.set('k', 'before')
      await server.kill()
      for (let i = 0; i < 20; i++) {
        await cache.set(`k${i}`, i)
        expect(await cache.get(`k${i}`)).to.equal(i)
      }
      expect(cache.status()).to.include({ state: 'down', active: 1 })
      await server.restart()
      await untilUp(cache)
      await cache.set('k', 'after')
      expect(await cache.get('k')).to.equal('after')
    })

    it('serves nothing stale after Redis hung and kept its data', async () => {
      await cache.setMany({ removed: 'old', replaced: 'old', kept: 'same' })
      server.stop()
      await cache.remove('removed')
      await cache.set('replaced', 'new')
      expect(await cache.getMany(['removed', 'replaced'])).to.deep.equal([undefined, 'new'])
      server.cont()
      await untilUp(cache)
      const values = await cache.getMany(['removed', 'replaced', 'kept'])
      expect([values, cache.status().state]).to.deep.equal([[undefined, undefined, 'same'], 'up'])
    })
  })
}
