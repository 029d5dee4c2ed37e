import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { KeyedReadWriteLock } from '../../../adapters/mongo/key-locks.ts'
import { closeOpened, listed, opened } from './opened.ts'
import { type WireServer, wireServer } from './wire-server.ts'

describe('The order of verbs in MongoStore', () => {
  let server: WireServer
  before(async () => {
    server = await wireServer()
    // Each command takes another time, so that a later one on another connection overtakes.
    server.before = () => sleep(Math.random() * 10)
  })
  afterEach(closeOpened)
  after(() => server.close())

  it('is that of the calls on one key, though they go over many connections', async () => {
    const { store } = opened({ url: server.url })
    const done = []
    const seen = []
    for (let i = 0; i < 30; i++) {
      done.push(i % 3 === 0 ? store.saveMany([['a', String(i), null]]) : store.save('a', String(i), null))
      seen.push(store.load('a'))
      if (i % 10 === 9) done.push(store.drop(['a']))
    }
    seen.push(store.load('a'))
    await Promise.all(done)
    const expected = Array.from({ length: 30 }, (_, i): string | undefined => String(i))
    expect(await Promise.all(seen)).to.deep.equal([...expected, undefined])
  })

  it('holds with what goes over all keys, too', async () => {
    const { store } = opened({ url: server.url })
    const first = store.save('b:1', 'x', null)
    const keys = listed(store.list('b:'))
    const wiped = store.wipe('b:')
    const last = store.save('b:2', 'y', null)
    const found = store.loadMany(['b:1', 'b:2'])
    expect(await keys).to.deep.equal(['b:1'])
    await Promise.all([first, wiped, last])
    expect(await found).to.deep.equal([undefined, 'y'])
  })

  it('runs commands for different keys, and reads of one key, side by side', async () => {
    const { store } = opened({ url: server.url })
    await store.save('a', 'x', null)
    let running = 0
    let resolve = () => {}
    const all = new Promise<void>((settle) => {
      resolve = settle
    })
    // None of the four goes on before all of them are there.
    server.before = async () => {
      if (++running === 4) resolve()
      await all
    }
    await Promise.all([store.load('a'), store.load('a'), store.save('b', 'x', null), store.save('c', 'x', null)])
    expect(running).to.equal(4)
  })
})

describe('KeyedReadWriteLock', () => {
  it('go on after a job that failed, and remember nothing of what is over', async () => {
    const turns = new KeyedReadWriteLock()
    const failing = turns.write(['a'], () => Promise.reject(new Error('no')))
    const after = turns.read(['a', 'a', 'b'], async () => 'read')
    expect(await failing.catch((error: Error) => error.message)).to.equal('no')
    expect(await after).to.equal('read')
    await turns.writeAll(async () => {})
    let isRun = false
    const next = turns.write(['a'], async () => {
      isRun = true
    })
    expect(isRun, 'at once').to.equal(true)
    await next
  })
})
