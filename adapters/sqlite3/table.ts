import { ConfigError } from '../../lib/core/errors.ts'
import { type Answer, andThen, type Flow, wait } from '../../lib/core/flow.ts'
import type { Mode } from '../../lib/core/types.ts'
import { fromWellFormed } from '../../lib/entry/keys.ts'
import type { Connection, Row } from './connection.ts'

/** How many rows one statement of a sweep examines: 20 µs if none has expired, 220 µs if all have. */
const SWEEP_ROWS = 200

/** How many keys one statement of a listing returns. */
const PAGE_KEYS = 500

/**
 * The table of a store, and the SQL of everything that is done to it.
 *
 * A rowid table: WITHOUT ROWID makes large values 2 times and misses 10 times slower. `until` stands before `value`, so that it
 * is read without following a long value through its pages, and has no index: one would double the price of every write (31 µs
 * against 14). Expired entries are found by sweeping through the table a few rows at a time. Text is kept as text and bytes as
 * bytes, at every size: a BLOB was never faster for text that is read as text.
 */
export class Table {
  readonly name: string
  readonly load: string
  readonly save: string
  readonly insert: string
  readonly replace: string
  readonly remove: string
  readonly page: string
  readonly wipe: string
  readonly wipeAll: string
  readonly sweepEnd: string
  readonly sweep: string
  readonly count: string
  readonly countExpired: string
  readonly #quoted: string
  readonly #many = new Map<string, string>()

  constructor(name: string) {
    checkName(name)
    const table = quotedName(name)
    this.name = name
    this.#quoted = table
    this.load = `SELECT value FROM ${table} WHERE key = ?`
    this.save = `INSERT INTO ${table} (key, until, value) VALUES (?, ?, ?) ${UPSERT}`
    this.insert = `INSERT INTO ${table} (key, until, value) VALUES (?, ?, ?) ${UPSERT} WHERE until <= ?`
    this.replace = `UPDATE ${table} SET until = ?, value = ? WHERE key = ? AND value IS ?`
    this.remove = `DELETE FROM ${table} WHERE key = ? AND value IS ?`
    this.page = `SELECT key FROM ${table} WHERE key >= ? AND key < ? ORDER BY key LIMIT ${PAGE_KEYS}`
    this.wipe = `DELETE FROM ${table} WHERE key >= ? AND key < ?`
    this.wipeAll = `DELETE FROM ${table}`
    this.sweepEnd = `SELECT rowid AS value FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT 1 OFFSET ${SWEEP_ROWS - 1}`
    this.count = `SELECT count(*) AS value FROM ${table}`
    this.countExpired = `SELECT count(*) AS value FROM ${table} WHERE until <= ?`
    this.sweep = `DELETE FROM ${table} WHERE rowid > ? AND rowid <= ? AND until <= ?`
  }

  loadMany(keys: number): string {
    return this.#repeated(`SELECT key, value FROM ${this.#quoted} WHERE key IN (`, '?', keys, ')')
  }

  saveMany(rows: number): string {
    return this.#repeated(`INSERT INTO ${this.#quoted} (key, until, value) VALUES `, '(?, ?, ?)', rows, ` ${UPSERT}`)
  }

  /** Saves the rows whose keys have none that has not expired, and returns their keys. */
  insertMany(rows: number): string {
    const tail = ` ${UPSERT} WHERE until <= ? RETURNING key`
    return this.#repeated(`INSERT INTO ${this.#quoted} (key, until, value) VALUES `, '(?, ?, ?)', rows, tail)
  }

  /** Returns the `until` of the rows that there were. */
  drop(keys: number): string {
    return this.#repeated(`DELETE FROM ${this.#quoted} WHERE key IN (`, '?', keys, ') RETURNING until')
  }

  /** Makes the table if it is missing. Throws a `ConfigError` if it is not one of ours. */
  *prepare(connection: Connection): Flow<void> {
    const columns = yield* wait(connection.rows('SELECT name, type, pk FROM pragma_table_info(?)', this.name))
    if (columns.length === 0) yield* wait(connection.exec(`CREATE TABLE IF NOT EXISTS ${this.#quoted} (${COLUMNS})`))
    else if (columns.map((column) => `${column.name} ${column.type} ${column.pk}`).join() !== EXPECTED)
      throw new ConfigError(
        `The SQLite database has a table ${JSON.stringify(this.name)} already, and it is not a cache: name another with the option table.`,
      )
    connection.tables.add(this.name)
  }

  #repeated(head: string, item: string, times: number, tail: string): string {
    const id = head + times + tail
    const sql = this.#many.get(id) ?? `${head}${Array(times).fill(item).join()}${tail}`
    this.#many.set(id, sql)
    return sql
  }
}

type Result = IteratorResult<string, undefined>

/** The keys of a range, in either mode. They are read a page at a time, and nothing is held open between two pages. */
export class Listing {
  readonly #mode: Mode
  readonly #read: (from: string) => Answer<Row[]>
  #from: string
  #page: readonly Row[] = []
  #next = 0
  #isLast = false

  /**
   * @param from the first key
   * @param read returns the first rows from a key on
   */
  constructor(mode: Mode, from: string, read: (from: string) => Answer<Row[]>) {
    this.#mode = mode
    this.#from = from
    this.#read = read
  }

  [Symbol.iterator](): this {
    return this
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Answer<Result> {
    const result = this.#take() ?? andThen(this.#read(this.#from), (page) => this.#turn(page))
    return this.#mode === 'async' ? Promise.resolve(result) : result
  }

  #take(): Result | undefined {
    const row = this.#page[this.#next++]
    if (row !== undefined) return { done: false, value: fromWellFormed(String(row.key)) }
    return this.#isLast ? { done: true, value: undefined } : undefined
  }

  #turn(page: readonly Row[]): Result {
    this.#page = page
    this.#next = 0
    this.#isLast = page.length < PAGE_KEYS
    // The first text that comes after the last key.
    this.#from = `${page.at(-1)?.key}\0`
    return this.#take() ?? { done: true, value: undefined }
  }
}

const COLUMNS = 'key TEXT NOT NULL PRIMARY KEY, until INTEGER, value NOT NULL'
const EXPECTED = 'key TEXT 1,until INTEGER 0,value  0'
const UPSERT = 'ON CONFLICT (key) DO UPDATE SET until = excluded.until, value = excluded.value'

/** The most rows that one statement takes. */
export const CHUNK = 512
/** The best number of rows in a statement that is one of many in a transaction: 1.9 µs a row, 2.4 with 1 or 512. */
export const CHUNK_AT_ONCE = 64

/**
 * Cuts a list into pieces whose lengths are powers of two, so that a few prepared statements serve any number. The last piece
 * repeats its last item, which makes no difference to the statements of this table.
 */
export function* chunksOf<T>(items: readonly T[], size = CHUNK): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) {
    const chunk = items.slice(i, i + size)
    const length = 2 ** Math.ceil(Math.log2(chunk.length))
    while (chunk.length < length) chunk.push(chunk[chunk.length - 1]!)
    yield chunk
  }
}

/** The first value after every text that begins with `prefix`, in the order of SQLite. */
export function endOf(prefix: string): string | Uint8Array {
  let head = prefix
  while (head !== '') {
    const last = lastPointOf(head)
    head = head.slice(0, last > 0xffff ? -2 : -1)
    if (last < LAST_POINT) return head + String.fromCodePoint(last === BEFORE_SURROGATES ? AFTER_SURROGATES : last + 1)
  }
  // Every blob comes after every text.
  return new Uint8Array(0)
}

function lastPointOf(text: string): number {
  const pair = text.codePointAt(text.length - 2) ?? 0
  return pair > 0xffff ? pair : text.charCodeAt(text.length - 1)
}

const LAST_POINT = 0x10ffff
const BEFORE_SURROGATES = 0xd7ff
const AFTER_SURROGATES = 0xe000

function checkName(name: string): void {
  if (name !== '' && !name.includes('\0') && !/^sqlite_/i.test(name)) return
  throw new ConfigError(
    `${JSON.stringify(name)} cannot be the name of a table: it is empty, holds a NUL, or begins with "sqlite_".`,
  )
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
