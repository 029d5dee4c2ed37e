import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { ConfigError } from '../../lib/errors.ts'
import { run } from '../../lib/flow.ts'
import { optional } from '../../lib/optional.ts'
import type { Connection, Param, Row } from './connection.ts'
import { inodeOf, setUp } from './opening.ts'

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
    const Database = betterSqlite3(adapter)
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

const require = createRequire(import.meta.url)

function betterSqlite3(adapter: string): DatabaseClass {
  refuseCrash(versionOf('better-sqlite3'), process.versions.napi)
  return optional<DatabaseClass>('better-sqlite3', adapter)
}

/** Throws a `ConfigError` for a better-sqlite3 that this Node would not survive: 13 needs Node-API 10, and kills a Node that has less. */
export function refuseCrash(version: string | undefined, napi = '0'): void {
  if (version === undefined || Number.parseInt(version, 10) < 13 || Number(napi) >= 10) return
  throw new ConfigError(
    `better-sqlite3 ${version} would crash Node ${process.versions.node}: it needs Node-API 10, which came with Node 22.14. ` +
      'Install an older one: npm install better-sqlite3@12',
  )
}

function versionOf(name: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string }).version
  } catch {
    // Not installed, which whoever loads it says better.
    return undefined
  }
}
