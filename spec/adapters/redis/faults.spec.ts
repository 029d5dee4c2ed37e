import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { CacheTimeout, ConnectionFailed } from '../../../lib/core/errors.ts'
import { fakeServer, proxy } from '../../support/faults.ts'
import { freePort, type PrivateServer, redis } from '../../support/servers.ts'
import { closeOpened, eventually, failure, opened } from './opened.ts'
import { staysQuiet } from './quiet.ts'

/** The operation timeout of the stores here, in ms. */
const LIMIT = 500
/** What a busy machine may add to it. */
const SLACK = 1500

describe('RedisStore, when Redis fails', () => {
  let server: PrivateServer
  let url: string

  before(async () => {
    server = await redis({})
    url = server.url
  })

  afterEach(async () => {
    await closeOpened()
    server.cont()
    await server.restart()
  })

  after(() => server.close())
  staysQuiet()

  it('fails at once, and with the address, where nobody listens', async () => {
    const port = await freePort()
    const { store, events } = opened({ url: `redis://user:hunter2@127.0.0.1:${port}/3` })
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
      const error = await failure(verb())
      expect(error).to.be.instanceOf(ConnectionFailed).with.property('adapter', 'AsyncRedisCache')
      expect(error.message).to.contain(`Redis at redis://127.0.0.1:${port}/3 cannot be reached: connect ECONNREFUSED`)
      expect(inspect(error, { depth: 9 })).not.to.contain('hunter2')
    }
    expect(events()).to.deep.equal([])
  })

  it('does not even try, for a moment, when it is known to be down', async () => {
    const broken = await fakeServer('hangup')
    const { store } = opened({ url: `redis://127.0.0.1:${broken.port}` })
    await failure(store.load('a'))
    const failures = await Promise.all(Array.from({ length: 100 }, () => failure(store.load('a'))))
    expect(new Set(failures).size).to.equal(100)
    for (const error of failures) expect(error).to.be.instanceOf(ConnectionFailed)
    expect(broken.connections).to.equal(1)
    await broken.close()
  })

  it('is found by a single call once the pause is over', async () => {
    await server.kill()
    const { store, events } = opened({ url })
    for (let i = 0; i < 30; i++) await failure(store.load('a')).then(() => sleep(10))
    await server.restart()
    await sleep(1000)
    expect(await store.load('a')).to.equal(undefined)
    expect(events()).to.deep.equal(['connect', 'recover'])
  })

  it('fails what is under way when it is killed, and goes on after its restart', async () => {
    const { store, events } = opened({ url })
    const stats = { failed: 0, worked: 0 }
    let stop = false
    const traffic = Array.from({ length: 20 }, async (_, i) => {
      while (!stop) {
        try {
          await (i % 2 === 0 ? store.load(`k${i}`) : store.save(`k${i}`, 'x', null))
          stats.worked++
        } catch (error) {
          expect(error).to.be.instanceOf(ConnectionFailed)
          stats.failed++
          await sleep(1)
        }
      }
    })
    await until(() => stats.worked > 1000)
    await server.kill()
    await until(() => stats.failed > 100)
    await server.restart()
    const before = stats.worked
    await until(() => stats.worked > before + 1000)
    stop = true
    await Promise.all(traffic)
    expect(events()).to.deep.equal(['connect', 'disconnect', 'connect', 'recover'])
  })

  it('answers within the limit while it stands still, and is back when it goes on', async () => {
    const { store, events } = opened({ url, operationTimeout: LIMIT / 1000 })
    await store.save('a', 'x', null)
    server.stop()
    const began = performance.now()
    const failures = await Promise.all([store.load('a'), store.save('b', 'y', null), store.wipe('c')].map(failure))
    expect(performance.now() - began).to.be.within(LIMIT - 50, LIMIT + SLACK)
    for (const error of failures) {
      expect(error)
        .to.be.instanceOf(CacheTimeout)
        .with.property('message')
        .that.contains('did not answer within 500 ms')
    }

    expect(await failure(store.load('a'))).to.be.instanceOf(CacheTimeout)
    server.cont()
    expect(String(await eventually(() => store.load('a')))).to.equal('x')
    expect(events()).to.deep.equal(['connect', 'disconnect', 'connect', 'recover'])
  })

  it('never gives the answer to one question for that to another', async () => {
    const { store } = opened({ url, operationTimeout: LIMIT / 1000 })
    await store.saveMany(['a', 'b', 'c'].map((name) => [name, name, null]))
    server.stop()
    await failure(store.load('a'))
    server.cont()
    await eventually(() => store.ping())
    const found = await Promise.all(['b', 'c', 'none', 'a'].map((name) => store.load(name)))
    expect(found.map((wire) => wire && String(wire))).to.deep.equal(['b', 'c', undefined, 'a'])
  })

  it('gets a new connection when packets vanish on the old one', async () => {
    const relay = await proxy(server.port)
    const { store } = opened({ url: `redis://127.0.0.1:${relay.port}`, operationTimeout: LIMIT / 1000 })
    await store.save('a', 'x', null)
    relay.stall()
    expect(await failure(store.load('a'))).to.be.instanceOf(CacheTimeout)
    const { connections } = relay
    relay.flow()
    expect(String(await eventually(() => store.load('a')))).to.equal('x')
    expect(relay.connections).to.be.above(connections)
    await relay.close()
  })

  it('reconnects at the next verb after an idle connection was cut, and nobody notices', async () => {
    const relay = await proxy(server.port)
    const { store, events } = opened({ url: `redis://127.0.0.1:${relay.port}` })
    await store.save('a', 'x', null)
    relay.cut()
    await until(() => events().includes('disconnect'))
    expect(String(await store.load('a'))).to.equal('x')
    expect(events()).to.deep.equal(['connect', 'disconnect', 'connect'])
    await relay.close()
  })

  it('fails when the connection is cut in the middle of a reply, and goes on with the next verb', async () => {
    const relay = await proxy(server.port)
    const { store } = opened({ url: `redis://127.0.0.1:${relay.port}` })
    await store.save('a', 'x'.repeat(1000), null)
    for (const bytes of [1, 6, 100, 1006]) {
      relay.truncate(bytes)
      expect(await failure(store.load('a')), `${bytes}`).to.be.instanceOf(ConnectionFailed)
      expect(await store.load('a')).to.have.length(1000)
    }
    await relay.close()
  })

  it('gives up a connection on which answers come that nobody asked for', async () => {
    let talk: () => void = () => {}
    const chatty = await fakeServer((socket) => {
      talk = () => socket.write('+OK\r\n')
      socket.on('data', (data) => socket.write(String(data).toLowerCase().includes('ping') ? '+PONG\r\n' : '$-1\r\n'))
    })
    const { store, events } = opened({ url: `redis://127.0.0.1:${chatty.port}` })
    await store.ping()
    talk()
    await until(() => events().includes('disconnect'))
    await store.ping()
    expect(chatty.connections).to.equal(2)
    await chatty.close()
  })

  it('goes on with the connection when this process was too busy to read what came in time', async () => {
    const { store, events } = opened({ url, operationTimeout: LIMIT / 1000 })
    await store.save('a', 'x', null)
    const answer = store.load('a')
    await new Promise(process.nextTick)
    const end = performance.now() + 1.5 * LIMIT
    while (performance.now() < end);
    expect(String(await answer)).to.equal('x')
    expect(events()).to.deep.equal(['connect'])
  })

  it('leaves no connections behind, however often they break', async () => {
    const relay = await proxy(server.port)
    const { store } = opened({ url: `redis://127.0.0.1:${relay.port}` })
    for (let i = 0; i < 30; i++) {
      await store.ping()
      relay.cut()
      await failure(store.ping()).catch(() => {})
    }
    const raw = new Redis(url)
    await until(
      async () =>
        String(await raw.client('LIST'))
          .trim()
          .split('\n').length <= 2,
    )
    await raw.quit()
    await relay.close()
  })
})

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(async () => {
    if (!(await condition())) throw new Error(`This did not come true: ${condition}`)
  })
}
