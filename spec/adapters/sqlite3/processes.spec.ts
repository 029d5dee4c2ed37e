import Database from 'better-sqlite3'
import { expect } from 'chai'
import { Bench, ending, MODES, message } from './support.ts'

describe('SqliteStore among processes', function () {
  this.timeout(60_000)
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.clear())

  /** The value of the counter; also checks the file. */
  function counted(): number {
    const database = new Database(bench.path)
    try {
      expect(database.pragma('integrity_check')).to.deep.equal([{ integrity_check: 'ok' }])
      return Number(database.prepare("SELECT value FROM cache WHERE key = 'counter'").pluck().get())
    } finally {
      database.close()
    }
  }

  it('loses no swap of four processes that write at once, two in each mode', async () => {
    const children = ['sync', 'async', 'sync', 'async'].map((mode) => bench.child('count', bench.path, mode, '500'))
    expect(await Promise.all(children.map(message))).to.deep.equal(['done', 'done', 'done', 'done'])
    expect(counted()).to.equal(2000)
  })

  it('loses no entry of two asynchronous stores while other processes write', async () => {
    const stores = ['one', 'two'].map((table) => bench.store('async', { table }))
    const others = ['sync', 'sync'].map((mode) => bench.child('count', bench.path, mode, '500'))
    let areDone = false
    const done = Promise.all(others.map(message)).then(() => {
      areDone = true
    })

    const keys: string[] = []
    while (!areDone) {
      const some = Array.from({ length: 20 }, (_, i) => `key ${keys.length + i}`)
      keys.push(...some)
      await Promise.all(stores.flatMap((store) => some.map((key) => store.save(key, 'v', null))))
    }
    await done
    for (const store of stores) expect(await store.loadMany(keys)).to.deep.equal(keys.map(() => 'v'))
    for (const store of stores) await store.close()
    expect(counted()).to.equal(1000)
  })

  for (const mode of MODES) {
    it(`keeps the file sound when a process is killed while it writes (${mode})`, async () => {
      const child = bench.child('saveForever', bench.path, mode)
      while (Number(await message(child)) < 300);
      child.kill('SIGKILL')
      await ending(child)

      const store = bench.store(mode)
      expect(await store.load('key:250')).to.equal('x'.repeat(1000))
      await store.save('counter', '7', null)
      await store.close()
      expect(counted()).to.equal(7)
      expect(bench.events()).to.not.include('corruptFile')
    })

    it(`lets a process exit that has used it and not closed it (${mode})`, async () => {
      expect(await ending(bench.child('use', bench.path, mode))).to.deep.equal({ code: 0, printed: '' })
      expect(await bench.store(mode).load('key')).to.equal('value')
    })
  }

  it('keeps a process alive until a pending verb is done', async () => {
    expect(await ending(bench.child('begin', bench.path))).to.deep.equal({ code: 0, printed: '' })
    expect(await bench.store('async').load('key')).to.equal('value')
  })
})
