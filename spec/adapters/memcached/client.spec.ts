import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { MemcachedClient } from '../../../adapters/memcached/package-client.ts'
import { CacheTimeout, ConnectionFailed, ValueTooLarge } from '../../../lib/core/errors.ts'
import { fakeServer } from '../../support/faults.ts'
import { type Address, freePort, memcached } from '../../support/servers.ts'
import {
  client,
  closeAll,
  everyFailure,
  failureOf,
  GRACE,
  load,
  type Opened,
  open,
  recovery,
  save,
  text,
} from './support.ts'

/** Options that make the package `memcached` fail soon; by default it tries for minutes. */
const SOON = {
  retries: 2,
  minTimeout: 50,
  maxTimeout: 100,
  timeout: 500,
  failures: 1e9,
  retry: 100,
  failuresTimeout: 100,
  reconnect: 200,
}

/** A client of the caller, and one of our own. */
const WAYS: Record<string, (ports: number[]) => Opened> = {
  'of the caller': (ports) => open([], { client: client(ports, SOON), operationTimeout: '500ms' }),
  'made with options': (ports) =>
    open(
      ports.map((port) => ({ port })),
      { options: {}, operationTimeout: '500ms' },
    ),
}

afterEach(closeAll)

for (const [way, over] of Object.entries(WAYS)) {
  describe(`A client of the package memcached ${way}`, () => {
    it('fails in time if nothing listens, and at once when that is known', async () => {
      const opened = over([await freePort()])
      const began = performance.now()
      for (const error of await everyFailure(opened)) {
        expect(error.name).to.be.oneOf(['ConnectionFailed', 'CacheTimeout'])
      }
      expect(performance.now() - began).to.be.below(500 + GRACE)
      const next = await failureOf(load(opened, 'a'))
      expect(next.took).to.be.below(250)
    })

    it('fails in time if the server does not answer', async () => {
      const silent = await fakeServer('silent')
      const opened = over([silent.port])
      const began = performance.now()
      for (const error of await everyFailure(opened)) {
        expect(error.name).to.be.oneOf(['ConnectionFailed', 'CacheTimeout'])
      }
      expect(performance.now() - began).to.be.within(100, 500 + GRACE)
      await silent.close()
    })

    it('fails in time when the server dies, and works again soon after it is back', async () => {
      const server = await memcached({})
      const opened = over([server.port])
      await save(opened, 'a')
      const loading = Array.from({ length: 50 }, () => failureOf(recoveryless(opened)))
      await server.kill()
      for (const { error } of await Promise.all(loading))
        expect(error.name).to.match(/^(ConnectionFailed|CacheTimeout)$/)
      await server.restart()
      expect(await recovery(() => save(opened, 'a'))).to.be.below(2000)
      expect(opened.events).to.include('recover')
      await server.close()
    })

    it('fails in time when the server is stopped, and works again soon after it goes on', async () => {
      const server = await memcached({})
      const opened = over([server.port])
      await save(opened, 'a')
      server.stop()
      await sleep(50)
      const { error, took } = await failureOf(load(opened, 'a'))
      expect(error).to.be.instanceOf(CacheTimeout)
      expect(took).to.be.within(400, 500 + GRACE)
      server.cont()
      expect(await recovery(() => load(opened, 'a'))).to.be.below(2000)
      await server.close()
    })

    it('goes on with the keys of another server when one dies', async () => {
      const [one, two] = [await memcached({}), await memcached({})]
      const opened = over([one.port, two.port])
      const names = Array.from({ length: 100 }, (_, i) => `${i}`)
      await Promise.all(names.map((name) => save(opened, name)))
      await two.kill()
      await Promise.allSettled(names.map((name) => load(opened, name)))
      const found = await Promise.allSettled(names.map((name) => load(opened, name)))
      expect(found.filter(({ status }) => status === 'fulfilled').length).to.be.within(20, 80)
      expect(found.every((f, i) => f.status === 'rejected' || f.value === names[i])).to.equal(true)
      await one.close()
      await two.close()
    })

    it('refuses what is too large, and leaves nothing readable behind', async () => {
      const opened = over([(await memcached()).port])
      await save(opened, 'a', 'old')
      const large = ['x'.repeat(1024 * 1024), Buffer.alloc(600_000, 0xff)]
      for (const wire of large) {
        const { error } = await failureOf(save(opened, 'a', wire))
        expect(error).to.be.instanceOf(ValueTooLarge)
        expect(await load(opened, 'a')).to.equal(undefined)
      }
      await save(opened, 'a', 'x'.repeat(1_000_000))
      expect(await load(opened, 'a')).to.have.lengthOf(1_000_000)
    })

    it('clears', async () => {
      const opened = over([(await memcached()).port])
      await save(opened, 'a')
      await opened.store.wipe(opened.prefix)
      expect(await load(opened, 'a')).to.equal(undefined)
      await save(opened, 'a', '2')
      expect(await load(opened, 'a')).to.equal('2')
    })
  })
}

describe('A client of the package memcached', () => {
  let server: Address
  beforeEach(async () => {
    server = await memcached()
  })

  it('has the same entries as a connection of our own', async () => {
    const theirs = open([], { client: client(server.port) })
    const ours = open(server, { prefix: theirs.prefix })
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i)
    await save(theirs, 'text', 'ü')
    await save(theirs, 'lines', 'a\r\nb\\\nc')
    await save(theirs, 'bytes', bytes)
    expect(await load(ours, 'text')).to.equal('ü')
    expect(await load(ours, 'lines')).to.equal('a\r\nb\\\nc')
    expect(Buffer.compare((await ours.store.load(`${ours.prefix}bytes`)) as Uint8Array, bytes)).to.equal(0)

    await save(ours, 'text', 'ours')
    expect(await load(theirs, 'text')).to.equal('ours')
    await theirs.store.wipe(theirs.prefix)
    expect(await load(ours, 'text')).to.equal(undefined)
  })

  it('takes a burst from the start', async () => {
    const first = open(server)
    await save(first, 'a')
    // The generation is known already, so nothing holds them back.
    const burst = open(server, { prefix: first.prefix, options: {} })
    const found = await Promise.all(Array.from({ length: 256 }, () => load(burst, 'a')))
    expect(new Set(found)).to.deep.equal(new Set(['a']))
  })

  it('goes on with the keys of another server when the one with the generation is stopped', async () => {
    const [one, two] = [await memcached({}), await memcached({})]
    const given = client([one.port, two.port], SOON)
    const opened = open([], { client: given, operationTimeout: '500ms' })
    const reserved = given.HashRing!.get(`${opened.prefix}@generation`)!
    const names = Array.from({ length: 20 }, (_, i) => `${i}`)
    await Promise.all(names.map((name) => save(opened, name)))

    const stopped = reserved.endsWith(`:${one.port}`) ? one : two
    stopped.stop()
    for (let round = 0; round < 3; round++) {
      await sleep(600)
      const found = await Promise.allSettled(names.map((name) => load(opened, name)))
      expect(found.filter(({ status }) => status === 'fulfilled').length, `round ${round}`).to.be.above(0)
    }
    await one.close()
    await two.close()
  })

  it('stays open if it is the caller’s', async () => {
    const given = client(server.port)
    let ended = 0
    const opened = open([], { client: Object.assign(given, { end: () => void ended++ }) })
    await save(opened, 'a')
    await opened.store.close()
    expect(ended).to.equal(0)
    expect(await load(opened, 'a')).to.equal('a')
    delete (given as { end?: unknown }).end
  })

  it('is not trusted if it answers for another key', async () => {
    const liar: MemcachedClient = {
      gets: (key, done) =>
        done(undefined, key.endsWith('@generation') ? { [key]: 'some_name_12', cas: '1' } : { other: 'x', cas: '1' }),
      set: (_key, _value, _life, done) => done(undefined, 'x'),
      add: (_key, _value, _life, done) => done(undefined, 220),
      cas: (_key, _value, _mark, _life, done) => done(undefined, 220),
      del: (_key, done) => done(undefined, undefined),
      version: (done) => done(new Error('no'), undefined),
      end: () => undefined,
    }
    const opened = open([], { client: liar })
    for (const error of (await everyFailure(opened)).slice(0, -3)) expect(error).to.be.instanceOf(ConnectionFailed)
  })
})

/** Loads until that fails. */
async function recoveryless(opened: Opened): Promise<never> {
  for (;;) text(await opened.store.load(`${opened.prefix}a`))
}
