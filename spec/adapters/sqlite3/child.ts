import { writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { SqliteStoreOptions } from '../../../adapters/sqlite3/options.ts'
import { SqliteStore } from '../../../adapters/sqlite3/store.ts'
import type { Mode } from '../../../lib/core/types.ts'

/** The tasks of other processes in these specs: the first argument names one. */
const tasks: Record<string, (...args: string[]) => unknown> = {
  /** Holds the file locked until it is told something, or for some ms. */
  lock(path, ms) {
    const database = new Database(path)
    database.exec('BEGIN EXCLUSIVE')
    const release = () => {
      database.exec('COMMIT')
      database.close()
      process.send?.('released', () => process.disconnect())
    }
    if (ms === undefined) process.once('message', release)
    else setTimeout(release, Number(ms))
    process.send?.('locked')
  },

  /** Writes the log back into the file, as only somebody can with whom no reader interferes. */
  checkpoint(path) {
    const database = new Database(path, { timeout: 0 })
    const answer = database.pragma('wal_checkpoint(TRUNCATE)')
    database.close()
    process.send?.(answer, () => process.disconnect())
  },

  /** Drops the table while others use it. */
  dropTable(path) {
    const database = new Database(path)
    database.exec('DROP TABLE cache')
    database.close()
    process.disconnect()
  },

  /** Overwrites the file with something that is not a database. */
  spoil(path) {
    writeFileSync(path!, 'spoilt '.repeat(1000))
    process.disconnect()
  },

  /** Adds to a counter, and keeps saving and dropping, all on the same keys as others do. */
  async count(path, mode, times) {
    const store = storeOf(path!, mode as Mode)
    for (let i = 0; i < Number(times); i++) {
      await increment(store, 'counter')
      await store.save(`key:${i % 50}`, `${process.pid} ${i}`.padEnd(100, 'x'), 60_000)
      if (i % 10 === 0) await store.drop([`key:${(i * 7) % 50}`])
    }
    await store.close()
    process.send?.('done', () => process.disconnect())
  },

  /** Saves one key after the other, until somebody kills it. */
  async saveForever(path, mode) {
    const store = storeOf(path!, mode as Mode)
    for (let i = 0; ; i++) {
      await store.save(`key:${i}`, 'x'.repeat(1000), null)
      if (i % 100 === 0) process.send?.(i)
      await new Promise(setImmediate)
    }
  },

  /** Uses a store, and neither closes it nor exits. */
  async use(path, mode) {
    const store = storeOf(path!, mode as Mode)
    await store.save('key', 'value', null)
    if ((await store.load('key')) !== 'value') console.log('lost')
    process.disconnect()
  },

  /** Begins to save, and does nothing to stay alive. */
  begin(path) {
    void storeOf(path!, 'async').save('key', 'value', null)
    process.disconnect()
  },

  /** Tells what becomes of reading and writing, as a user who is not root. */
  async asNobody(path, mode) {
    // The packages are loaded first: they may lie where only root reads.
    await storeOf(':memory:', mode as Mode).load('k')
    if (process.getuid?.() === 0) process.setuid?.(65534)
    const store = storeOf(path!, mode as Mode)
    const outcome = async (operation: () => unknown) => {
      try {
        return (await operation()) ?? 'done'
      } catch (error) {
        const { name, code, message } = error as Error & { code: string }
        return `${name} ${code} ${message}`
      }
    }
    const answers = [await outcome(() => store.load('k')), await outcome(() => store.save('k', 'other', null))]
    process.send?.(answers, () => process.disconnect())
  },
}

function storeOf(path: string, mode: Mode, options: SqliteStoreOptions = {}): SqliteStore<Mode> {
  return new SqliteStore<Mode>(mode, { path, ...options }, { adapter: 'SqliteCache', emit() {} })
}

async function increment(store: SqliteStore<Mode>, key: string): Promise<void> {
  for (;;) {
    const { wire, version } = await store.loadVersioned(key)
    if (await store.compareAndSave(key, version, String(Number(wire ?? 0) + 1), null)) return
  }
}

const [, , task = '', ...args] = process.argv
await tasks[task]?.(...args)
