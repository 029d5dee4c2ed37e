import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { child } from '../../support/child.ts'
import { fakeServer } from '../../support/faults.ts'
import { tempFolder } from '../../support/run-folder.ts'
import { freePort, memcached } from '../../support/servers.ts'

/** The beginning of every script: a store at the given port. */
const OPEN = `
  import { MemcachedStore } from './adapters/memcached/store.ts'
  const context = { adapter: 'AsyncMemcachedCache', emit: () => {} }
  const prefix = 'spec:' + Math.random() + ':'
  const open = (options) => new MemcachedStore({ servers: '127.0.0.1:' + process.argv.at(-1), prefix, ...options }, context)
  const fails = (promise) => promise.then(() => console.log('worked'), (error) => console.log(error.name))
`

const run = (script: string, port: number, env = {}) => child(OPEN + script, { args: [String(port)], env })

describe('A process that uses memcached', () => {
  it('ends when it is idle, without closing anything', async () => {
    const { port } = await memcached()
    const { code, stdout, stderr, timedOut } = await run(
      `
      const store = open({ operationTimeout: '1h' })
      await store.save('a', 'x', 60000)
      await store.loadMany(['a', 'b'])
      await store.ping()
      console.log('done')
      `,
      port,
    )
    expect({ code, stdout, stderr, timedOut }).to.deep.equal({ code: 0, stdout: 'done\n', stderr: '', timedOut: false })
  })

  it('ends when the name of the server has several addresses', async () => {
    const { port } = await memcached()
    const { code, stdout, stderr } = await run(
      `
      import dns from 'node:dns'
      const addresses = [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }]
      dns.lookup = (name, options, done) => setTimeout(done, 1, null, addresses)
      await fails(open({ servers: 'somewhere:' + process.argv.at(-1) }).load('a'))
      `,
      port,
    )
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: 'worked\n', stderr: '' })
  })

  it('ends when the server cannot be reached', async () => {
    const { code, stdout, stderr } = await run(
      `
      const store = open({})
      for (let i = 0; i < 5; i++) await fails(store.load('a'))
      `,
      await freePort(),
    )
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: 'ConnectionFailed\n'.repeat(5), stderr: '' })
  })

  it('is kept alive by a pending request', async () => {
    const silent = await fakeServer('silent')
    const { code, stdout, stderr } = await run(`void fails(open({ operationTimeout: '700ms' }).load('a'))`, silent.port)
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: 'CacheTimeout\n', stderr: '' })
    await silent.close()
  })

  it('gets no unhandled rejection from a store that fails', async () => {
    const hangup = await fakeServer('hangup')
    const { code, stdout, stderr } = await run(
      `
      const store = open({})
      await fails(Promise.all(Array.from({ length: 100 }, (_, i) => store.save('a' + i, 'x', null))))
      await fails(store.loadMany(['a', 'b', 'c']))
      await fails(store.wipe(prefix))
      `,
      hangup.port,
    )
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: 'ConnectionFailed\n'.repeat(3), stderr: '' })
    await hangup.close()
  })

  it('spawns no ping and ends, also with a client of the package memcached', async () => {
    const folder = tempFolder('ping')
    const trace = join(folder, 'was-run')
    writeFileSync(join(folder, 'ping'), `#!/bin/sh\ntouch '${trace}'\n`)
    chmodSync(join(folder, 'ping'), 0o755)
    const { code, stdout, stderr } = await run(
      `
      const store = open({ options: { reconnect: 100 }, operationTimeout: '300ms' })
      for (let i = 0; i < 40; i++) {
        await Promise.allSettled([store.load('a'), store.load('b'), store.ping()])
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      await fails(store.load('a'))
      `,
      await freePort(),
      { PATH: folder + delimiter + process.env.PATH },
    )
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.match(/ConnectionFailed|CacheTimeout/)
    expect(existsSync(trace)).to.equal(false)
  })
})
