import { expect } from 'chai'
import { MongoClient } from 'mongodb'
import { AsyncMongoCache } from '../../../adapters/mongo/index.ts'
import { newClient } from '../../../adapters/mongo/mongodb.ts'
import type { MongoStoreOptions } from '../../../adapters/mongo/options.ts'
import { MongoStore } from '../../../adapters/mongo/store.ts'
import { ConfigError } from '../../../lib/core/errors.ts'
import { closeOpened, failure, opened } from './opened.ts'
import { type WireServer, wireServer } from './wire-server.ts'

describe('The options of MongoStore', () => {
  let server: WireServer
  before(async () => {
    server = await wireServer()
  })
  afterEach(closeOpened)
  after(() => server.close())

  /** In which databases and collections something has been asked since. */
  async function placesOf(options: MongoStoreOptions): Promise<string> {
    const from = server.commands.length
    await opened({ url: server.url, ...options }).store.load('a')
    await closeOpened()
    const found = server.commands.slice(from).find((command) => 'find' in command)!
    return `${found.$db}.${found.find}`
  }

  it('name the database and the collection', async () => {
    expect(await placesOf({})).to.equal('polycache.cache')
    expect(await placesOf({ url: `${server.url}/` })).to.equal('polycache.cache')
    expect(await placesOf({ url: `${server.url}/shop?appName=x` })).to.equal('shop.cache')
    expect(await placesOf({ url: `${server.url}/shop`, database: 'other' })).to.equal('other.cache')
    expect(await placesOf({ url: `${server.url}/caf%C3%A9`, collection: 'a.b' })).to.equal('café.a.b')
  })

  it('take the database of a client that was handed in', async () => {
    for (const [path, database] of [
      ['', 'polycache'],
      ['/shop', 'shop'],
    ]) {
      const client = new MongoClient(server.url + path)
      const from = server.commands.length
      const { store } = opened({ client })
      await store.load('a')
      await store.close()
      await store.close()
      expect(server.commands.slice(from).find((command) => 'find' in command)).to.have.property('$db', database)
      expect(await client.db().command({ ping: 1 }), 'it is still open').to.have.property('ok', 1)
      await client.close()
    }
  })

  it('of the driver reach it', async () => {
    const url = `mongodb://127.0.0.1:${server.port}`
    await opened({ url, options: { appName: 'mine', maxPoolSize: 1 } }).store.ping()
    const error = await failure(opened({ url, options: { replicaSet: 'rs0', nonsense: 1 } as object }).store.ping())
    expect(error).to.be.instanceOf(ConfigError)
    expect(error.message).to.contain('nonsense')
  })

  it('keep from the driver the time limit that mixes up answers', () => {
    for (const [url, options] of [
      ['mongodb://h/?timeoutMS=5', {}],
      ['mongodb://h/?appName=x&TIMEOUTMS=5&w=1', {}],
      ['mongodb://h/', { timeoutMS: 5 }],
    ] as const) {
      const client = newClient(url, options, 2000, 'AsyncMongoCache')
      expect(client.options.timeoutMS, url).to.equal(undefined)
      expect(client.options.socketTimeoutMS, url).to.equal(4000)
    }
  })

  it('make caches over the same collection, and only those, share what is being made', async () => {
    const client = new MongoClient(server.url)
    const [a, b, c] = ['one', 'one', 'two'].map((collection) => new AsyncMongoCache({ client, collection })) as [
      AsyncMongoCache,
      AsyncMongoCache,
      AsyncMongoCache,
    ]
    const made = await Promise.all([
      a.getOrSet('k', async () => 'a'),
      b.getOrSet('k', async () => 'b'),
      c.getOrSet('k', async () => 'c'),
    ])
    expect(made).to.deep.equal(['a', 'a', 'c'])
    await client.close()
  })

  for (const [url, shown] of [
    ['', '""'],
    ['localhost:27017', '"localhost:27017"'],
    ['http://localhost', '"http://localhost"'],
    ['mongodb://', '"mongodb://"'],
    ['mongodb:/localhost', '"mongodb:/localhost"'],
    ['user:hunter2@localhost', '"***@localhost"'],
    ['mongo://user:hunter2@localhost', '"mongo://***@localhost"'],
    ['mongodb://user:hunter2@/x?a=hunter2', '"mongodb://***@/x"'],
    ['mongodb://:hunter2/@host/x', '"mongodb://***@host/x"'],
    ['mongodb://user:x/hunter2@host/x', '"mongodb://***@host/x"'],
  ] as const) {
    it(`are refused at once when the URL is ${shown}, without its password`, () => {
      expect(() => opened({ url }))
        .to.throw(ConfigError, `${shown} is not a MongoDB URL`)
        .with.property('message')
        .that.does.not.contain('hunter2')
    })
  }

  it('are refused without a password where only the driver sees what is wrong', async () => {
    for (const url of [
      'mongodb://user:hunter2%@localhost',
      'mongodb://user:hunter2@localhost:99999',
      'mongodb://user:hunter2@localhost?tls=perhaps',
      'mongodb+srv://user:hunter2@localhost:27017',
      'mongodb://user:hunter2@a,b?directConnection=true',
    ]) {
      const error = await failure(opened({ url }).store.ping())
      expect(error, url).to.be.instanceOf(ConfigError)
      expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.to.contain('hunter2')
    }
  })

  it('are refused at once when MongoDB would not take the names', () => {
    for (const database of ['', '.cachetoolz', 'a b', 'a/b', 'a$', 'x'.repeat(64)]) {
      expect(() => opened({ database }), database).to.throw(ConfigError, 'name of a MongoDB database')
    }
    expect(() => opened({ url: 'mongodb://h/a.b' })).to.throw(ConfigError, '"a.b"')
    for (const collection of ['', 'a$b', 'system.users', '.a', 'a.', 'a\0']) {
      expect(() => opened({ collection }), collection).to.throw(ConfigError, 'name of a MongoDB collection')
    }
  })

  it('are refused at once when the time limit or the client is none', () => {
    expect(() => opened({ operationTimeout: 0 })).to.throw(ConfigError, 'operationTimeout')
    expect(() => opened({ client: {} as never })).to.throw(ConfigError, 'not a MongoClient')
    expect(() => opened({ client: null as never })).to.throw(ConfigError, 'not a MongoClient')
  })

  it('do nothing until the first verb', () => {
    expect(() => new MongoStore({ url: 'mongodb+srv://nowhere.invalid' }, { adapter: 'x', emit() {} })).not.to.throw()
  })
})
