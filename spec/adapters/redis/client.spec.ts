import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { RedisClient } from '../../../adapters/redis/client.ts'
import { CacheTimeout, ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { type PrivateServer, redis } from '../../support/servers.ts'
import { closeOpened, eventually, failure, listed, opened } from './opened.ts'

describe('RedisStore with a client that was handed in', () => {
  let server: PrivateServer
  let client: Redis

  before(async () => {
    server = await redis({})
  })

  beforeEach(async () => {
    await server.restart()
    client = new Redis(server.url)
    client.on('error', () => {})
  })

  afterEach(async () => {
    await closeOpened()
    client.disconnect()
    server.cont()
  })

  after(() => server.close())

  it('uses that client, and leaves it open and as it was', async () => {
    const options = { ...client.options }
    const listeners = client.eventNames().map((name) => [name, client.listenerCount(name)])
    const { store, events } = opened({ client, url: 'no url at all' })
    await store.save('a', 'x', null)
    expect(await client.get('a')).to.equal('x')
    await store.close()
    expect(client.status).to.equal('ready')
    expect(String(await store.load('a'))).to.equal('x')
    expect(client.options).to.deep.equal(options)
    expect(client.eventNames().map((name) => [name, client.listenerCount(name)])).to.deep.equal(listeners)
    expect(events()).to.deep.equal([])
  })

  it('waits for the verbs under way when it is closed', async () => {
    const { store } = opened({ client })
    const done: string[] = []
    void store.save('a', 'x', null).then(() => done.push('saved'))
    await store.close().then(() => done.push('closed'))
    expect(done).to.deep.equal(['saved', 'closed'])
  })

  it('answers in time while the server stands still, then at once, and again when it goes on', async () => {
    const { store, events } = opened({ client, operationTimeout: 0.3 })
    await store.save('a', 'x', null)
    server.stop()
    const failures = await Promise.all(Array.from({ length: 100 }, () => failure(store.load('a'))))
    for (const error of failures) expect(error).to.be.instanceOf(CacheTimeout)
    expect(failures[0]!.message).to.contain('The Redis client that was handed in did not answer')

    const began = performance.now()
    expect(await failure(store.load('a'))).to.be.instanceOf(CacheTimeout)
    expect(performance.now() - began).to.be.below(250)
    server.cont()
    expect(String(await eventually(() => store.load('a')))).to.equal('x')
    expect(events()).to.deep.equal(['recover'])
  })

  it('answers in time while the server is gone, and again when it is back', async () => {
    const { store } = opened({ client, operationTimeout: 0.3 })
    await store.save('a', 'x', null)
    await server.kill()
    for (let i = 0; i < 20; i++) {
      const error = await failure(store.load('a'))
      expect(error).to.satisfy(() => error instanceof CacheTimeout || error instanceof ConnectionFailed)
      await sleep(10)
    }
    await server.restart()
    expect(await eventually(() => store.load('a'))).to.equal(undefined)
  })

  it('fails when the caller has closed it', async () => {
    const { store } = opened({ client })
    await client.quit()
    const error = await failure(store.load('a'))
    expect(error).to.be.instanceOf(ConnectionFailed).with.property('message').that.contains('Connection is closed')
  })

  it('takes anything of the shape', async () => {
    const calls: unknown[][] = []
    const note =
      (name: string, answer: unknown) =>
      (...args: unknown[]) => {
        calls.push([name, ...args])
        return Promise.resolve(answer)
      }
    const fake = { getBuffer: note('get', Buffer.from('x')), set: note('set', 'OK') } as unknown as RedisClient
    const { store } = opened({ client: fake })
    expect(String(await store.load('a'))).to.equal('x')
    await store.save('b', 'y', 5)
    expect(calls).to.deep.equal([
      ['get', 'a'],
      ['set', 'b', 'y', 'PX', 5],
    ])
  })

  it('says of every address of a host why it could not be reached', async () => {
    const reasons = ['connect ECONNREFUSED ::1:6379', 'connect ECONNREFUSED 127.0.0.1:6379']
    const getBuffer = () => Promise.reject(new AggregateError(reasons.map((reason) => new Error(reason))))
    const error = await failure(opened({ client: { getBuffer } as unknown as RedisClient }).store.load('a'))
    expect(error).to.be.instanceOf(ConnectionFailed).with.property('message').that.contains(reasons.join(', '))
  })

  it('lists a key once that the server tells of twice', async () => {
    const pages: Record<string, [Buffer, Buffer[]]> = {
      0: [Buffer.from('7'), ['a', 'b'].map((key) => Buffer.from(key))],
      7: [Buffer.from('0'), ['b', 'c'].map((key) => Buffer.from(key))],
    }
    const fake = { getBuffer: () => {}, scanBuffer: async (cursor: string) => pages[cursor] }
    const { store } = opened({ client: fake as unknown as RedisClient })
    expect(await listed(store.list(''))).to.deep.equal(['a', 'b', 'c'])
  })

  it('refuses what is no client of ioredis, at once', () => {
    for (const wrong of [{}, { get: () => {} }, null, 'redis://localhost', 5]) {
      expect(() => opened({ client: wrong as never })).to.throw(
        ConfigError,
        'is not an ioredis Redis or Cluster instance',
      )
    }
  })

  it('sends what is read before what is written later in the same tick', async () => {
    const sent: string[] = []
    const answer = (name: string) => async () => {
      sent.push(name)
      await sleep(0)
      return null
    }
    const client = {
      getBuffer: answer('get'),
      mgetBuffer: async (keys: string[]) => keys.map(answer('mget')),
      set: answer('set'),
    }
    const { store } = opened({ client: client as unknown as RedisClient })
    const done = [store.load('a'), store.load('b'), store.save('a', 'x', null), store.load('a'), store.drop([])]
    await Promise.allSettled(done)
    expect(sent.slice(0, 4)).to.deep.equal(['mget', 'mget', 'set', 'get'])
  })

  it('lets all commands of a tick leave in one write, and a single one at once', async () => {
    const writes: number[] = []
    let corked = 0
    let held = 0
    const stream = {
      cork: () => void corked++,
      uncork: () => {
        if (--corked === 0) writes.push(held)
        held = 0
      },
    }
    const getBuffer = async () => {
      corked === 0 ? writes.push(1) : held++
      // As with a server, the answer does not come in the tick of the question.
      await sleep(0)
      return null
    }
    const mgetBuffer = async (keys: string[]) => {
      await getBuffer()
      return keys.map(() => null)
    }
    const set = async () => {
      await getBuffer()
      return 'OK'
    }
    const { store } = opened({ client: { stream, getBuffer, mgetBuffer, set } as unknown as RedisClient })
    await store.load('a')
    expect(writes.splice(0)).to.deep.equal([1])
    // What is read in one tick is asked for by one command for 64 keys.
    await Promise.all(Array.from({ length: 100 }, () => store.load('a')))
    expect(writes.splice(0)).to.deep.equal([2])
    await Promise.all(Array.from({ length: 100 }, () => store.save('a', 'x', null)))
    expect(writes.splice(0)).to.deep.equal([1, 99])
    await store.saveMany(Array.from({ length: 100 }, () => ['a', 'x', null]))
    expect(writes.splice(0)).to.deep.equal([100])
    expect(corked).to.equal(0)
  })
})
