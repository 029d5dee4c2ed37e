import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { fakeServer } from '../../support/faults.ts'
import { type Address, redis } from '../../support/servers.ts'
import { closeOpened, failure, opened, ownPrefix } from './opened.ts'

describe('The options of RedisStore', () => {
  let server: Address

  before(async () => {
    server = await redis()
  })

  afterEach(closeOpened)

  it('reach the database that the URL names', async () => {
    const key = ownPrefix()
    await opened({ url: `${server.url}/5` }).store.save(key, 'x', 60_000)
    const raw = new Redis(server.url, { db: 5 })
    expect(await raw.del(key)).to.equal(1)
    await raw.quit()
  })

  it('reach a server that they name without a URL', async () => {
    const { host, port } = server
    await opened({ options: { host, port } }).store.ping()
    await opened({ options: { port } }).store.ping()
  })

  it('log in with what is percent-encoded in the URL', async () => {
    const guarded = await redis({ password: 'a/b@c:d %?#é' })
    await opened({ url: guarded.url }).store.ping()
    await opened({ url: `redis://127.0.0.1:${guarded.port}`, options: { password: 'a/b@c:d %?#é' } }).store.ping()
    await guarded.close()
  })

  it('reach a Unix socket by its path', async () => {
    const path = join(tmpdir(), `polycache-${process.pid}.sock`)
    const own = await redis({ args: ['--unixsocket', path] })
    await opened({ url: path }).store.ping()
    await own.close()
    const error = await failure(opened({ url: `${path}?password=hunter2` }).store.ping())
    expect(error).to.be.instanceOf(ConnectionFailed).with.property('message').that.contains(`Redis at ${path} `)
    expect(error.message).not.to.contain('hunter2')
  })

  it('speak TLS to rediss://', async () => {
    const first = new Promise<number>((resolve) => {
      const listening = createServer((socket) =>
        socket.once('data', (data) => {
          resolve(data[0]!)
          socket.destroy()
          listening.close()
        }),
      ).listen(0, '127.0.0.1', () => {
        const { port } = listening.address() as { port: number }
        void failure(opened({ url: `rediss://127.0.0.1:${port}` }).store.ping())
      })
    })
    // A TLS handshake begins with this byte.
    expect(await first).to.equal(0x16)
  })

  it('keep the time limit that they set, in seconds or text', async () => {
    const silent = await fakeServer('silent')
    for (const operationTimeout of [0.2, '200ms'] as const) {
      const error = await failure(opened({ url: `redis://127.0.0.1:${silent.port}`, operationTimeout }).store.ping())
      expect(error.message).to.contain('did not answer within 200 ms')
    }
    await silent.close()
  })

  it('may set no time limit', async () => {
    await opened({ url: server.url, operationTimeout: null }).store.ping()
    await opened({ url: server.url, operationTimeout: 'never' }).store.ping()
  })

  it('are refused at once when the time limit is none', () => {
    expect(() => opened({ operationTimeout: 0 })).to.throw(ConfigError, 'operationTimeout')
    expect(() => opened({ operationTimeout: '2 s' as never })).to.throw(TypeError, 'operationTimeout')
  })

  for (const [url, shown] of [
    ['', '""'],
    ['localhost:6379', '"localhost:6379"'],
    ['http://localhost:6379', '"http://localhost:6379"'],
    ['redis://', '"redis://"'],
    ['redis://localhost/cache', '"redis://localhost/cache"'],
    ['redis://localhost:port', '"redis://localhost:***"'],
    ['redis://:hunter2', '"redis://:***"'],
    ['redis://user:hunter2@localhost:99999', '"redis://***@localhost:99999"'],
    ['redis://user:hunter2/@localhost/x', '"redis://***@localhost/x"'],
    ['redis://user:hunter2%@localhost', '"redis://***@localhost"'],
    ['user:hunter2@localhost', '"***@localhost"'],
    ['redis://localhost/x?password=hunter2', '"redis://localhost/x"'],
  ] as const) {
    it(`are refused at once when the URL is ${shown}, without its password`, () => {
      expect(() => opened({ url }))
        .to.throw(ConfigError, `${shown} is not a Redis URL`)
        .with.property('message')
        .that.does.not.contain('hunter2')
    })
  }
})
