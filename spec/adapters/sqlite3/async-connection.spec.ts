import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncConnection } from '../../../adapters/sqlite3/async-connection.ts'
import { Bench, failure } from './support.ts'

describe('AsyncConnection that is retired', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.clear())

  const SLOW = `SELECT count(*) AS value FROM (
    WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 2000000) SELECT i FROM numbers)`

  it('waits for the statement that is running, which succeeds', async () => {
    const connection = new AsyncConnection(bench.path, 'AsyncSqliteCache')
    await connection.value('SELECT 1 AS value')
    const slow = connection.value(SLOW)
    // It has to have begun in its thread, which nothing tells.
    await sleep(50)
    const started = performance.now()
    expect(connection.retire()).to.equal(true)
    expect(performance.now() - started).to.be.above(10)
    expect(await slow).to.equal(2_000_000)
  })

  it('runs no further statement, whether it was called before or after', async () => {
    const connection = new AsyncConnection(bench.path, 'AsyncSqliteCache')
    await connection.exec('CREATE TABLE t (a)')
    await connection.run('INSERT INTO t VALUES (?)', 1)
    const asked = connection.run('INSERT INTO t VALUES (?)', 2).catch(() => 0)
    const unprepared = failure(() => connection.run('DELETE FROM t'))
    const changing = failure(() => connection.exec('DROP TABLE t'))
    expect(connection.retire()).to.equal(true)
    expect((await unprepared).message).to.include('too long')
    expect((await changing).message).to.include('synchronously')
    expect(await failure(() => connection.run('INSERT INTO t VALUES (?)', 3))).to.include({ code: 'SQLITE_TOOBIG' })

    const again = new AsyncConnection(bench.path, 'AsyncSqliteCache')
    const isDone = (await asked) === 1
    expect(await again.rows('SELECT a FROM t')).to.deep.equal(isDone ? [{ a: 1 }, { a: 2 }] : [{ a: 1 }])
    await again.close()
  })

  it('refuses while it is being opened or closed, or a table is being made', async () => {
    const connection = new AsyncConnection(bench.path, 'AsyncSqliteCache')
    const opened = connection.value('SELECT 1 AS value')
    await new Promise(setImmediate)
    expect(connection.retire()).to.equal(false)
    await opened
    for (const action of [() => connection.exec('CREATE TABLE t (a)'), () => connection.close()]) {
      const done = action()
      expect(connection.retire()).to.equal(false)
      await done
    }
    expect(connection.retire()).to.equal(true)
  })

  it('does not touch a file that it has not opened yet', async () => {
    const connection = new AsyncConnection(bench.path, 'AsyncSqliteCache')
    const asked = failure(() => connection.value('SELECT 1 AS value'))
    expect(connection.retire()).to.equal(true)
    await asked
    expect(connection.isOpen).to.equal(false)
  })
})

describe('AsyncConnection.cancel', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.clear())

  const SLOW = `INSERT INTO t WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 20000000)
    SELECT i FROM numbers`

  it('ends the statement of a job, which has done nothing, and leaves those of others alone', async () => {
    const connection = new AsyncConnection(bench.path, 'AsyncSqliteCache')
    await connection.exec('CREATE TABLE t (a)')
    const [slow, other] = [{}, {}]
    connection.claim(slow)
    const failed = failure(() => connection.run(SLOW))
    connection.claim(other)
    const done = connection.run('INSERT INTO t VALUES (?)', 1)
    await sleep(100)
    const started = performance.now()
    connection.cancel(slow)
    await failed
    expect(performance.now() - started).to.be.below(1000)
    expect(await done).to.equal(1)
    expect(await connection.rows('SELECT a FROM t')).to.deep.equal([{ a: 1 }])
    await connection.close()
  })

  it('keeps a statement from beginning that waits for another', async () => {
    const connection = new AsyncConnection(bench.path, 'AsyncSqliteCache')
    await connection.exec('CREATE TABLE t (a)')
    const [first, second] = [{}, {}]
    connection.claim(first)
    const done = connection.run('INSERT INTO t VALUES (?)', 1)
    connection.claim(second)
    const failed = failure(() => connection.run('INSERT INTO t VALUES (2)'))
    connection.cancel(second)
    expect((await failed).message).to.include('cancelled')
    expect(await done).to.equal(1)
    connection.claim({})
    expect(await connection.rows('SELECT a FROM t')).to.deep.equal([{ a: 1 }])
    await connection.close()
  })
})
