import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { open } from 'sqlite'
import sqlite3 from 'sqlite3'
import type { SqliteStore } from '../../../adapters/sqlite3/store.ts'
import { ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import type { Mode } from '../../../lib/core/types.ts'
import { Bench, ending, failure, message } from './support.ts'

describe('SqliteStore in both modes on one file of one process', function () {
  this.timeout(60_000)
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.clear())

  async function increment(store: SqliteStore<Mode>): Promise<void> {
    for (;;) {
      const { wire, version } = await store.loadVersioned('counter')
      if (await store.compareAndSave('counter', version, String(Number(wire ?? 0) + 1), null)) return
    }
  }

  function incrementNow(store: SqliteStore<'sync'>): void {
    const { wire, version } = store.loadVersioned('counter')
    expect(store.compareAndSave('counter', version, String(Number(wire ?? 0) + 1), null)).to.equal(true)
  }

  /** Only when every store is closed: two copies of SQLite must not be at work on a file. */
  function expectSound(count: number): void {
    const database = new Database(bench.path)
    expect(database.pragma('integrity_check', { simple: true })).to.equal('ok')
    expect(database.prepare("SELECT value FROM cache WHERE key = 'counter'").pluck().get()).to.equal(String(count))
    database.close()
  }

  it('loads in one mode what the other has saved, the synchronous one first', async () => {
    const [sync, async] = [bench.store('sync'), bench.store('async')]
    sync.save('a', '1', null)
    expect(await async.load('a')).to.equal('1')
    await async.save('a', '2', null)
    expect(sync.load('a')).to.equal('2')
  })

  it('loads in one mode what the other has saved, the asynchronous one first', async () => {
    const [sync, async] = [bench.store('sync'), bench.store('async')]
    await async.save('a', '1', null)
    expect(sync.load('a')).to.equal('1')
    sync.save('a', '2', null)
    expect(await async.load('a')).to.equal('2')
  })

  it('may begin in both modes in the same turn of the event loop', async () => {
    const [sync, async] = [bench.store('sync'), bench.store('async')]
    const saved = async.save('a', '1', null)
    sync.save('b', '2', null)
    await saved
    expect([sync.load('a'), await async.load('b')]).to.deep.equal(['1', '2'])
  })

  it('takes a file over during asynchronous operations without losing, repeating or damaging one', async () => {
    const long = Array.from({ length: 32 }, (_, i) => [`long ${i}`, 'x'.repeat(20_000), null] as const)
    for (let round = 1; round <= 40; round++) {
      const others = ['one', 'two', 'three'].map((table) => bench.store('async', { table }))
      const async = bench.store('async')
      await async.save('counter', '0', null)
      await Promise.all(others.map((store) => store.connect()))

      let count = 0
      const begun: Promise<unknown>[] = []
      for (let i = 0; i < round; i++) {
        begun.push(increment(async).then(() => count++))
        begun.push(...others.map((store) => store.save(`${i}`, 'v', null)))
        if (i % 3 === 0) await new Promise(setImmediate)
      }
      // A slow one, so that it is running when the file is taken over.
      begun.push(...others.map((store) => store.saveMany(long)))
      for (let i = round % 4; i > 0; i--) await new Promise(setImmediate)

      const sync = bench.store('sync')
      for (let i = 0; i < 20; i++, count++) incrementNow(sync)
      begun.push(increment(async).then(() => count++))
      await Promise.all(begun)

      expect(sync.load('counter')).to.equal(String(count))
      for (const store of others) {
        expect(await store.load(`${round - 1}`)).to.equal('v')
        expect((await store.loadMany(long.map(([key]) => key))).every((wire) => wire?.length === 20_000)).to.equal(true)
      }
      for (const store of [async, sync, ...others]) await store.close()
      expectSound(count)
      await bench.clear()
      bench = new Bench()
    }
  })

  it('works among other processes after a file was taken over', async () => {
    const [sync, async] = [bench.store('sync'), bench.store('async')]
    const children = ['sync', 'async'].map((mode) => bench.child('count', bench.path, mode, '300'))
    const done = Promise.all(children.map(message))
    for (let i = 0; i < 100; i++) await increment(async)
    for (let i = 0; i < 100; i++) await Promise.all([increment(sync as never), increment(async)])
    await done
    expect(sync.load('counter')).to.equal('900')
    await sync.close()
    await async.close()
    expectSound(900)
  })

  it('refuses a synchronous verb while the file is being opened or closed asynchronously, and serves it a moment later', async () => {
    const [sync, async] = [bench.store('sync'), bench.store('async')]
    const closing = async.connect().then(() => async.close())
    let error: unknown
    while (error === undefined) {
      await new Promise(setImmediate)
      if (existsSync(bench.path)) error = await failure(() => sync.save('k', 'v', null))
    }
    expect(error).to.be.instanceOf(ConnectionFailed)
    await closing
    sync.save('k', 'v', null)
    expect(await async.load('k')).to.equal('v')
  })

  it('opens the file again after all stores have closed it', async () => {
    const [sync, async] = [bench.store('sync'), bench.store('async')]
    for (let i = 0; i < 3; i++) {
      await async.save('k', `${i}`, null)
      expect(sync.load('k')).to.equal(`${i}`)
      sync.close()
      await async.close()
      expect(existsSync(`${bench.path}-wal`)).to.equal(false)
    }
  })

  it('sets a damaged file aside for both', async () => {
    const [sync, async] = [bench.store('sync'), bench.store('async')]
    await ending(bench.child('spoil', bench.path))
    expect(await async.load('k')).to.equal(undefined)
    sync.save('k', 'v', null)
    expect(await async.load('k')).to.equal('v')
    expect(bench.events().filter((event) => event === 'corruptFile')).to.have.length(1)
  })

  it('shares a database in memory between the modes, until the last store is closed', async () => {
    const memory = { memoryPersist: true }
    const [sync, async, own] = [
      bench.store('sync', memory),
      bench.store('async', memory),
      bench.store('sync', { path: ':memory:' }),
    ]
    await async.save('k', 'v', null)
    expect(sync.load('k')).to.equal('v')
    expect(own.load('k')).to.equal(undefined)
    expect(async.capabilities.shared).to.equal(false)
    await async.close()
    expect(sync.load('k')).to.equal('v')
    sync.close()
    expect(await async.load('k')).to.equal(undefined)
  })

  describe('over a client of the caller', () => {
    it('uses a database of better-sqlite3 in both modes, and never closes it', async () => {
      const client = new Database(bench.path)
      const [sync, async] = [bench.store('sync', { client: client }), bench.store('async', { client: client })]
      sync.save('k', 'v', null)
      expect(await async.load('k')).to.equal('v')
      sync.close()
      await async.close()
      expect(client.open).to.equal(true)
      expect(client.prepare('SELECT value FROM cache').pluck().get()).to.equal('v')
      expect(client.pragma('journal_mode', { simple: true })).to.equal('delete')
      client.close()
    })

    it('uses a database of sqlite, and lets its owner close it', async () => {
      const client = await open({ filename: bench.path, driver: sqlite3.Database })
      const store = bench.store('async', { client: client })
      await store.save('k', 'v', null)
      expect(await store.load('k')).to.equal('v')
      await store.close()
      expect(await client.get('SELECT value FROM cache')).to.deep.equal({ value: 'v' })
      await client.close()
    })

    it('takes the file over from sqlite3 when the client is of better-sqlite3', async () => {
      const async = bench.store('async')
      await async.save('k', 'v', null)
      const client = new Database(bench.path)
      const sync = bench.store('sync', { client: client })
      expect(sync.load('k')).to.equal('v')
      await async.save('k', 'w', null)
      expect(sync.load('k')).to.equal('w')
      sync.close()
      await async.close()
      client.close()
    })

    it('refuses to use a client of sqlite and better-sqlite3 on one file', async () => {
      const client = await open({ filename: bench.path, driver: sqlite3.Database })
      const options = { client: client }
      const [sync, lent] = [bench.store('sync'), bench.store('async', options)]
      await lent.save('k', 'v', null)
      const error = await failure(() => sync.load('k'))
      expect(error).to.be.instanceOf(ConfigError)
      expect(error.message).to.include(bench.path)
      await lent.close()
      await client.close()

      expect(sync.load('k')).to.equal('v')
      const again = await open({ filename: bench.path, driver: sqlite3.Database })
      const refused = bench.store('async', { client: again })
      expect(await failure(() => refused.load('k'))).to.be.instanceOf(ConfigError)
    })

    it('fails with a clear error if its owner has closed the client', async () => {
      const client = new Database(':memory:')
      const store = bench.store('sync', { client: client })
      store.save('k', 'v', null)
      client.close()
      expect((await failure(() => store.load('k'))).message).to.include('not open')
    })

    it('refuses a client of the wrong kind', async () => {
      const client = await open({ filename: ':memory:', driver: sqlite3.Database })
      expect(await failure(() => bench.store('sync', { client: client }))).to.be.instanceOf(ConfigError)
      const callbacks = client.getDatabaseInstance() as never
      expect(await failure(() => bench.store('async', { client: callbacks }))).to.be.instanceOf(ConfigError)
      await client.close()
    })
  })
})
