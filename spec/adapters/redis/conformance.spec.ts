import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { Cluster, Redis } from 'ioredis'
import { AsyncRedisCache, RedisCache } from '../../../adapters/redis/index.ts'
import { ConfigError } from '../../../lib/core/errors.ts'
import { conforms } from '../../../lib/testing/index.ts'
import { redisCluster } from '../../support/redis-groups.ts'
import { redis } from '../../support/servers.ts'

describe('AsyncRedisCache', () => {
  conforms(async (options) => new AsyncRedisCache({ ...options, url: (await redis()).url }))

  it('keeps plain JSON readable for redis-cli, under the prefix', async () => {
    const client = new Redis((await redis()).url)
    const prefix = `${randomUUID()}:`
    const cache = new AsyncRedisCache({ client, prefix })
    await cache.set('user:1', { name: 'Ada' }, 60)
    const [head, body] = (await client.get(`${prefix}user:1`))!.split('\n')
    expect(body).to.equal('{"name":"Ada"}')
    expect(head).to.match(/^pc1 json \d+ \d+ \d+/)
    expect(await client.pttl(`${prefix}user:1`)).to.be.within(58_000, 60_000)
    await client.quit()
  })

  it('takes foreign bytes and other types under its keys for missing, and heals them', async () => {
    const client = new Redis((await redis()).url)
    const prefix = `${randomUUID()}:`
    const cache = new AsyncRedisCache({ client, prefix })
    const foreign: Record<string, (key: string) => Promise<unknown>> = {
      text: (key) => client.set(key, 'not ours'),
      json: (key) => client.set(key, '{"a":1}'),
      garbage: (key) => client.set(key, Buffer.from([0, 255, 10, 200])),
      truncated: (key) => client.set(key, 'pc1 json 1 '),
      later: (key) => client.set(key, 'pc9 json 1 - -\n1'),
      list: (key) => client.rpush(key, 'a'),
      hash: (key) => client.hset(key, 'a', 'b'),
    }
    for (const [name, write] of Object.entries(foreign)) {
      await write(prefix + name)
      expect(await cache.get(name, 'missing'), name).to.equal('missing')
      expect(await cache.has(name), name).to.equal(false)
      expect(await cache.getOrSet(name, () => 'healed'), name).to.equal('healed')
      expect(await cache.get(name), name).to.equal('healed')
      await client.del(prefix + name)
      await write(prefix + name)
      expect(await cache.add(name, 'added'), name).to.equal(true)
      await client.del(prefix + name)
      await write(prefix + name)
      await cache.remove(name)
      expect(await client.exists(prefix + name), name).to.equal(0)
    }
    expect(cache.stats().decodeError).to.be.at.least(7 * 2)
    await client.quit()
  })

  it('sees nothing outside its prefix, and refuses to clear a store in which it has none', async () => {
    const { url } = await redis()
    const prefix = `${randomUUID()}:`
    const outer = new AsyncRedisCache({ url, prefix })
    const inner = new AsyncRedisCache({ url, prefix: `${prefix}inner:` })
    await outer.set('k', 1)
    await inner.set('k', 2)
    await inner.clear()
    expect(await outer.get('k')).to.equal(1)
    const unprefixed = new AsyncRedisCache({ url, prefix: '' })
    const refusal = await unprefixed.clear().catch((error) => error)
    expect(refusal).to.be.instanceOf(ConfigError)
    expect(await outer.get('k')).to.equal(1)
    await unprefixed.clear(prefix)
    expect(await outer.get('k')).to.equal(undefined)
    await Promise.all([outer, inner, unprefixed].map((cache) => cache.close()))
  })

  it('counts across connections without losing any', async () => {
    const { url } = await redis()
    const prefix = `${randomUUID()}:`
    const caches = [1, 2, 3].map(() => new AsyncRedisCache({ url, prefix }))
    await Promise.all(caches.flatMap((cache) => Array.from({ length: 20 }, () => cache.increment('n'))))
    expect(await caches[0]!.get('n')).to.equal(60)
    await Promise.all(caches.map((cache) => cache.close()))
  })
})

describe('AsyncRedisCache over a Cluster', () => {
  let client: Cluster

  before(async function () {
    this.timeout(60_000)
    const cluster = await redisCluster(3)
    client = new Cluster([...cluster.nodes])
    after(async () => {
      client.disconnect()
      await cluster.close()
    })
  })

  conforms((options) => new AsyncRedisCache({ ...options, client }), { values: false })
})

describe('RedisCache', () => {
  // Its worker ends with the last cache, and takes half a second to start again: one cache stays open for all tests.
  let open: RedisCache
  before(async () => {
    open = new RedisCache({ url: (await redis()).url })
    open.connect()
  })
  after(() => open?.close())

  conforms(async (options) => new RedisCache({ ...options, url: (await redis()).url }))

  it('reaches the server of a client that is handed in', async () => {
    const client = new Redis((await redis()).url)
    const prefix = `${randomUUID()}:`
    const cache = new RedisCache({ client, prefix })
    cache.set('k', 'v')
    expect(await new AsyncRedisCache({ client, prefix }).get('k')).to.equal('v')
    cache.close()
    await client.quit()
  })
})

for (const coder of ['msgpack', 'v8'] as const) {
  describe(`AsyncRedisCache with the coder ${coder}`, () => {
    conforms(async (options) => new AsyncRedisCache({ ...options, coder, url: (await redis()).url }))
  })
}
