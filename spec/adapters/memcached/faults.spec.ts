import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemcachedCache, MemcachedCache } from '../../../adapters/memcached/index.ts'
import { AdapterError, CacheTimeout, ConnectionFailed, PartialFailure } from '../../../lib/core/errors.ts'
import type { Cache } from '../../../lib/core/types.ts'
import { systemNow } from '../../../lib/entry/clock.ts'
import { fakeServer } from '../../support/faults.ts'
import { freePort, memcached, type PrivateServer } from '../../support/servers.ts'
import { closeAll, everyFailure, failureOf, GRACE, load, open, recovery, save } from './support.ts'

describe('Without a memcached server', () => {
  afterEach(closeAll)

  it('every verb fails at once, with an error that names the server', async () => {
    const opened = open({ port: await freePort() })
    const began = performance.now()
    const errors = await everyFailure(opened)
    expect(performance.now() - began).to.be.below(GRACE)
    for (const error of errors) {
      expect(error).to.be.instanceOf(ConnectionFailed)
      expect(error.message).to.match(/memcached server at 127\.0\.0\.1:\d+ failed: .*ECONNREFUSED/)
    }
    expect(new Set(errors).size).to.equal(errors.length)
    expect(opened.events).to.deep.equal([])
  })

  it('connecting is not tried more often than the pauses allow', async () => {
    const nobody = await fakeServer('hangup')
    const opened = open(nobody)
    for (let i = 0; i < 200; i++) {
      expect((await failureOf(load(opened, 'a'))).error).to.be.instanceOf(ConnectionFailed)
      await sleep(1)
    }
    // The pauses are 50, 100, 200 ms...
    expect(nobody.connections).to.be.within(2, 8)
    await nobody.close()
  })
})

describe('status() of a cache over memcached', () => {
  for (const Adapter of [MemcachedCache, AsyncMemcachedCache]) {
    it(`says that the server is down, since when and why, and that it is up again (${Adapter.name})`, async () => {
      const server = await memcached({})
      const cache: Cache = new Adapter({
        servers: `127.0.0.1:${server.port}`,
        prefix: 'status:',
        operationTimeout: 0.3,
      })
      const read = async () => {
        try {
          await cache.get('k')
        } catch {
          // status() tells.
        }
      }
      expect(cache.status()).to.include({ state: 'unknown', breaker: 'closed' })
      await cache.set('k', 'v')
      expect(cache.status()).to.include({ state: 'up', breaker: 'closed' })

      await server.kill()
      await read()
      const { state, since, error, breaker } = cache.status()
      expect([state, breaker, error?.name]).to.deep.equal(['down', 'open', 'ConnectionFailed'])
      expect(since).to.be.closeTo(systemNow(), 5000)

      await server.restart()
      for (const end = performance.now() + 10_000; cache.status().state !== 'up'; await sleep(20)) {
        await read()
        expect(performance.now(), 'it stays down').to.be.below(end)
      }
      expect(cache.status().error).to.equal(undefined)
      await cache.close()
      await server.close()
    })
  }
})

describe('When memcached dies', () => {
  let server: PrivateServer
  beforeEach(async () => {
    server = await memcached({})
  })
  afterEach(async () => {
    await closeAll()
    await server.close()
  })

  it('pending verbs fail, and everything works soon after it is started again', async () => {
    const opened = open(server)
    let stop = false
    let wrong = 0
    const failures: unknown[] = []
    const traffic = Array.from({ length: 50 }, async (_, i) => {
      while (!stop) {
        try {
          await save(opened, `${i}`)
          const found = await load(opened, `${i}`)
          if (found !== `${i}` && found !== undefined) wrong++
        } catch (error) {
          failures.push(error)
          await sleep(5)
        }
      }
    })
    await sleep(100)
    await server.kill()
    await sleep(300)
    await server.restart()
    const took = await recovery(() => save(opened, 'a'))
    stop = true
    await Promise.all(traffic)

    expect(took).to.be.below(2000)
    expect(wrong).to.equal(0)
    expect(failures.length).to.be.above(50)
    for (const error of failures) expect(error).to.be.instanceOf(ConnectionFailed)
    expect(await load(opened, 'a')).to.equal('a')
    expect(opened.events).to.deep.equal(['connect', 'disconnect', 'connect', 'recover'])
  })

  it('an idle cache emits disconnect, and nothing fails', async () => {
    const opened = open(server)
    await save(opened, 'a')
    await server.restart()
    await recovery(async () => expect(opened.events).to.deep.equal(['connect', 'disconnect']))
    expect(await load(opened, 'a')).to.equal(undefined)
    expect(opened.events).to.deep.equal(['connect', 'disconnect', 'connect'])
  })

  it('and is back at once, entries that are saved then are kept', async () => {
    const opened = open(server)
    await save(opened, 'a')
    await server.restart()
    await recovery(() => save(opened, 'b'))
    // By then, everybody has asked for the generation again.
    await sleep(1100)
    expect(await load(opened, 'b')).to.equal('b')
  })

  it('all keys of the first call after the outage are the probe together', async () => {
    const opened = open(server)
    const keys = ['a', 'b', 'c', 'd'].map((name) => opened.prefix + name)
    const savings = keys.map((key) => [key, 'x', null] as const)
    const calls = [
      () => opened.store.loadMany(keys),
      () => opened.store.saveMany(savings),
      () => opened.store.drop(keys),
    ]
    for (const call of calls) {
      await save(opened, 'a')
      await server.kill()
      expect((await failureOf(load(opened, 'a'))).error).to.be.instanceOf(ConnectionFailed)
      await server.restart()
      // After the longest pause of the breaker, nobody has asked yet.
      await sleep(100)
      await call()
    }
  })

  it('a call for many keys answers, stores and removes those of the living servers, and names the others', async () => {
    const others = [await memcached({}), await memcached({})]
    const servers = [server, ...others].map(({ port }) => `127.0.0.1:${port}`)
    const names = Array.from({ length: 60 }, (_, i) => `${i}`)
    for (const Class of [AsyncMemcachedCache, MemcachedCache]) {
      const cache: Cache = new Class({ servers, prefix: `${Class.name}:`, operationTimeout: '1s' })
      await cache.setMany(names.map((name) => [name, name] as const))
      await server.kill()

      const error = (await thrown(() => cache.getMany(names))) as PartialFailure
      expect(error).to.be.instanceOf(PartialFailure)
      expect(error.keys.length).to.be.within(8, 35)
      expect(error.message).to.include(`:${server.port}`)
      const dead = new Set(error.keys)
      const living = names.filter((name) => !dead.has(name))
      expect(await cache.getMany(living)).to.deep.equal(living)

      let asked: string[] = []
      const values = await cache.getOrSetMany(names, (missing) => {
        asked = missing
        return missing.map((name) => `loaded ${name}`)
      })
      expect(asked).to.deep.equal([...dead])
      expect(values).to.deep.equal(names.map((name) => (dead.has(name) ? `loaded ${name}` : name)))

      expect(((await thrown(() => cache.remove(...names))) as PartialFailure).keys).to.have.members([...dead])
      expect(await cache.getMany(living)).to.deep.equal(living.map(() => undefined))
      const degrading: Cache = new Class({ servers, prefix: `${Class.name}:`, onBackendError: 'miss' })
      await thrown(() => cache.setMany(names.map((name) => [name, 'new'] as const)))
      expect(await degrading.getMany(names)).to.deep.equal(names.map((name) => (dead.has(name) ? undefined : 'new')))
      await cache.close()
      await degrading.close()
      await server.restart()
    }
    for (const other of others) await other.close()
  })

  it('the keys of another server are not affected', async () => {
    const other = await memcached({})
    const opened = open([server, other])
    const names = Array.from({ length: 200 }, (_, i) => `${i}`)
    await Promise.all(names.map((name) => save(opened, name)))
    await server.kill()

    const found = await Promise.allSettled(names.map((name) => load(opened, name)))
    const [there, lost] = [found.filter((f) => f.status === 'fulfilled'), found.filter((f) => f.status === 'rejected')]
    expect(there.length).to.be.within(60, 140)
    expect(found.every((f, i) => f.status === 'rejected' || f.value === names[i])).to.equal(true)
    for (const { reason } of lost) expect(reason).to.be.instanceOf(ConnectionFailed)

    expect((await failureOf(opened.store.ping())).error).to.be.instanceOf(ConnectionFailed)

    await server.restart()
    expect(await recovery(() => opened.store.ping())).to.be.below(2000)
    await Promise.all(names.map((name) => save(opened, name)))
    await opened.store.close()
    await other.close()
  })
})

describe('When memcached is stopped', () => {
  let server: PrivateServer
  beforeEach(async () => {
    server = await memcached({})
  })
  afterEach(async () => {
    server.cont()
    await closeAll()
    await server.close()
  })

  it('pending verbs fail in time, later ones at once, and everything works soon after it continues', async () => {
    const opened = open(server)
    await save(opened, 'a')
    server.stop()
    const began = performance.now()
    const errors = await everyFailure(opened)
    expect(performance.now() - began).to.be.within(1900, 2000 + GRACE)
    for (const error of errors) expect(error).to.be.instanceOf(CacheTimeout)
    expect(errors[0]!.message).to.match(/memcached server at .* did not answer within 2000 ms/)

    const next = await failureOf(load(opened, 'a'))
    expect(next.error).to.be.instanceOf(AdapterError)
    expect(next.took).to.be.below(500)

    server.cont()
    expect(await recovery(() => save(opened, 'b'))).to.be.below(2000)
    expect(await load(opened, 'b')).to.equal('b')
    expect(opened.events.at(-1)).to.equal('recover')
  })

  it('for less than the time-out, every verb is answered', async () => {
    const opened = open(server)
    await save(opened, 'a')
    server.stop()
    const loading = load(opened, 'a')
    await sleep(300)
    server.cont()
    expect(await loading).to.equal('a')
  })

  it('a process that was busy itself does not take it for stopped', async () => {
    const opened = open(server, { operationTimeout: '100ms' })
    await save(opened, 'a')
    const loading = load(opened, 'a')
    // The reply comes while nobody can read it.
    setImmediate(() => busy(400))
    expect(await loading).to.equal('a')
  })
})

describe('A process that is busy while it connects to memcached', () => {
  afterEach(closeAll)

  it('gets its answers, though it was busy for longer than an operation may take', async () => {
    const opened = open(await memcached(), { operationTimeout: '300ms' })
    const answers = [save(opened, 'a'), load(opened, 'a')]
    await new Promise(setImmediate)
    busy(900)
    expect(await Promise.all(answers)).to.deep.equal([undefined, 'a'])
    expect(opened.events).to.deep.equal(['connect'])
  })
})

/** The error that a verb of either mode throws. */
async function thrown(verb: () => unknown): Promise<unknown> {
  try {
    await verb()
  } catch (error) {
    return error
  }
  throw new Error('It did not fail.')
}

function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
