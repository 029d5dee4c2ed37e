import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { AdapterError, CacheTimeout, ConnectionFailed } from '../../lib/errors.ts'
import { type Fault, fakeServer, proxy } from '../support/faults.ts'
import { freePort, type PrivateServer, redis } from '../support/servers.ts'
import { closeOpened, eventually, failure, opened } from './opened.ts'

/** The operation timeout of the stores here, in ms. */
const LIMIT = 500
/** What a busy machine may add to it. */
const SLACK = 1500

describe('RedisStore, when Redis fails', () => {
  const said: unknown[][] = []
  const names = ['log', 'info', 'warn', 'error', 'debug'] as const
  const unhandled: unknown[] = []
  const noteUnhandled = (reason: unknown): void => void unhandled.push(reason)
  const original = names.map((name) => console[name])
  let server: PrivateServer
  let url: string

  before(async () => {
    server = await redis({})
    url = server.url
  })

  beforeEach(() => {
    process.on('unhandledRejection', noteUnhandled)
    for (const name of names) console[name] = (...words: unknown[]) => void said.push(words)
  })

  afterEach(async () => {
    names.forEach((name, i) => {
      console[name] = original[i]!
    })
    await closeOpened()
    await sleep(0)
    process.off('unhandledRejection', noteUnhandled)
    expect(said.splice(0), 'words on the console').to.deep.equal([])
    expect(unhandled.splice(0), 'unhandled rejections').to.deep.equal([])
    server.cont()
    await server.restart()
  })

  after(() => server.close())

  it('fails at once, and with the address, where nobody listens', async () => {
    const port = await freePort()
    const { store, events } = opened({ url: `redis://user:hunter2@127.0.0.1:${port}/3` })
    const verbs = [
      () => store.load('a'),
      () => store.save('a', 'x', null),
      () => store.drop(['a']),
      () => store.loadMany(['a']),
      () => store.saveMany([['a', 'x', null]]),
      () => store.inspect('a'),
      () => store.exchange('a', undefined, 'x', null),
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
      relay.cutReply(bytes)
      expect(await failure(store.load('a')), `${bytes}`).to.be.instanceOf(ConnectionFailed)
      expect(await store.load('a')).to.have.length(1000)
    }
    await relay.close()
  })

  it('says what to do about a missing password', async () => {
    const guarded = await redis({ password: 'hunter2' })
    const { store, events } = opened({ url: `redis://127.0.0.1:${guarded.port}` })
    const failures = await Promise.all([failure(store.load('a')), failure(store.save('a', 'x', null))])
    for (const error of [...failures, await failure(store.load('a'))]) {
      expect(error).to.be.instanceOf(ConnectionFailed)
      expect(error.message).to.contain('NOAUTH').and.contain('Give the password in the URL')
    }
    expect(events()).to.deep.equal([])
    await guarded.close()
  })

  it('says what to do about a wrong password, without saying it', async () => {
    const guarded = await redis({ password: 'right' })
    const { store } = opened({ url: `redis://:hunter2@127.0.0.1:${guarded.port}` })
    const failures = await Promise.all([failure(store.load('a')), failure(store.ping())])
    for (const error of [...failures, await failure(store.load('a'))]) {
      expect(error).to.be.instanceOf(ConnectionFailed)
      expect(error.message).to.contain('WRONGPASS').and.contain('Check the user and the password')
      expect(inspect(error, { depth: 9, showHidden: true })).not.to.contain('hunter2')
    }
    await opened({ url: guarded.url }).store.ping()
    await guarded.close()
  })

  it('does not use another database than it was told', async () => {
    const { store } = opened({ url: `${url}/99` })
    const error = await failure(store.save('a', 'x', null))
    expect(error).to.be.instanceOf(ConnectionFailed).with.property('message').that.contains('DB index is out of range')
    const raw = new Redis(url)
    expect(await raw.dbsize()).to.equal(0)
    await raw.quit()
  })

  it('works for a user who may not PING', async () => {
    const raw = new Redis(url)
    await raw.acl('SETUSER', 'modest', 'on', '>pw', '~*', '+get', '+set')
    const { store } = opened({ url: url.replace('//', '//modest:pw@') })
    await store.save('a', 'x', null)
    expect(String(await store.load('a'))).to.equal('x')
    const error = await failure(store.drop(['a']))
    expect(error).to.be.instanceOf(AdapterError).and.not.instanceOf(ConnectionFailed)
    expect(error.message).to.contain('NOPERM')
    await raw.quit()
  })

  it('fails when there are too many clients', async () => {
    const crowded = await redis({ args: ['--maxclients', '1'] })
    const raw = new Redis(crowded.url)
    await raw.ping()
    const { store } = opened({ url: crowded.url })
    for (const error of await Promise.all([failure(store.load('a')), failure(store.load('b'))])) {
      // The server hangs up so fast that its reason does not always arrive.
      expect(error).to.be.instanceOf(ConnectionFailed)
    }
    await raw.quit()
    await eventually(() => store.load('a'))
    await crowded.close()
  })

  const brokenServers: [string, Fault, typeof CacheTimeout, string][] = [
    ['never answers', 'silent', CacheTimeout, 'did not answer'],
    ['answers garbage', 'garbage', ConnectionFailed, 'cannot be reached: '],
    ['hangs up', 'hangup', ConnectionFailed, 'cannot be reached: '],
    ['speaks HTTP', sending('HTTP/1.1 400 Bad Request\r\n\r\n'), ConnectionFailed, 'cannot be reached: '],
    ['answers every question alike', sending('+OK\r\n'), ConnectionFailed, 'answers PING with "OK"'],
    ['stops in the middle of its answer', sending('$100\r\nabc'), CacheTimeout, 'did not answer'],
    [
      'is loading its data',
      sending('-LOADING Redis is loading the dataset in memory\r\n'),
      ConnectionFailed,
      'LOADING',
    ],
  ]
  for (const [name, fault, type, words] of brokenServers) {
    it(`fails within the limit with a server that ${name}`, async () => {
      const broken = await fakeServer(fault)
      const { store, events } = opened({ url: `redis://127.0.0.1:${broken.port}`, operationTimeout: LIMIT / 1000 })
      const began = performance.now()
      const failures = await Promise.all([failure(store.load('a')), failure(store.save('a', 'x', null))])
      expect(performance.now() - began).to.be.below(LIMIT + SLACK)
      for (const error of failures) expect(error).to.be.instanceOf(type).with.property('message').that.contains(words)
      expect(events()).to.deep.equal([])
      await broken.close()
    })
  }

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

  it('leaves no listeners and no connections behind, however often it fails', async () => {
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

/** A server that answers everything with the same words. */
function sending(words: string): Fault {
  return (socket) => void socket.on('data', () => socket.write(words))
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(async () => {
    if (!(await condition())) throw new Error(`This did not come true: ${condition}`)
  })
}
