import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { fakeServer, proxy } from '../../support/faults.ts'
import { type PrivateServer, redis } from '../../support/servers.ts'
import { closeOpened, eventually, failure, opened } from './opened.ts'

describe('Closing a RedisStore', () => {
  let server: PrivateServer
  let raw: Redis

  before(async () => {
    server = await redis({})
    raw = new Redis(server.url)
  })

  afterEach(closeOpened)

  after(async () => {
    await raw.quit()
    await server.close()
  })

  it('ends the connection; a later verb opens another', async () => {
    const { store, events } = opened({ url: server.url })
    await store.save('a', 'x', null)
    await store.close()
    await eventually(async () => expect(await clients(raw)).to.equal(1))
    expect(String(await store.load('a'))).to.equal('x')
    expect(events()).to.deep.equal(['connect', 'disconnect', 'connect'])
  })

  it('is nothing when nothing was opened, and once when done twice', async () => {
    const { store, events } = opened({ url: server.url })
    await store.close()
    await store.ping()
    await Promise.all([store.close(), store.close()])
    await store.close()
    expect(events()).to.deep.equal(['connect', 'disconnect'])
  })

  it('waits for the verbs under way, of several steps too', async () => {
    const relay = await proxy(server.port)
    const { store } = opened({ url: `redis://127.0.0.1:${relay.port}` })
    await store.saveMany(Array.from({ length: 3000 }, (_, i) => [`many:${i}`, 'x', null]))
    relay.delay(30)
    const done: string[] = []
    void store.wipe('many:').then(() => done.push('wiped'))
    void store.load('a').then(() => done.push('loaded'))
    await Promise.all([store.close().then(() => done.push('closed')), store.close().then(() => done.push('closed'))])
    expect(done).to.have.members(['loaded', 'wiped', 'closed', 'closed'])
    expect(done.indexOf('closed')).to.equal(2)
    expect(await raw.dbsize()).to.be.below(3000)
    await relay.close()
  })

  it('does not wait for verbs that came after it', async () => {
    const { store } = opened({ url: server.url })
    await store.ping()
    let stop = false
    const traffic = (async () => {
      while (!stop) await store.load('a')
    })()
    await store.close()
    stop = true
    await traffic
  })

  it('waits no longer than an operation may take', async () => {
    const silent = await fakeServer('silent')
    const { store } = opened({ url: `redis://127.0.0.1:${silent.port}`, operationTimeout: 0.3 })
    const failed = failure(store.load('a'))
    await sleep(200)
    await store.close()
    await failed
    await silent.close()
  })
})

/** How many clients the server has. */
async function clients(raw: Redis): Promise<number> {
  return String(await raw.client('LIST'))
    .trim()
    .split('\n').length
}
