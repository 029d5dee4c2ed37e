import { inspect } from 'node:util'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { AdapterError, CacheTimeout, ConnectionFailed } from '../../../lib/core/errors.ts'
import { type Fault, fakeServer } from '../../support/faults.ts'
import { type PrivateServer, redis } from '../../support/servers.ts'
import { closeOpened, eventually, failure, opened } from './opened.ts'
import { staysQuiet } from './quiet.ts'

/** The operation timeout of the stores here, in ms. */
const LIMIT = 500
/** What a busy machine may add to it. */
const SLACK = 1500

describe('RedisStore, with a server that does not let it in', () => {
  let server: PrivateServer
  let url: string

  before(async () => {
    server = await redis({})
    url = server.url
  })

  afterEach(closeOpened)
  after(() => server.close())
  staysQuiet()

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
})

/** A server that answers everything with the same words. */
function sending(words: string): Fault {
  return (socket) => void socket.on('data', () => socket.write(words))
}
