import { expect } from 'chai'
import { Redis } from 'ioredis'
import { AsyncRedisCache, RedisCache } from '../../../adapters/redis/index.ts'
import { CoderError, ConfigError, Unsupported } from '../../../lib/core/errors.ts'
import { redis } from '../../support/servers.ts'
import { failure, ownPrefix } from './opened.ts'

describe('a raw cache in Redis', () => {
  let url: string
  let raw: Redis
  let prefix: string
  let cache: AsyncRedisCache

  before(async () => {
    url = (await redis()).url
    raw = new Redis(url)
  })

  beforeEach(() => {
    prefix = ownPrefix()
    cache = new AsyncRedisCache({ url, prefix, raw: true })
  })

  afterEach(() => cache.close())
  after(() => raw.quit())

  it('keeps values as they are, for as long as they are to live', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    await cache.setMany({ text: 'héllo', bytes, number: 12.5, empty: '' }, 60)
    expect(await raw.mget(...['text', 'number', 'empty'].map((key) => prefix + key))).to.deep.equal([
      'héllo',
      '12.5',
      '',
    ])
    expect(await raw.getBuffer(`${prefix}bytes`)).to.deep.equal(Buffer.from(bytes))
    expect(await raw.pttl(`${prefix}text`)).to.be.within(50_000, 60_000)
  })

  it('gives back bytes, its own and those of others', async () => {
    await cache.set('own', 'ä')
    await raw.set(`${prefix}other`, 'ö')
    expect(await cache.getMany(['own', 'other', 'none'])).to.deep.equal([Buffer.from('ä'), Buffer.from('ö'), undefined])
    expect(await cache.getOrSet('own', () => 'made')).to.deep.equal(Buffer.from('ä'))
  })

  it('gives back text if told to, and misses what is none', async () => {
    const texts = new AsyncRedisCache({ url, prefix, raw: 'text' })
    await raw.set(`${prefix}text`, 'ü')
    await raw.set(`${prefix}bytes`, Buffer.from([0xff]))
    expect(await texts.getMany(['text', 'bytes'])).to.deep.equal(['ü', undefined])
    expect(texts.stats().decodeError).to.equal(1)
    await texts.close()
  })

  it('adds, pulls, removes and prolongs', async () => {
    expect([await cache.add('a', '1', 60), await cache.add('a', '2', 60)]).to.deep.equal([true, false])
    expect(String(await cache.updateTimeout('a', 600))).to.equal('1')
    expect(await raw.pttl(`${prefix}a`)).to.be.above(500_000)
    expect(String(await cache.pull('a'))).to.equal('1')
    expect(await cache.remove('a')).to.equal(false)
  })

  it('refuses what it cannot keep or know', async () => {
    expect(await failure(cache.set('a', { b: 1 }))).to.be.instanceOf(CoderError)
    expect(await failure(cache.set('a', '\ud800'))).to.be.instanceOf(CoderError)
    for (const refused of [cache.ttl('a'), cache.increment('a'), cache.decrement('a')]) {
      expect(await failure(refused)).to.be.instanceOf(Unsupported)
    }
    expect(() => new AsyncRedisCache({ raw: 'json' as never })).to.throw(ConfigError, 'raw must be')
  })

  it('answers synchronously too', () => {
    const sync = new RedisCache({ url, prefix, raw: 'text' })
    sync.set('k', 'v')
    expect(sync.get('k')).to.equal('v')
    expect(() => sync.ttl('k')).to.throw(Unsupported)
    sync.close()
  })
})
