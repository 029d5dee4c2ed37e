import { run } from '../../lib/core/flow.ts'
import type { Connection, Param, Row } from './connection.ts'
import { inodeOf } from './inode.ts'
import { loadBetterSqlite3 } from './packages.ts'
import { setUp } from './pragmas.ts'

/** The part of a prepared statement of better-sqlite3 that is used. */
export interface SyncStatement {
  pluck(): this
  get(...params: Param[]): unknown
  all(...params: Param[]): unknown[]
  run(...params: Param[]): { changes: number }
}

/** The part of a better-sqlite3 `Database` that is used. Anything of this shape will do. */
export interface SyncClient {
  /** The file that it was opened with. */
  readonly name: string
  /** Whether it is in memory. */
  readonly memory: boolean
  prepare(sql: string): SyncStatement
  exec(sql: string): unknown
  close(): unknown
}

/** A connection over better-sqlite3: every answer is there at once. */
export class SyncConnection implements Connection {
  session = 0
  inode: number | undefined
  readonly tables = new Set<string>()
  readonly #open: () => SyncClient
  readonly #isOurs: boolean
  readonly #kept = new Map<string, SyncStatement>()
  #client: SyncClient | undefined

  /**
   * Loads the package, and throws a `ConfigError` when it cannot be had.
   * @param source the path of a file, ':memory:', or a database that is the caller's
   * @param adapter who needs the package, for messages
   */
  constructor(source: string | SyncClient, adapter: string) {
    this.#isOurs = typeof source === 'string'
    if (typeof source !== 'string') {
      this.#open = () => source
      return
    }
    const Database = loadBetterSqlite3<DatabaseClass>(adapter)
    this.#open = () => this.#openFile(Database, source)
  }

  value(sql: string, ...params: Param[]): unknown {
    return (this.#kept.get(sql) ?? this.#keep(sql).pluck()).get(...params)
  }

  rows(sql: string, ...params: Param[]): Row[] {
    return (this.#kept.get(sql) ?? this.#keep(sql)).all(...params) as Row[]
  }

  run(sql: string, ...params: Param[]): number {
    return (this.#kept.get(sql) ?? this.#keep(sql)).run(...params).changes
  }

  exec(sql: string): void {
    this.#opened().exec(sql)
  }

  close(then?: () => void): void {
    const client = this.#client
    this.session++
    this.tables.clear()
    this.#kept.clear()
    this.#client = undefined
    if (this.#isOurs) client?.close()
    then?.()
  }

  #keep(sql: string): SyncStatement {
    const statement = this.#opened().prepare(sql)
    this.#kept.set(sql, statement)
    return statement
  }

  #opened(): SyncClient {
    this.#client ??= this.#open()
    return this.#client
  }

  #openFile(Database: DatabaseClass, path: string): SyncClient {
    // It would wait for locks by stopping the process; whoever asks waits instead, as long as it can afford.
    const client = new Database(path, { timeout: 0 })
    try {
      this.inode = inodeOf(path)
      run(setUp((sql) => client.exec(sql)))
      return client
    } catch (error) {
      client.close()
      throw error
    }
  }
}

type DatabaseClass = new (path: string, options: { timeout: number }) => SyncClient
