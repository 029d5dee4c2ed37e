import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { child, startChild } from './child.ts'
import { fakeServer, proxy } from './faults.ts'
import { redisCluster, redisSentinel } from './redis-groups.ts'
import { ask } from './server.ts'
import { memcached, redis } from './servers.ts'

const PING = 'PING\r\n'
const PONG = '+PONG\r\n'

describe('The support of the specs', () => {
  for (const [name, begin, hello] of [
    ['Redis', () => redis({}), PING],
    ['memcached', () => memcached({}), 'version\r\n'],
  ] as const) {
    it(`kills, restarts, stops and continues a private ${name} on one port`, async () => {
      const server = await begin()
      try {
        await server.kill()
        expect(await failure(ask(server.port, hello))).to.contain('ECONNREFUSED')
        await server.restart()
        const answer = await ask(server.port, hello)
        server.stop()
        expect(await failure(ask(server.port, hello))).to.contain('Nothing answers')
        server.cont()
        expect(await ask(server.port, hello)).to.equal(answer)
      } finally {
        await server.close()
      }
    })
  }

  it('protects a Redis by a password', async () => {
    const server = await redis({ password: 'a b' })
    expect(await ask(server.port, PING)).to.match(/^-NOAUTH/)
    expect(await ask(server.port, 'AUTH "a b"\r\n')).to.equal('+OK\r\n')
    await server.close()
  })

  it('starts a cluster of three', async () => {
    const { nodes } = await redisCluster()
    expect(await ask(nodes[2]!.port, 'CLUSTER INFO\r\n')).to.contain('cluster_size:3')
  })

  it('starts a master with a sentinel, which replaces it when it dies', async () => {
    const { name, sentinel, master, replica, close } = await redisSentinel()
    await master.kill()
    const query = `SENTINEL get-master-addr-by-name ${name}\r\n`
    for (let turn = 0; turn < 200 && !(await ask(sentinel.port, query)).includes(`${replica.port}`); turn++)
      await sleep(50)
    expect(await ask(sentinel.port, query)).to.contain(`${replica.port}`)
    await close()
  }).timeout(20_000)

  it('relays to a server, cuts, stalls and delays', async () => {
    const { port } = await redis()
    const relay = await proxy(port)
    expect(await ask(relay.port, PING)).to.equal(PONG)
    relay.truncate(3)
    expect(await ask(relay.port, PING)).to.equal('+PO')
    relay.stall()
    expect(await failure(ask(relay.port, PING))).to.contain('Nothing answers')
    relay.flow()
    relay.delay(1500)
    expect(await failure(ask(relay.port, PING))).to.contain('Nothing answers')
    relay.delay(0)
    expect(await ask(relay.port, PING)).to.equal(PONG)
    expect(relay.connections).to.equal(5)

    const asked = failure(ask(relay.port, '\r\n'))
    while (relay.connections < 6) await sleep(5)
    relay.cut()
    expect(await asked).to.match(/hung up|ECONNRESET/)
    await relay.close()
    expect(await failure(ask(relay.port, PING))).to.contain('ECONNREFUSED')
  })

  it('has servers that are silent, talk garbage, and hang up', async () => {
    const silent = await fakeServer('silent')
    const garbage = await fakeServer('garbage')
    const hangup = await fakeServer('hangup')
    expect(await failure(ask(silent.port, PING))).to.contain('Nothing answers')
    expect(await ask(garbage.port, PING)).to.contain('\0')
    expect(await failure(ask(hangup.port, PING))).to.match(/hung up|ECONNRESET/)
    for (const server of [silent, garbage, hangup]) await server.close()
  })

  it('runs scripts in processes of their own', async () => {
    const script = `const n: number = 3; console.log(process.argv[1], process.env.X); console.error('no'); process.exit(n)`
    const result = await child(script, { args: ['--a'], env: { X: 'y' } })
    expect(result).to.deep.include({ code: 3, stdout: '--a y\n', stderr: 'no\n', timedOut: false })
  })

  it('talks with scripts, and kills those that run on', async () => {
    const echo = startChild(`process.stdin.on('data', (told) => console.log('told ' + told))`, { limit: 3000 })
    echo.tell('me')
    expect(await echo.line(/told/)).to.equal('told me')
    expect(await echo.done).to.include({ code: null, signal: 'SIGKILL', timedOut: true })
  })

  it('leaves no server and no folder behind, even when the process is killed', async () => {
    const script = `
      import { redis } from './spec/support/servers.ts'
      import { tempFolder } from './spec/support/run-folder.ts'
      const server = await redis({})
      console.log('ready', server.port, tempFolder())
      setInterval(() => {}, 1000)
    `
    await redis()
    const killed = startChild(script)
    const [, port, folder] = (await killed.line(/^ready/)).split(' ')
    expect(await ask(Number(port), PING)).to.equal(PONG)
    killed.kill()
    await killed.done
    // The folder may go before the last connection is refused.
    const isGone = async () => !existsSync(folder!) && (await failure(ask(Number(port), PING))).includes('ECONNREFUSED')
    for (let turn = 0; turn < 100 && !(await isGone()); turn++) await sleep(50)
    expect(await isGone()).to.equal(true)
  })
})

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no failure',
    (error: Error) => error.message,
  )
}
