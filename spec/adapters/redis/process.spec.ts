import { expect } from 'chai'
import { child, startChild } from '../../support/child.ts'
import { fakeServer, proxy } from '../../support/faults.ts'
import { freePort, redis } from '../../support/servers.ts'

const OPEN = `
  import { RedisStore } from './adapters/redis/store.ts'
  const open = (port, options) =>
    new RedisStore({ url: 'redis://127.0.0.1:' + port, ...options }, { adapter: 'AsyncRedisCache', emit() {} })
`

/** Runs a script that may use \`open\`, with ports as its arguments, and gives what it wrote. */
async function output(script: string, ...ports: number[]): Promise<string> {
  const { code, stdout, stderr, timedOut } = await child(OPEN + script, { args: ports.map(String) })
  expect({ code, stderr, timedOut }).to.deep.equal({ code: 0, stderr: '', timedOut: false })
  return stdout.trim()
}

describe('A process with a RedisStore', () => {
  it('ends by itself when the store was used and not closed', async () => {
    const { port } = await redis()
    const script = `
      const store = open(process.argv[1])
      await store.save('spec:process', 'x', 1000)
      console.log(String(await store.load('spec:process')))
      for await (const key of store.list('spec:nothing')) console.log(key)
    `
    expect(await output(script, port)).to.equal('x')
  })

  it('ends by itself when the store was not even waited for', async () => {
    const { port } = await redis()
    expect(await output(`open(process.argv[1]).load('a').then((found) => console.log(found))`, port)).to.equal(
      'undefined',
    )
  })

  it('ends by itself when there was no server', async () => {
    const script = `
      const store = open(process.argv[1])
      for (let i = 0; i < 10; i++) await store.load('a').catch((error) => console.log(error.code))
    `
    expect(await output(script, await freePort())).to.match(/^(E_CONNECTION\s*){10}$/)
  })

  it('is kept alive by nothing after it has lost its connection', async () => {
    const relay = await proxy((await redis()).port)
    const script = `
      import { setTimeout as sleep } from 'node:timers/promises'
      import { RedisStore } from './adapters/redis/store.ts'
      const lost = new Promise((resolve) => {
        const emit = (event) => event === 'disconnect' && resolve()
        const store = new RedisStore({ url: 'redis://127.0.0.1:' + process.argv[1] }, { adapter: 'AsyncRedisCache', emit })
        store.ping().then(() => console.log('ready'))
      })
      const awake = setInterval(() => {}, 1000)
      await lost
      clearInterval(awake)
      await sleep(20)
      console.log(process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate|TCP/.test(name)))
    `
    const { line, done } = startChild(script, { args: [String(relay.port)] })
    await line(/ready/)
    relay.cut()
    expect((await done).stdout).to.equal('ready\n[]\n')
    await relay.close()
  })

  it('waits for an answer under way', async () => {
    const relay = await proxy((await redis()).port)
    relay.delay(300)
    expect(await output(`console.log(await open(process.argv[1]).load('a'))`, relay.port)).to.equal('undefined')
    await relay.close()
  })

  it('waits for an answer that does not come, until its time is over', async () => {
    const silent = await fakeServer('silent')
    const script = `await open(process.argv[1], { operationTimeout: 0.3 }).load('a').catch((error) => console.log(error.code))`
    expect(await output(script, silent.port)).to.equal('E_TIMEOUT')
    await silent.close()
  })

  it('waits for the verbs under way when it closes the store', async () => {
    const relay = await proxy((await redis()).port)
    relay.delay(100)
    const script = `
      const store = open(process.argv[1])
      store.load('a').then((found) => console.log(found))
      await store.close()
      console.log('closed')
    `
    expect(await output(script, relay.port)).to.equal('undefined\nclosed')
    await relay.close()
  })
})
