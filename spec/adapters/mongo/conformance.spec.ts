import { expect } from 'chai'
import { MongoClient } from 'mongodb'
import { AsyncMongoCache, MongoCache } from '../../../adapters/mongo/index.ts'
import { ConfigError } from '../../../lib/core/errors.ts'
import type { Cache } from '../../../lib/core/types.ts'
import { conforms } from '../../../lib/testing/index.ts'
import { skip } from '../../support/skip.ts'
import { standIn } from './stand-in.ts'
import { type WireServer, wireServer } from './wire-server.ts'

/** There is no MongoDB to install from npm or Debian: its specs need one that is there, in CI too. */
const real = process.env.MONGODB_URL ?? ''
const collection = 'polycache_spec'

describe('MongoDB at MONGODB_URL', () => {
  before(() => {
    if (real === '') skip('MONGODB_URL names no MongoDB, and none can be installed from npm or Debian')
  })

  describe('AsyncMongoCache', () => conforms((options) => new AsyncMongoCache({ ...options, url: real, collection })))
  describe('MongoCache', () => conforms((options) => new MongoCache({ ...options, url: real, collection })))

  describe('AsyncMongoCache with the coder msgpack', () => {
    conforms((options) => new AsyncMongoCache({ ...options, url: real, collection, coder: 'msgpack' }))
  })

  it('deletes by itself what has expired', async function () {
    // The server looks once a minute.
    this.timeout(150_000)
    const client = new MongoClient(real)
    const prefix = `${Math.random()}:`
    const cache = new AsyncMongoCache({ client, prefix, collection, database: 'polycache' })
    await cache.set('k', 'v', 1)
    const documents = client.db('polycache').collection<{ _id: string }>(collection)
    expect(await documents.findOne({ _id: `${prefix}k` })).not.to.equal(null)
    while ((await documents.findOne({ _id: `${prefix}k` })) !== null) {
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    await client.close()
  })
})

describe('AsyncMongoCache over a stand-in for MongoDB that speaks its wire protocol', () => {
  let server: WireServer
  let client: MongoClient
  before(async () => {
    server = await wireServer()
    client = new MongoClient(server.url)
  })
  after(async () => {
    await client.close()
    await server.close()
  })

  conforms((options) => new AsyncMongoCache({ ...options, url: server.url }))
  describe('with a client that was handed in', () => {
    conforms((options) => new AsyncMongoCache({ ...options, client }), { values: false })
  })
  for (const coder of ['msgpack', 'v8'] as const) {
    describe(`with the coder ${coder}`, () => {
      conforms((options) => new AsyncMongoCache({ ...options, coder, url: server.url }))
    })
  }

  it('keeps plain JSON readable, under the prefix, with the date until which it is kept', async () => {
    const cache = new AsyncMongoCache({ url: server.url, prefix: 'readable:' })
    await cache.set('user:1', { name: 'Ada' }, { timeout: 60, staleFor: 30 })
    const document = await client
      .db('polycache')
      .collection<{ _id: string; value: string; until: Date }>('cache')
      .findOne({ _id: 'readable:user:1' })
    expect(document?.value.split('\n')[1]).to.equal('{"name":"Ada"}')
    expect(document?.until.getTime()).to.be.within(Date.now() + 85_000, Date.now() + 90_000)
    await cache.close()
  })

  it('takes the documents of others under its keys for missing, says so, and heals them', async () => {
    const cache = new AsyncMongoCache({ client, prefix: 'foreign:' })
    const documents = client.db('polycache').collection<Record<string, unknown> & { _id: string }>('cache')
    const foreign = [
      { value: 'not ours' },
      { value: '{"a":1}' },
      { value: Buffer.from([0, 255, 10]) },
      { value: 'pc9 json 1 - -\n1', until: null },
      { value: 42, version: 42 },
      { value: { a: 1 }, until: 'soon' },
      { other: 1 },
    ]
    for (const [i, content] of foreign.entries()) {
      await documents.replaceOne({ _id: 'foreign:k' }, content, { upsert: true })
      expect(await cache.get('k', 'missing'), `${i}`).to.equal('missing')
      expect(await cache.getMany(['k'])).to.deep.equal([undefined])
      expect(await cache.has('k')).to.equal(false)
      expect(cache.stats().decodeError).to.be.at.least(4 * i + 3)
      expect(await cache.getOrSet('k', () => 'healed')).to.equal('healed')
      await documents.replaceOne({ _id: 'foreign:k' }, content)
      expect(await cache.add('k', 'added')).to.equal(true)
      expect(await cache.get('k')).to.equal('added')
      await cache.remove('k')
    }
  })
})

describe('MongoCache', () => {
  describe('over a stand-in for MongoDB in another process', () => {
    const server = standIn()
    // Caches with equal options share a worker: it is started once for all of these.
    let first: MongoCache
    before(() => {
      first = new MongoCache({ url: server.url })
      first.connect()
    })
    after(() => first.close())
    conforms((options) => new MongoCache({ ...options, url: server.url }))

    it('sees what its asynchronous twin stores, and shares what is being made', async () => {
      const sync = new MongoCache({ url: server.url, prefix: 'twins:' })
      const twin: Cache<'async'> = new AsyncMongoCache({ url: server.url, prefix: 'twins:' })
      sync.set('a', new Map([[1, 2]]))
      expect(await twin.get('a')).to.deep.equal(new Map([[1, 2]]))
      let made = 0
      const make = async () => {
        made++
        await new Promise((resolve) => setTimeout(resolve, 20))
        return 'v'
      }
      expect(await Promise.all([twin.getOrSet('k', make), sync.getOrSetAsync('k', make)])).to.deep.equal(['v', 'v'])
      expect(made).to.equal(1)
      sync.close()
      await twin.close()
    })
  })

  it('takes no client, and says why', async () => {
    const client = new MongoClient('mongodb://127.0.0.1:1')
    expect(() => new MongoCache({ client })).to.throw(ConfigError, 'AsyncMongoCache')
    await client.close()
  })
})
