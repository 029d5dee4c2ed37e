import { pbkdf2 } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import { open } from 'sqlite'
import sqlite3 from 'sqlite3'
import { AsyncSqliteCache, SqliteCache } from '../../../adapters/sqlite3/index.ts'
import { CacheTimeout } from '../../../lib/core/errors.ts'
import { tempFolder } from '../../support/run-folder.ts'

const LIMIT_MS = 1000

describe('AsyncSqliteCache under load', function () {
  this.timeout(60_000)
  let cache: AsyncSqliteCache
  beforeEach(async () => {
    cache = new AsyncSqliteCache({ path: join(tempFolder('load'), 'cache.db'), operationTimeout: `${LIMIT_MS}ms` })
    await cache.connect()
  })
  afterEach(() => cache.close())

  it('stores 20 000 values that are set at once, however much longer than an operation that takes', async () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `key ${i}`)
    await Promise.all(keys.map((key) => cache.set(key, 'value')))
    expect((await cache.getMany(keys)).every((value) => value === 'value')).to.equal(true)
  })

  it('lists and stores more keys than it could within the time of one operation', async () => {
    const count = 60_000
    await cache.setMany(Array.from({ length: count }, (_, i) => [`key ${i}`, i] as const))
    let listed = 0
    for await (const _ of cache.keys()) listed++
    expect(listed).to.equal(count)
  })

  it('keeps the value that a loader gave, if many others are asked for', async () => {
    const others = Array.from({ length: 5000 }, (_, i) => cache.set(`other ${i}`, i))
    const values = Array.from({ length: 50 }, (_, i) => cache.getOrSet(`key ${i}`, async () => i))
    await Promise.all([...others, ...values])
    expect(await cache.getMany(['key 0', 'key 49'])).to.deep.equal([0, 49])
  })

  it('has not carried out an operation that it reported as failed, when all threads are busy', async () => {
    await cache.close()
    cache = new AsyncSqliteCache({ path: join(tempFolder('load'), 'cache.db'), operationTimeout: '200ms' })
    await cache.set('counter', 1)
    const hogs = Array.from({ length: 4 }, () => hog())
    await new Promise(setImmediate)
    const began = performance.now()
    const outcomes = await Promise.allSettled([
      cache.increment('counter'),
      cache.set('other', 1),
      cache.increment('counter'),
    ])
    const took = performance.now() - began
    await Promise.all(hogs)

    const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
    for (const { reason } of failed) expect(reason).to.be.instanceOf(CacheTimeout)
    expect(took).to.be.below(2500)
    const incremented = [outcomes[0], outcomes[2]].filter(({ status }) => status === 'fulfilled').length
    expect(await cache.get('counter')).to.equal(1 + incremented)
    expect(await cache.has('other')).to.equal(outcomes[1].status === 'fulfilled')
    expect(failed.length).to.be.above(0)
  })

  it('does not time out because the process was blocked', async () => {
    await cache.set('a', 1)
    const got = [cache.get('a'), cache.set('b', 2), cache.getMany(['a', 'b']), cache.increment('a')]
    const until = performance.now() + 2 * LIMIT_MS
    while (performance.now() < until);
    expect(await Promise.all(got)).to.deep.equal([1, undefined, [1, 2], 2])
  })
})

describe('SqliteCache beside an asynchronous twin', () => {
  it('answers with values while the twin changes the same key', async () => {
    const path = join(tempFolder('twin'), 'cache.db')
    const [sync, twin] = [new SqliteCache({ path }), new AsyncSqliteCache({ path })]
    sync.set('n', 0)
    const pending = Array.from({ length: 20 }, () => twin.increment('n'))
    for (let i = 0; i < 20; i++) {
      expect(sync.increment('n')).to.be.a('number')
      expect(sync.add(`new ${i}`, 1)).to.equal(true)
      pending.push(twin.add(`new ${i}`, 2).then(Number), twin.updateTimeout<number>('n', 60))
      expect(sync.updateTimeout('n', 60)).to.be.a('number')
      expect(sync.pull(`new ${i}`)).to.equal(1)
      await new Promise(setImmediate)
    }
    await Promise.all(pending)
    expect(sync.get('n')).to.equal(40)
    sync.close()
    await twin.close()
  })
})

/** Occupies a thread of Node's pool for a good while. */
function hog(): Promise<void> {
  return new Promise((resolve, reject) =>
    pbkdf2('x', 'y', 2_000_000, 64, 'sha512', (error) => (error === null ? resolve() : reject(error))),
  )
}

describe('Values that are set at once', () => {
  it('are stored and reported one by one, if one of them cannot be stored', async () => {
    const client = await open({ filename: ':memory:', driver: sqlite3.Database })
    const cache = new AsyncSqliteCache({ client })
    await cache.connect()
    await client.exec(
      `CREATE TRIGGER t BEFORE INSERT ON cache WHEN NEW.key LIKE '%bad%' BEGIN SELECT RAISE(ABORT, 'no'); END`,
    )
    const keys = ['a', 'b', 'bad 1', 'c', 'bad 2', 'd']
    const outcomes = await Promise.allSettled(keys.map((key) => cache.set(key, key)))
    expect(outcomes.map(({ status }) => status === 'fulfilled')).to.deep.equal(
      keys.map((key) => !key.startsWith('bad')),
    )
    expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.key] : []))).to.deep.equal([
      'bad 1',
      'bad 2',
    ])
    expect(await cache.getMany(keys)).to.deep.equal(keys.map((key) => (key.startsWith('bad') ? undefined : key)))
    await cache.close()
    await client.close()
  })

  it('take effect in the order of the calls, among other operations', async () => {
    const cache = new AsyncSqliteCache({ path: ':memory:' })
    const answers = [
      cache.set('k', 1),
      cache.set('k', 2),
      cache.get('k'),
      cache.set('k', 3),
      cache.set('j', 3),
      cache.remove('k'),
      cache.set('k', 4),
      cache.getMany(['k', 'j']),
    ]
    const [, , first, , , removed, , last] = await Promise.all(answers)
    expect([first, removed, last]).to.deep.equal([2, true, [4, 3]])
    await cache.close()
  })

  it('are purged when they have expired, also if they are set one after the other', async () => {
    let now = 1_000_000
    const cache = new AsyncSqliteCache({ path: ':memory:', clock: () => now, purgeEvery: '1m' })
    await cache.set('old', 1, 10)
    now += 120_000
    await cache.set('new', 1)
    await cache.set('new', 2)
    expect(await cache.backendStats()).to.include({ entries: 1, expired: 0 })
    await cache.close()
  })
})

describe('Values that are asked for at once', () => {
  it('are loaded together, each as it is', async () => {
    const cache = new AsyncSqliteCache({ path: ':memory:' })
    await cache.setMany(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, i] as const))
    const keys = Array.from({ length: 4000 }, (_, i) => `key ${i % 2500}`)
    const values = await Promise.all(keys.map((key) => cache.get(key)))
    expect(values).to.deep.equal(keys.map((_, i) => (i % 2500 < 2000 ? i % 2500 : undefined)))
    await cache.close()
  })
})
