import { expect } from 'chai'
import { Redis } from 'ioredis'
import { CoderError, ConfigError } from '../../../lib/index.ts'
import {
  AutoPrefixedCache,
  cached,
  EncryptedCache,
  hashKey,
  jsonKey,
  LockedCache,
  PrefixedRedisCache,
  RedisCache,
  StatsRedisCache,
  ToBytesCache,
} from '../../../lib/predecessors/cachetools-utils/index.ts'
import { redis } from '../../support/servers.ts'
import { exercised, key, setGetDelete, value } from './exercises.ts'

describe('RedisCache of CacheToolsUtils', () => {
  let client: Redis
  before(async () => {
    client = new Redis((await redis()).url)
  })
  beforeEach(() => client.flushdb())
  after(() => client.quit())

  /** Keys and values, and the bytes under which Python has them. */
  const vectors: readonly [key: Parameters<RedisCache['get']>[0], storedKey: string, value: unknown, stored: string][] =
    [
      ['x', '"x"', 'text', '"text"'],
      [[1, 'a'], '[1,"a"]', [1, 2.5, null, true], '[1,2.5,null,true]'],
      [{ b: 1, a: 2 }, '{"a":2,"b":1}', { b: 2, a: 1 }, '{"a":1,"b":2}'],
      ['é\u{1f600}\n"\\', '"\\u00e9\\ud83d\\ude00\\n\\"\\\\"', 'é\u{1f600}\u007f', '"\\u00e9\\ud83d\\ude00\\u007f"'],
      [1, '1', 1, '1'],
      ['1', '"1"', '1', '"1"'],
      [true, 'true', null, 'null'],
      ['', '""', [], '[]'],
      [jsonKey(1, 'hi'), '"[1,\\"hi\\"]"', { 10: 1, 9: [{}] }, '{"10":1,"9":[{}]}'],
    ]
  for (const [key, storedKey, value, stored] of vectors) {
    it(`stores ${JSON.stringify(value)} under ${JSON.stringify(key)} as Python does, and reads what Python stored`, async () => {
      const cache = new RedisCache(client)
      await cache.set(key, value)
      expect(await client.keys('*')).to.deep.equal([storedKey])
      expect(await client.get(storedKey)).to.equal(stored)
      expect(await client.ttl(storedKey)).to.equal(600)
      await client.set(storedKey, stored, 'EX', 60)
      expect(await new RedisCache(client).get(key, 'missing')).to.deep.equal(value)
      expect(await cache.delete(key)).to.equal(true)
      expect(await client.dbsize()).to.equal(0)
    })
  }

  it('stores with a prefix as Python does', async () => {
    const cache = new PrefixedRedisCache(client, 'p.', 3600)
    await cache.set('x', { b: 1, a: 'é' })
    expect(await client.get('p.x')).to.equal('{"a":"\\u00e9","b":1}')
    expect(await client.ttl('p.x')).to.equal(3600)
    await client.set('p.y', '[1]')
    expect(await cache.get('y')).to.deep.equal([1])
  })

  it('stores raw keys and bytes as Python does', async () => {
    const cache = new RedisCache(client, { raw: true, ttl: null })
    await cache.set('x', Buffer.from([0, 255]))
    expect(await client.getBuffer('x')).to.deep.equal(Buffer.from([0, 255]))
    expect(await client.ttl('x')).to.equal(-1)
    await client.set('y', '')
    expect(await cache.get('y')).to.deep.equal(Buffer.alloc(0))
  })

  it('stores results under the JSON of the very key that json_key gives', async () => {
    const sum = cached(new RedisCache(client), { key: jsonKey })(async (a: number, b: number) => a + b)
    expect(await sum(1, 2)).to.equal(3)
    expect(await client.get('"[1,2]"')).to.equal('3')
    await client.set('"[2,2]"', '5')
    expect(await sum(2, 2)).to.equal(5)
    expect([await sum.cacheIn(2, 2), await sum.cacheDel(2, 2), await sum.cacheIn(2, 2)]).to.deep.equal([
      true,
      true,
      false,
    ])
  })

  it('takes text that is not JSON for a miss, which set heals', async () => {
    const cache = new RedisCache(client)
    await client.set('"x"', '{broken')
    expect(await cache.get('x', 'fallback')).to.equal('fallback')
    expect(cache.stats()).to.include({ decodeError: 1, miss: 1 })
    await cache.set('x', 1)
    expect(await cache.get('x')).to.equal(1)
  })

  it('refuses values that JSON would not bring back', async () => {
    const cache = new RedisCache(client)
    for (const wrong of [undefined, new Date(0), 1n, Number.NaN, [9007199254740993n], () => 1, new Map()]) {
      expect(await cache.set('x', wrong).catch((error: unknown) => error), String(wrong)).to.be.instanceOf(CoderError)
    }
    expect(await client.dbsize()).to.equal(0)
  })

  it('lists, counts and clears its keys as they were given', async () => {
    const cache = new RedisCache(client)
    await cache.setMany([['x', 1]])
    await cache.set([1], 2)
    const seen: unknown[] = []
    for await (const key of cache.keys()) seen.push(await cache.get(key))
    expect(seen.sort()).to.deep.equal([1, 2])
    expect(await cache.dbsize()).to.equal(2)
    expect(await cache.clear().catch((error: unknown) => error)).to.be.instanceOf(ConfigError)
    await cache.clear('x')
    expect([await cache.has('x'), await cache.has([1])]).to.deep.equal([false, true])
    await cache.clear('', { all: true })
    expect(await cache.dbsize()).to.equal(0)
  })

  it('tells about the server, and its own hit rate', async () => {
    const cache = new RedisCache(client)
    await cache.set('x', 1)
    await cache.get('x')
    await cache.get('y')
    expect(cache.hits()).to.equal(0.5)
    expect(await cache.info('server'))
      .to.have.property('redis_version')
      .that.is.a('string')
    expect((await cache.info()).connected_clients).to.be.a('number')
  })

  // Their own cases: test_redis, test_key_redis, test_stats_redis, test_stacked_redis.
  it('stands under EncryptedCache, ToBytesCache and LockedCache', async () => {
    const raw = new RedisCache(client, { raw: true })
    const secret = 'incredible secret key for testing encrypted cache...'
    const encrypted = new EncryptedCache(raw, secret, { hsize: 20, csize: 4, cipher: 'Salsa20' })
    const cache = new LockedCache(new ToBytesCache(encrypted))
    expect(await exercised(cache, hashKey)).to.equal(30000)
    expect(await raw.dbsize()).to.equal(50)
    expect(await cache.get(hashKey(1, 'a', true))).to.equal(111)
    expect(await cache.get(hashKey(3, null, false))).to.equal(-17)
    await setGetDelete(cache)
  })

  it('stands with a prefix, and stacked', async () => {
    const one = new PrefixedRedisCache(client, 'CacheToolsUtils.')
    expect(await exercised(one, jsonKey)).to.equal(30000)
    expect(await one.get('[1,"a",true]')).to.equal(111)
    await one.set('Hello', 'World!')
    expect(await one.delete('Hello')).to.equal(true)
    expect(await one.has('Hello')).to.equal(false)

    const c1 = new RedisCache(client)
    const c2 = new StatsRedisCache(c1)
    const c3 = new PrefixedRedisCache(c2, 'CacheToolsUtilsTests.')
    expect(await exercised(c3, hashKey)).to.equal(30000)
    expect(c2.hits()).to.be.above(0)
    expect(await c3.dbsize()).to.be.above(49)
    for (const each of [c1, c2, c3]) await setGetDelete(each)
    expect(await c3.get(key, value)).to.equal(value)
  })

  it('runs the functions of the README once for each argument', async () => {
    const cache = new ToBytesCache(
      new EncryptedCache(new RedisCache(client, { raw: true }), 'a secret of 16 bytes and more'),
    )
    let runs = 0
    const repeat = cached(new AutoPrefixedCache(cache), { key: jsonKey })(async (s: string, n: number) => {
      runs++
      return s.repeat(n)
    })
    const banged = cached(new AutoPrefixedCache(cache), { key: jsonKey })(async (s: string, n: number) => {
      runs++
      return `${await repeat(s, n)}!`
    })
    expect([await banged('aa', 3), await repeat('aa', 3), await banged('aa', 3)]).to.deep.equal([
      'aaaaaa!',
      'aaaaaa',
      'aaaaaa!',
    ])
    expect(runs).to.equal(2)
    expect(await client.dbsize()).to.equal(2)
  })
})
