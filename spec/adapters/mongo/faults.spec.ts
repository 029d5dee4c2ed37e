import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { MongoClient } from 'mongodb'
import { CacheTimeout, ConnectionFailed } from '../../../lib/core/errors.ts'
import { fakeServer, proxy } from '../../support/faults.ts'
import { freePort } from '../../support/ports.ts'
import { staysQuiet } from '../redis/quiet.ts'
import { closeOpened, failure, opened, until } from './opened.ts'
import { type Data, wireServer } from './wire-server.ts'

/** What a verb may take that has 2 s, on a busy machine. */
const IN_TIME_MS = 3500
/** What a verb takes at most that waits for nobody, on a busy machine. */
const AT_ONCE_MS = 1000

describe('MongoStore, when MongoDB fails', function () {
  this.timeout(20_000)
  afterEach(closeOpened)
  staysQuiet()

  it('fails at once, and with the address alone, where nobody listens', async () => {
    const port = await freePort()
    const { store, events } = opened({ url: `mongodb://user:hunter2@127.0.0.1:${port}/app?authSource=hunter3` })
    const verbs = [
      () => store.load('a'),
      () => store.save('a', 'x', null),
      () => store.drop(['a']),
      () => store.loadMany(['a']),
      () => store.saveMany([['a', 'x', null]]),
      () => store.loadVersioned('a'),
      () => store.compareAndSave('a', undefined, 'x', null),
      () => store.list('').next(),
      () => store.wipe('a'),
      () => store.connect(),
      () => store.ping(),
    ]
    for (const verb of verbs) {
      const began = performance.now()
      const error = await failure(verb())
      expect(performance.now() - began).to.be.below(AT_ONCE_MS)
      expect(error).to.be.instanceOf(ConnectionFailed).with.property('adapter', 'AsyncMongoCache')
      expect(error.message).to.contain(`MongoDB at mongodb://127.0.0.1:${port} cannot be reached: connect ECONNREFUSED`)
      expect(inspect(error, { depth: 9, showHidden: true })).not.to.match(/hunter[23]/)
    }
    expect(events).to.deep.equal([])
  })

  it('does not even try, for a moment, when it is known to be down', async () => {
    const broken = await fakeServer('hangup')
    const { store } = opened({ url: `mongodb://127.0.0.1:${broken.port}` })
    await failure(store.load('a'))
    const { connections } = broken
    const failures = await Promise.all(Array.from({ length: 100 }, () => failure(store.load('a'))))
    expect(new Set(failures).size).to.equal(100)
    for (const error of failures) expect(error).to.be.instanceOf(ConnectionFailed)
    expect(broken.connections).to.equal(connections)
    await broken.close()
  })

  for (const fault of ['silent', 'garbage'] as const) {
    it(`fails in time where a server is ${fault}, and at once from then on`, async () => {
      const server = await fakeServer(fault)
      const { store } = opened({ url: `mongodb://127.0.0.1:${server.port}` })
      const began = performance.now()
      const errors = await Promise.all([failure(store.load('a')), failure(store.save('a', 'x', null))])
      expect(performance.now() - began).to.be.below(IN_TIME_MS)
      for (const error of errors) expect(error.name).to.be.oneOf(['CacheTimeout', 'ConnectionFailed'])
      const again = performance.now()
      await failure(store.load('a'))
      expect(performance.now() - again).to.be.below(AT_ONCE_MS)
      await server.close()
    })
  }

  it('fails what is under way when the server goes, and works again when it is back', async () => {
    const data: Data = new Map()
    const first = await wireServer(data)
    const { store, events } = opened({ url: first.url })
    await store.save('a', 'x', null)
    first.before = () => sleep(60_000, undefined, { ref: false })
    const underWay = failure(store.load('a'))
    await sleep(50)
    await first.close()
    expect(await underWay).to.be.instanceOf(ConnectionFailed)
    expect(await failure(store.load('a'))).to.be.instanceOf(ConnectionFailed)

    const second = await wireServer(data, first.port)
    await until(async () => (await store.load('a').catch(() => undefined)) === 'x')
    expect(events).to.deep.equal(['connect', 'disconnect', 'connect', 'recover'])
    await second.close()
  })

  it('answers within the limit while the server stands still, and is back when it goes on', async () => {
    const server = await wireServer()
    const { store, events } = opened({ url: server.url, operationTimeout: '300ms' })
    await store.save('a', 'x', null)
    server.before = () => sleep(60_000, undefined, { ref: false })
    const errors = await Promise.all([
      failure(store.load('a')),
      failure(store.save('a', 'y', null)),
      failure(store.save('a', 'z', null)),
      failure(store.wipe('')),
    ])
    for (const error of errors) {
      expect(error).to.be.instanceOf(CacheTimeout).with.property('message').that.contains('within 300 ms')
    }
    server.before = () => {}
    await until(async () => (await store.load('a').catch(() => undefined)) === 'x')
    expect(events).to.include('recover')
    await server.close()
  })

  it('never gives the answer to one question for that to another', async () => {
    const server = await wireServer()
    const names = ['a', 'b', 'c', 'd']
    const { store } = opened({ url: server.url, operationTimeout: '300ms', options: { maxPoolSize: 1 } })
    await store.saveMany(names.map((name) => [name, name, null]))
    let late = 400
    server.before = () => sleep(late, undefined, { ref: false })
    await failure(store.load('a'))
    late = 0
    await until(() =>
      store.ping().then(
        () => true,
        () => false,
      ),
    )
    for (let i = 0; i < 20; i++) {
      const found = await Promise.all(names.map((name) => store.load(name)))
      expect(found).to.deep.equal(names)
      await sleep(20)
    }
    await server.close()
  })

  it('works on after idle connections were cut', async () => {
    const server = await wireServer()
    const relay = await proxy(server.port)
    const { store, events } = opened({ url: `mongodb://127.0.0.1:${relay.port}` })
    await store.save('a', 'x', null)
    relay.cut()
    await sleep(50)
    expect(await store.load('a')).to.equal('x')
    expect(events).not.to.include('recover')
    await relay.close()
    await server.close()
  })

  it('leaves no connections behind', async () => {
    const server = await wireServer()
    const relay = await proxy(server.port)
    const { store } = opened({ url: `mongodb://127.0.0.1:${relay.port}` })
    for (let i = 0; i < 5; i++) {
      await Promise.all([store.ping(), store.load('a'), store.load('b')])
      relay.cut()
      await sleep(20)
    }
    await store.close()
    await until(() => server.open === 0)
    await relay.close()
    await server.close()
  })

  it('tells of a client that was handed in, does not wait for it twice, and finds it when it is back', async () => {
    const port = await freePort()
    const client = new MongoClient(`mongodb://127.0.0.1:${port}`, { heartbeatFrequencyMS: 500 })
    const { store, events } = opened({ client, operationTimeout: '300ms' })
    expect(await failure(store.load('a'))).to.be.instanceOf(CacheTimeout)
    const began = performance.now()
    const error = await failure(store.load('a'))
    expect(performance.now() - began).to.be.below(200)
    expect(error.message).to.contain('The MongoDB client that was handed in')

    const server = await wireServer(new Map(), port)
    await until(() =>
      store.load('a').then(
        () => true,
        () => false,
      ),
    )
    expect(events).to.deep.equal(['recover'])
    await store.close()
    await client.close()
    await server.close()
  })

  it('closes as often as it is told, after what is under way, and opens again', async () => {
    const server = await wireServer()
    server.before = () => sleep(50)
    const { store, events } = opened({ url: server.url })
    const saved = store.save('a', 'x', null)
    await Promise.all([store.close(), store.close()])
    await saved
    expect(await store.load('a')).to.equal('x')
    await store.close()
    await store.close()
    expect(events).to.deep.equal(['connect', 'disconnect', 'connect', 'disconnect'])
    await server.close()
  })
})
