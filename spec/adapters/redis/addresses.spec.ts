import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Cluster, Redis } from 'ioredis'
import { AsyncRedisCache, RedisCache } from '../../../adapters/redis/index.ts'
import { addressOf } from '../../../adapters/redis/options.ts'
import { ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import type { Cache } from '../../../lib/core/types.ts'
import { redisCluster } from '../../support/redis-groups.ts'
import { redis } from '../../support/servers.ts'
import { failure } from './opened.ts'

const SOCKET = join(tmpdir(), 'redis.sock')

const identity = (options: Parameters<typeof addressOf>[0]) => addressOf(options).identity

describe('The address of Redis', () => {
  const open: { close(): unknown }[] = []
  function kept<C extends Cache>(cache: C): C {
    open.push(cache)
    return cache
  }
  afterEach(async () => {
    for (const cache of open.splice(0)) await cache.close()
  })

  it('is the same in every spelling', () => {
    const spellings: Parameters<typeof addressOf>[0][] = [
      {},
      { url: 'redis://127.0.0.1:6379' },
      { url: 'redis://127.0.0.1:6379/' },
      { url: 'redis://127.0.0.1/0' },
      { url: 'redis://localhost' },
      { url: 'redis://user:secret@127.0.0.1' },
      { options: { host: '127.0.0.1' } },
      { options: { host: 'localhost', port: 6379, db: 0 } },
      { options: { port: 6379 } },
      { client: new Redis({ lazyConnect: true }) },
    ]
    expect(new Set(spellings.map(identity)).size).to.equal(1)
  })

  it('differs by host, port, database, socket and key prefix', () => {
    const others: Parameters<typeof addressOf>[0][] = [
      {},
      { url: 'redis://127.0.0.2' },
      { url: 'redis://127.0.0.1:6380' },
      { url: 'redis://127.0.0.1/1' },
      { options: { host: '127.0.0.1', keyPrefix: 'app:' } },
      { url: SOCKET },
      { url: `unix://${SOCKET}?db=2` },
      { url: 'redis+cluster://127.0.0.1' },
    ]
    expect(new Set(others.map(identity)).size).to.equal(others.length)
    expect(identity({ url: SOCKET })).to.equal(identity({ url: `unix://${SOCKET}` }))
    expect(identity({ url: 'redis+cluster://b,a:6379' })).to.equal(identity({ url: 'redis+cluster://a,b:6379' }))
  })

  it('takes the login, the database and the path out of unix://', () => {
    const { options, name } = addressOf({ url: 'unix://me:s%40crt@/run/redis.sock?db=3' })
    expect(options).to.include({ path: '/run/redis.sock', db: 3, username: 'me', password: 's@crt' })
    expect(name).to.equal('Redis at /run/redis.sock')
  })

  it('never shows a password that was mistyped into the wrong place', () => {
    for (const url of ['rediss//user:secret@h', 'redis+cluster://u:secret@', 'unix://u:secret@', 'redis:/secret@h']) {
      expect(() => new AsyncRedisCache({ url }), url)
        .to.throw(ConfigError)
        .with.property('message')
        .that.does.not.contain('secret')
    }
  })

  it('refuses unknown options with the nearest one', () => {
    const wrong = { urls: 'redis://127.0.0.1' } as object
    expect(() => new RedisCache(wrong)).to.throw(ConfigError, 'RedisCache has no option "urls". Did you mean url?')
    expect(() => new AsyncRedisCache({ ttl: 5 } as object)).to.throw(ConfigError, 'Did you mean timeout')
  })

  it('reports a bad database as the reply that it is, not as a server that cannot be reached', async () => {
    const { url } = await redis()
    for (const Class of [AsyncRedisCache, RedisCache]) {
      const cache: Cache = kept(new Class({ url: `${url}/99` }))
      const error = await failure((async () => cache.get('k'))())
      expect(error)
        .to.be.instanceOf(ConnectionFailed)
        .with.property('message')
        .that.contains('DB index is out of range')
      expect(error.message).to.contain('Choose a database').and.not.contain('cannot be reached')
    }
  })

  it('holds for the synchronous twin of a client with a key prefix and a selected database', async () => {
    const { port } = await redis()
    const client = new Redis(port, { keyPrefix: 'app:' })
    await client.select(5)
    const async = kept(new AsyncRedisCache({ client }))
    const sync = kept(new RedisCache({ client }))
    await async.set('k', 1)
    expect(sync.get('k')).to.equal(1)
    const foreign = new Redis(port)
    await foreign.set('cache:foreign', 'x')
    await foreign.select(5)
    await foreign.set('cache:foreign', 'x')
    sync.clear()
    expect(await async.get('k')).to.equal(undefined)
    expect(await foreign.get('cache:foreign')).to.equal('x')
    await foreign.select(0)
    expect(await foreign.del('cache:foreign')).to.equal(1)
    foreign.disconnect()
    client.disconnect()
  })

  it('may be a Cluster: by URL or by option, in both modes, and from the client of somebody else', async () => {
    const { nodes } = await redisCluster()
    const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')
    const client = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    const keys = Array.from({ length: 50 }, (_, i) => `c:${i}`)
    for (const cache of [
      kept(new AsyncRedisCache({ url: `redis+cluster://${hosts}` })),
      kept(new AsyncRedisCache({ url: `redis://127.0.0.1:${nodes[0]!.port}`, cluster: true })),
      kept(new RedisCache({ url: `redis+cluster://${hosts}` })),
      kept(new RedisCache({ client })),
    ] as Cache[]) {
      await cache.setMany(keys.map((key) => [key, key] as const))
      expect(await cache.getMany(keys)).to.deep.equal(keys)
      expect(await cache.get('c:7')).to.equal('c:7')
      expect(cache.status().state).to.equal('up')
      await cache.clear('c:')
      expect(await cache.getMany(keys)).to.deep.equal(keys.map(() => undefined))
    }
    client.disconnect()
  }).timeout(20_000)

  it('says what to do if it is one node of a Cluster', async () => {
    const { nodes } = await redisCluster()
    const cache = kept(new AsyncRedisCache({ url: `redis://127.0.0.1:${nodes[0]!.port}` }))
    const errors = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((key) => failure(cache.get(key)).catch(() => undefined)),
    )
    const error = errors.find((error) => error !== undefined)
    expect(error).to.be.instanceOf(ConnectionFailed).with.property('message').that.contains('cluster: true')
  })
})
