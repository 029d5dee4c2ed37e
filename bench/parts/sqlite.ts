import { join } from 'node:path'
import Database from 'better-sqlite3'
import { PRAGMAS } from '../../adapters/sqlite3/connection.ts'
import { adapterSet, cached } from '../../lib/index.ts'
import { check, keysOf, picksOf, type Small, small } from '../data.ts'
import type { Loops, Part } from '../part.ts'

/** SQLite on a file: 5000 values whose JSON is 100 bytes long, written with another value each time. */

const SECONDS = 300
const RAW = 'better-sqlite3 + JSON'

const keys = keysOf(5000)
const pick = picksOf(keys)

interface Client {
  get(key: string): unknown
  set(key: string, value: Small): void
}

function loopsOver(client: Client): Loops {
  let written = 0
  for (const key of keys) client.set(key, small(written++))
  return {
    get(times) {
      let found = 0
      for (let i = 0; i < times; i++) if (client.get(pick(i)) !== undefined) found++
      check(found, times)
    },
    // SQLite skips a write that changes nothing, so that what is written has to differ.
    set(times) {
      for (let i = 0; i < times; i++) client.set(pick(i), small(written++))
    },
  }
}

function fileOf(name: string): string {
  return join(process.env.BENCH_FOLDER!, `${name}-${process.pid}.sqlite3`)
}

export const part: Part = {
  title: 'SQLite',
  clock: 'processor',
  contestants: {
    cached: () => {
      adapterSet('sqlite3', { path: fileOf('cached') })
      return loopsOver({
        get: (key) => cached.get(key),
        set: (key, value) => cached.set(key, value, SECONDS),
      })
    },
    [RAW]: () => {
      const database = new Database(fileOf('raw'))
      for (const pragma of PRAGMAS) database.pragma(pragma)
      database.exec('create table cache (key text primary key, value text not null, until integer)')
      const select = database.prepare<[string], string>('select value from cache where key = ?').pluck()
      const upsert = database.prepare(
        'insert into cache values (?, ?, ?) on conflict do update set value = excluded.value, until = excluded.until',
      )
      return loopsOver({
        get: (key) => JSON.parse(select.get(key)!),
        set: (key, value) => void upsert.run(key, JSON.stringify(value), Date.now() + 1000 * SECONDS),
      })
    },
  },
  figures: (of) =>
    ['get', 'set'].map((loop) => ({
      what: `SQLite ${loop} of 100 bytes: to ${RAW}`,
      value: of('cached', loop) / of(RAW, loop),
      atMost: 1.4,
    })),
}
