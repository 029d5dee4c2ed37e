import { readFileSync } from 'node:fs'
import { ConfigError, MissingDependency } from '../../lib/core/errors.ts'
import { locate, needed, optional } from '../../lib/core/optional-package.ts'
import type { Mode } from '../../lib/core/types.ts'
import type { Param } from './connection.ts'

/** The packages that speak to SQLite. They are named only here, and loaded when a file is first opened. */
const BETTER_SQLITE3 = 'better-sqlite3'
const SQLITE = 'sqlite'
const SQLITE3 = 'sqlite3'

/** The part of a prepared statement of a synchronous driver that is used. */
export interface SyncStatement {
  /** Makes `get` and `all` give the first column instead of rows. */
  pluck(): this
  get(...params: Param[]): unknown
  all(...params: Param[]): unknown[]
  run(...params: Param[]): { changes: number }
}

/** The part of a better-sqlite3 `Database` that is used. Anything of this shape will do. */
export interface SyncClient {
  /** The file that it was opened with. */
  readonly name: string
  /** Whether the database is in memory. */
  readonly memory: boolean
  prepare(sql: string): SyncStatement
  exec(sql: string): unknown
  close(): unknown
}

/** The part of a prepared statement of `sqlite` that is used. */
export interface AsyncStatement {
  all(...params: Param[]): Promise<unknown[]>
  run(...params: Param[]): Promise<{ changes?: number | undefined }>
  reset(): Promise<void>
  finalize(): Promise<void>
}

/** The part of a `sqlite` Database (over the driver of `sqlite3`) that is used. Anything of this shape will do. */
export interface AsyncClient {
  /** The options that it was opened with. */
  readonly config: { readonly filename: string }
  prepare(sql: string): Promise<AsyncStatement>
  exec(sql: string): Promise<void>
  close(): Promise<void>
  /** The database of `sqlite3` underneath. */
  getDatabaseInstance(): { configure(option: string, ...values: number[]): unknown; interrupt(): void }
}

/** Throws `MissingDependency` unless there is a driver for a mode. */
export function needDriver(mode: Mode, adapter: string): void {
  if (mode === 'async' && hasAsyncDriver()) return
  if (isInstalled(BETTER_SQLITE3) || builtinDriver() !== undefined) return
  for (const name of mode === 'sync' ? [BETTER_SQLITE3] : [SQLITE, SQLITE3]) needed(name, adapter)
}

/** Whether the packages of the asynchronous mode are installed. */
export function hasAsyncDriver(): boolean {
  return isInstalled(SQLITE) && isInstalled(SQLITE3)
}

/** Whether there is a synchronous driver. */
export function hasSyncDriver(): boolean {
  return isInstalled(BETTER_SQLITE3) || builtinDriver() !== undefined
}

/**
 * Opens files synchronously: by better-sqlite3, or if it is not installed, or its native part does not load, by the SQLite
 * of the runtime (`node:sqlite` of Node 22.13 or later, `bun:sqlite`). Neither waits for locks. Throws a `ConfigError` if
 * there is no driver.
 */
export function syncDriver(adapter: string): (path: string) => SyncClient {
  const builtin = builtinDriver()
  if (builtin === undefined) return betterSqlite3(adapter)
  if (process.versions.bun !== undefined || !isInstalled(BETTER_SQLITE3)) return builtin
  try {
    const open = betterSqlite3(adapter)
    // Only now is the native part loaded.
    open(':memory:').close()
    return open
  } catch {
    return builtin
  }
}

function betterSqlite3(adapter: string): (path: string) => SyncClient {
  refuseCrash(versionOf(BETTER_SQLITE3), process.versions.napi)
  const Database = optional<new (path: string, options: object) => SyncClient>(BETTER_SQLITE3, adapter)
  return (path) => new Database(path, { timeout: 0 })
}

/** `open` of the package sqlite, and the driver of sqlite3 that it is given. */
export function asyncDriver<T>(adapter: string): { open: T; driver: unknown } {
  const { open } = optional<{ open: T }>(SQLITE, adapter)
  const { Database } = optional<{ Database: unknown }>(SQLITE3, adapter)
  return { open, driver: Database }
}

/** Throws a `ConfigError` for a better-sqlite3 that kills this Node: 13 needs Node-API 10. */
export function refuseCrash(version: string | undefined, napi = '0'): void {
  if (version === undefined || Number.parseInt(version, 10) < 13 || Number(napi) >= 10) return
  throw new ConfigError(
    `better-sqlite3 ${version} would crash Node ${process.versions.node}: it needs Node-API 10, which came with Node 22.14. ` +
      'Install an older one: npm install better-sqlite3@12',
  )
}

function versionOf(name: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(locate(`${name}/package.json`)!, 'utf8')) as { version: string }).version
  } catch {
    // If it is not installed, loading it says so better.
    return undefined
  }
}

function isInstalled(name: string): boolean {
  try {
    needed(name, '')
    return true
  } catch (error) {
    if (error instanceof MissingDependency) return false
    throw error
  }
}

/** A statement of `node:sqlite` or `bun:sqlite`. */
interface BuiltinStatement {
  get(...params: Param[]): unknown
  all(...params: Param[]): unknown[]
  run(...params: Param[]): { changes: number | bigint }
}

/** A database of `node:sqlite` or `bun:sqlite`. */
interface BuiltinDatabase {
  prepare(sql: string): BuiltinStatement
  exec(sql: string): unknown
  close(): unknown
}

type BuiltinClass = new (path: string) => BuiltinDatabase

/** Opens files by the SQLite of the runtime, if it has one. */
function builtinDriver(): ((path: string) => SyncClient) | undefined {
  const Database = builtinClass()
  return (
    Database &&
    ((path) =>
      new BuiltinClient(
        translated(() => new Database(path)),
        path,
      ))
  )
}

function builtinClass(): BuiltinClass | undefined {
  if (process.versions.bun !== undefined)
    return optional<{ Database: BuiltinClass }>('bun:sqlite', 'SqliteCache').Database
  return process.getBuiltinModule?.('node:sqlite' as 'node:fs')?.['DatabaseSync' as never]
}

/** The SQLite of the runtime, in the shape of better-sqlite3. */
class BuiltinClient implements SyncClient {
  readonly name: string
  readonly memory: boolean
  readonly #database: BuiltinDatabase

  constructor(database: BuiltinDatabase, path: string) {
    this.name = path
    this.memory = path === ':memory:'
    this.#database = database
  }

  prepare(sql: string): SyncStatement {
    const statement = translated(() => this.#database.prepare(sql))
    let isPlucked = false
    return {
      pluck() {
        isPlucked = true
        return this
      },
      get(...params) {
        const row = translated(() => statement.get(...params)) as { value?: unknown } | null | undefined
        return isPlucked ? row?.value : (row ?? undefined)
      },
      all: (...params) => translated(() => statement.all(...params)),
      run: (...params) => ({ changes: Number(translated(() => statement.run(...params)).changes) }),
    }
  }

  exec(sql: string): void {
    translated(() => this.#database.exec(sql))
  }

  close(): void {
    this.#database.close()
  }
}

/** The names of SQLite's result codes, by number. */
const CODES: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  18: 'SQLITE_TOOBIG',
  26: 'SQLITE_NOTADB',
}

/** Runs a call of `node:sqlite`, whose errors have numbers in place of SQLite's codes. */
function translated<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    const { errcode } = error as { errcode?: number }
    if (errcode !== undefined) Object.assign(error as Error, { code: CODES[errcode & 0xff] ?? 'SQLITE_ERROR' })
    throw error
  }
}
