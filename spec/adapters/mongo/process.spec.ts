import { expect } from 'chai'
import { child } from '../../support/child.ts'
import { fakeServer } from '../../support/faults.ts'
import { freePort } from '../../support/ports.ts'
import { type WireServer, wireServer } from './wire-server.ts'

const OPEN = `
  import { AsyncMongoCache, MongoCache } from './adapters/mongo/index.ts'
  const url = 'mongodb://127.0.0.1:' + process.argv[1]
`

/** Runs a script that may use the caches and a \`url\`, and gives what it wrote. */
async function output(script: string, port: number): Promise<string> {
  const { code, stdout, stderr, timedOut } = await child(OPEN + script, { args: [String(port)] })
  expect({ code, stderr, timedOut }).to.deep.equal({ code: 0, stderr: '', timedOut: false })
  return stdout.trim()
}

describe('A process with a cache in MongoDB', () => {
  let server: WireServer
  before(async () => {
    server = await wireServer()
  })
  after(() => server.close())

  it('ends by itself when the cache was used and not closed', async () => {
    const script = `
      const cache = new AsyncMongoCache({ url })
      await cache.set('k', 'v')
      for await (const key of cache.keys()) console.log(key, await cache.get(key))
    `
    expect(await output(script, server.port)).to.equal('k v')
  })

  it('ends by itself when the synchronous cache was used and not closed', async () => {
    const script = `
      const cache = new MongoCache({ url })
      cache.set('k', 'w')
      console.log(cache.get('k'))
    `
    expect(await output(script, server.port)).to.equal('w')
  })

  it('ends by itself when there was no server, or a silent one', async () => {
    const script = `
      const cache = new AsyncMongoCache({ url, operationTimeout: '500ms' })
      await cache.get('k').catch((error) => console.log(error.code))
    `
    expect(await output(script, await freePort())).to.equal('E_CONNECTION')
    const silent = await fakeServer('silent')
    expect(await output(script, silent.port)).to.equal('E_TIMEOUT')
    await silent.close()
  })

  it('ends by itself when the server went just before the cache was closed', async () => {
    const script = `
      import { setImmediate as turn } from 'node:timers/promises'
      import { wireServer } from './spec/adapters/mongo/wire-server.ts'
      for (let turns = 0; turns < 5; turns++) {
        const server = await wireServer()
        const cache = new AsyncMongoCache({ url: server.url, operationTimeout: '500ms' })
        await cache.set('k', 'v')
        await server.close()
        for (let i = 0; i < turns; i++) await turn()
        await cache.close()
      }
      console.log('closed')
    `
    expect(await output(script, 0)).to.equal('closed')
  })

  it('keeps its connection open while it serves others, and opens it again otherwise', async () => {
    const script = `
      import { createServer } from 'node:net'
      const events = []
      const cache = new AsyncMongoCache({ url }).on('connect', () => events.push('connect')).on('disconnect', () => events.push('disconnect'))
      const rest = () => new Promise((resolve) => setTimeout(resolve, 1500))
      const listening = createServer(() => {}).listen(0)
      await cache.get('k')
      await rest()
      console.log(String(events))
      listening.close()
      await rest()
      console.log(String(events), await cache.get('k'))
    `
    expect(await output(script, server.port)).to.equal('connect\nconnect,disconnect w')
  })
})
