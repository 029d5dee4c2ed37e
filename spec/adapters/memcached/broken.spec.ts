import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AdapterError, CacheTimeout, ConnectionFailed } from '../../../lib/core/errors.ts'
import type { TcpProxy as Way } from '../../../lib/testing/index.ts'
import { proxy } from '../../support/faults.ts'
import { memcached, type PrivateServer } from '../../support/servers.ts'
import { closeAll, failureOf, load, open, recovery, save } from './support.ts'

describe('A broken connection to memcached', () => {
  let server: PrivateServer
  let way: Way
  beforeEach(async () => {
    server = await memcached({})
    way = await proxy(server.port)
  })
  afterEach(async () => {
    await closeAll()
    await way.close()
    await server.close()
  })

  it('fails the verb whose reply it cuts, and no later one', async () => {
    const opened = open(way)
    await save(opened, 'a', 'x'.repeat(100_000))
    for (const bytes of [0, 1, 10, 40, 1000]) {
      way.truncate(bytes)
      const errors = await Promise.all([failureOf(load(opened, 'a')), failureOf(load(opened, 'none'))])
      for (const { error } of errors) expect(error).to.be.instanceOf(ConnectionFailed)
      expect(await recovery(() => load(opened, 'a'))).to.be.below(2000)
      expect(await load(opened, 'a')).to.have.lengthOf(100_000)
    }
  })

  it('never gives a wrong answer under load', async () => {
    const opened = open(way, { operationTimeout: '500ms' })
    const names = Array.from({ length: 300 }, (_, i) => `${i}`)
    await Promise.all(names.map((name) => save(opened, name, `${name}|`.repeat(200))))
    let right = 0
    const wrong: unknown[] = []
    let stop = false
    const traffic = names.map(async (name) => {
      while (!stop) {
        try {
          const found = await load(opened, name)
          if (found === `${name}|`.repeat(200)) right++
          else wrong.push(found)
        } catch (error) {
          if (!(error instanceof AdapterError)) wrong.push(error)
          await sleep(1)
        }
      }
    })
    for (let i = 0; i < 15; i++) {
      await recovery(() => load(opened, '0'))
      await sleep(5)
      i % 3 === 0 ? way.cut() : way.truncate(17 * i)
    }
    stop = true
    await Promise.all(traffic)
    expect(wrong).to.deep.equal([])
    expect(right).to.be.above(15)
  })

  it('never gives a late answer to another request', async () => {
    const opened = open(way, { operationTimeout: '200ms' })
    await save(opened, 'a')
    await save(opened, 'b')
    way.stall()
    expect((await failureOf(load(opened, 'a'))).error).to.be.instanceOf(CacheTimeout)
    way.flow()
    await recovery(() => load(opened, 'b'))
    expect(await Promise.all([load(opened, 'b'), load(opened, 'none'), load(opened, 'a')])).to.deep.equal([
      'b',
      undefined,
      'a',
    ])
  })

  it('leaves no sockets and timers behind', async () => {
    const opened = open(way)
    await save(opened, 'a')
    const before = resources()
    for (let i = 0; i < 50; i++) {
      way.cut()
      await recovery(() => load(opened, 'a'))
    }
    await opened.store.close()
    await recovery(async () => expect(resources()).to.be.at.most(before))
  })
})

function resources(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCPSocket|Timeout/.test(name)).length
}
