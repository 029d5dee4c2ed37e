import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { sharedFile } from '../../../adapters/sqlite3/shared-file.ts'
import { AdapterError, ConfigError, ConnectionFailed } from '../../../lib/core/errors.ts'
import { Bench, ending, failure, MODES, message, needsOpenFolder } from './support.ts'

for (const mode of MODES) {
  describe(`SqliteStore (${mode}) and a damaged file, folder or table`, function () {
    // Other processes have to start.
    this.timeout(30_000)
    let bench: Bench
    beforeEach(() => {
      bench = new Bench()
    })
    afterEach(() => bench.clear())

    const corruptEvents = () => bench.told.filter(({ event }) => event === 'corruptFile').map(({ facts }) => facts!)
    const setAside = () => readdirSync(bench.folder).filter((name) => /^cache\.sqlite3\.corrupt-\d+$/.test(name))

    it('sets a file aside that is not a database, emits corruptFile, and begins a new one', async () => {
      const garbage = 'This is no database. '.repeat(500)
      writeFileSync(bench.path, garbage)
      const store = bench.store(mode)
      expect(await store.load('k')).to.equal(undefined)
      await store.save('k', 'v', null)
      expect(await store.load('k')).to.equal('v')

      const [facts, ...others] = corruptEvents()
      expect(others).to.deep.equal([])
      expect(facts).to.include({ path: bench.path, movedTo: join(bench.folder, setAside()[0]!) })
      expect((facts!.error as Error).message).to.match(/not a database/)
      expect(readFileSync(facts!.movedTo!, 'utf8')).to.equal(garbage)
    })

    it('sets a truncated file aside', async () => {
      const before = bench.store(mode)
      await before.saveMany(Array.from({ length: 500 }, (_, i) => [`key ${i}`, 'x'.repeat(200), null] as const))
      await before.close()
      truncateSync(bench.path, 10_000)

      const store = bench.store(mode)
      await store.save('k', 'v', null)
      expect(await store.load('k')).to.equal('v')
      expect(corruptEvents()).to.have.length(1)
    })

    it('sets a file aside whose damage shows later, for every store of it', async () => {
      const before = bench.store(mode)
      await before.saveMany(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, 'x'.repeat(200), null] as const))
      await before.close()
      const bytes = readFileSync(bench.path)
      writeFileSync(bench.path, bytes.fill(0xab, 8192, bytes.length))

      const [store, other] = [bench.store(mode), bench.store(mode, { table: 'other' })]
      const keys = Array.from({ length: 2000 }, (_, i) => `key ${i}`)
      expect(await Promise.all([store.loadMany(keys), other.load('k')])).to.deep.equal([
        keys.map(() => undefined),
        undefined,
      ])
      await Promise.all([store.save('k', 'v', null), other.save('k', 'w', null)])
      expect([await store.load('k'), await other.load('k')]).to.deep.equal(['v', 'w'])
      expect(corruptEvents()).to.have.length(1)
      expect(setAside()).to.have.length(1)
    })

    it('keeps two damaged files that were set aside at the same time', async () => {
      const now = () => 1_000_000
      const store = bench.store(mode, { now })
      for (const content of ['first damage', 'second damage']) {
        await store.close()
        writeFileSync(bench.path, content.repeat(500))
        await store.load('k')
      }
      const kept = corruptEvents().map(({ movedTo }) => readFileSync(movedTo!, 'utf8').slice(0, 6))
      expect(kept).to.deep.equal(['first ', 'second'])
    })

    it('does not touch a file that another process has begun in place of the damaged one', async () => {
      const file = sharedFile(bench.path)
      const connection = file.connection(mode, 'SqliteCache')
      await connection.exec('CREATE TABLE cache (damaged)')
      renameSync(bench.path, `${bench.path}.theirs`)
      writeFileSync(bench.path, 'new')
      expect(await file.setAside(connection, 1)).to.equal(undefined)
      expect(readFileSync(bench.path, 'utf8')).to.equal('new')
    })

    it('does not touch the table of another program, and names it', async () => {
      const theirs = new Database(bench.path)
      theirs.exec("CREATE TABLE cache (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO cache VALUES (1, 'theirs')")
      theirs.close()

      const error = await failure(() => bench.store(mode).load('k'))
      expect(error).to.be.instanceOf(ConfigError)
      expect(error.message).to.include('"cache"')
      const store = bench.store(mode, { table: 'ours' })
      await store.save('k', 'v', null)
      await bench.store(mode).close()
      await store.close()

      const again = new Database(bench.path)
      expect(again.prepare('SELECT * FROM cache').all()).to.deep.equal([{ id: 1, name: 'theirs' }])
      again.close()
      expect(setAside()).to.deep.equal([])
    })

    it('makes a dropped table again', async () => {
      const store = bench.store(mode)
      await store.save('k', 'v', null)
      await ending(bench.child('dropTable', bench.path))
      expect(await store.load('k')).to.equal(undefined)
      await ending(bench.child('dropTable', bench.path))
      await store.save('k', 'v', null)
      expect(await store.load('k')).to.equal('v')
    })

    it('continues in a new file if its own was deleted', async () => {
      const store = bench.store(mode)
      await store.save('k', 'v', null)
      for (const part of ['', '-wal', '-shm']) rmSync(bench.path + part)
      await new Promise((resolve) => setTimeout(resolve, 5))
      await store.save('k', 'new', null)
      await store.close()
      expect(readdirSync(bench.folder)).to.deep.equal(['cache.sqlite3'])
      expect(await bench.store(mode).load('k')).to.equal('new')
    })

    it('fails with a clear error if the path is a folder', async () => {
      mkdirSync(bench.path)
      const error = await failure(() => bench.store(mode).save('k', 'v', null))
      expect(error).to.be.instanceOf(ConnectionFailed)
      expect(error).to.include({ verb: 'save', key: 'k', code: 'E_CONNECTION' })
      expect(error.message).to.include(JSON.stringify(bench.path)).and.to.include('it is a folder')
    })

    it('fails with a clear error if the folder cannot be made', async () => {
      writeFileSync(join(bench.folder, 'file'), '')
      const path = join(bench.folder, 'file', 'x', 'cache.sqlite3')
      const error = await failure(() => bench.store(mode, { path }).load('k'))
      expect(error).to.be.instanceOf(ConnectionFailed)
      expect(error.message).to.include(path).and.to.include('ENOTDIR')
    })

    it('recovers when the obstacle is gone', async () => {
      mkdirSync(bench.path)
      const store = bench.store(mode)
      await failure(() => store.load('k'))
      renameSync(bench.path, `${bench.path}.folder`)
      expect(await store.load('k')).to.equal(undefined)
      expect(bench.events()).to.deep.equal(['connect', 'recover'])
    })

    it('reads a file that is read-only, and refuses to write it', async () => {
      needsOpenFolder()
      const store = bench.store(mode)
      await store.save('k', 'v', null)
      await store.close()
      chmodSync(bench.folder, 0o777)
      chmodSync(bench.path, 0o444)
      const [read, write] = (await message(bench.child('asNobody', bench.path, mode))) as [string, string]
      expect(read).to.equal('v')
      expect(write).to.match(/^AdapterError E_ADAPTER .*cache\.sqlite3" is read-only/)
    })

    it('fails with a clear error without permission for file and folder', async () => {
      needsOpenFolder()
      const store = bench.store(mode)
      await store.save('k', 'v', null)
      await store.close()
      chmodSync(bench.path, 0o000)
      chmodSync(bench.folder, 0o555)
      const answers = (await message(bench.child('asNobody', bench.path, mode))) as string[]
      for (const answer of answers)
        expect(answer).to.match(/^ConnectionFailed E_CONNECTION .*cache\.sqlite3" cannot be opened/)
    })

    it('fails with a clear error if the disk is full, and keeps the old value', async () => {
      const database = new Database(bench.path)
      database.pragma('journal_mode = WAL')
      const store = bench.store(mode, { client: database })
      await store.save('k', 'v', null)
      database.pragma('max_page_count = 20')
      const error = await failure(() => store.save('large', 'x'.repeat(1_000_000), null))
      expect(error).to.be.instanceOf(AdapterError)
      expect(error.message).to.include('the disk is full')
      expect(await store.load('k')).to.equal('v')
      await store.save('k', 'w', null)
      await store.close()
      database.close()
    })
  })
}
