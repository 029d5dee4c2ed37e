import { writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { expect } from 'chai'
import { AsyncMemcachedCache, MemcachedCache, type MemcachedOptions } from '../../../adapters/memcached/index.ts'
import { ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { certificate } from '../../support/certificate.ts'
import { freePort } from '../../support/ports.ts'
import { tempFolder } from '../../support/run-folder.ts'
import { memcached, needed, start } from '../../support/servers.ts'
import { failureOf } from './support.ts'

const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** The synchronous and the asynchronous cache store and read. */
async function works(options: MemcachedOptions): Promise<void> {
  await worksLater(options)
  const sync = new MemcachedCache(options)
  opened.push(sync)
  sync.set('d', 'ü')
  expect(sync.getMany(['b', 'd'])).to.deep.equal(['ü', 'ü'])
}

/** The same for the asynchronous cache alone: the other cannot use a relay in the thread that it blocks. */
async function worksLater(options: MemcachedOptions): Promise<void> {
  const asynchronous = new AsyncMemcachedCache(options)
  opened.push(asynchronous)
  await asynchronous.setMany({ a: 'x'.repeat(100_000), b: 'ü' })
  expect(await asynchronous.getMany(['a', 'b', 'c'])).to.deep.equal(['x'.repeat(100_000), 'ü', undefined])
  expect(await asynchronous.backendStats()).to.have.property('curr_items')
}

/** A real server behind a relay that listens in another way. */
async function relay(make: (serve: (socket: Socket) => void) => Server, at: string | number): Promise<void> {
  const { port } = await memcached()
  const sockets = new Set<Socket>()
  const server = make((socket) => {
    const backend = connect(port, '127.0.0.1')
    for (const one of [socket, backend]) sockets.add(one.on('error', () => {}))
    socket.pipe(backend).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(at, resolve))
  opened.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
}

describe('Connecting to memcached', () => {
  it('takes a URL, for the synchronous and the asynchronous cache', async () => {
    const { port } = await memcached()
    await works({ url: `memcached://127.0.0.1:${port}/`, prefix: 'url:' })
  })

  it('takes the path of a Unix socket', async () => {
    const path = join(tempFolder('socket'), 'memcached.sock')
    await relay(createServer, path)
    await worksLater({ servers: `unix://${path}`, prefix: 'unix:' })
  })

  it('fails with the path of a Unix socket on which nobody listens', async () => {
    const path = join(tempFolder('socket'), 'nobody.sock')
    const cache = new AsyncMemcachedCache({ servers: path })
    const { error } = await failureOf(cache.get('a'))
    expect(error).to.be.instanceOf(ConnectionFailed)
    expect(error.message).to.include(path).and.include('ENOENT')
  })

  it('encrypts by TLS, and checks the certificate', async () => {
    const port = await freePort()
    await relay((serve) => createTlsServer(certificate, serve), port)
    const url = `memcacheds://localhost:${port}`
    await worksLater({ url, prefix: 'tls:', tls: { ca: certificate.cert, host: '127.0.0.1' } })

    const distrustful = new AsyncMemcachedCache({ url })
    opened.push(distrustful)
    const { error } = await failureOf(distrustful.get('a'))
    expect(error).to.be.instanceOf(ConnectionFailed)
    expect(error.message).to.match(/self.signed certificate/)
  })
})

describe('Logging in to memcached', () => {
  let port: number
  before(async () => {
    const file = join(tempFolder('auth'), 'users')
    writeFileSync(file, 'user:p@ss:word\n')
    const user = process.getuid?.() === 0 ? ['-u', 'root'] : []
    const server = await start({
      program: needed('memcached'),
      args: (port) => ['-l', '127.0.0.1', '-p', String(port), '-Y', file, ...user],
      hello: 'mn\r\n',
      answer: /^CLIENT_ERROR unauthenticated/,
    })
    port = server.port
    return () => server.close()
  })

  it('works with the login of a URL, and with options', async () => {
    await works({ url: `memcached://user:p%40ss%3Aword@127.0.0.1:${port}`, prefix: 'a:' })
    await works({ servers: `127.0.0.1:${port}`, username: 'user', password: 'p@ss:word', prefix: 'b:' })
  })

  it('fails with an error that says so for a wrong login and for none, without the password', async () => {
    for (const url of [`memcached://user:wrong-one@127.0.0.1:${port}`, `memcached://127.0.0.1:${port}`]) {
      const cache = new AsyncMemcachedCache({ url, operationTimeout: '5s' })
      opened.push(cache)
      const { error, took } = await failureOf(cache.get('a'))
      expect(error).to.be.instanceOf(ConnectionFailed)
      expect(error.message).to.include('user name or password').and.not.include('wrong-one')
      expect(took).to.be.below(2000)
    }
  })

  it('is refused for the package memcached, which cannot do it', () => {
    const url = `memcached://user:secret@127.0.0.1:${port}`
    expect(() => new AsyncMemcachedCache({ url, options: {} })).to.throw(ConfigError, 'package "memcached"')
  })
})
