import { ConfigError } from '../../lib/core/errors.ts'
import { type Answer, andThen } from '../../lib/core/flow.ts'
import type { Mode, Timeout } from '../../lib/core/types.ts'
import type { Now } from '../../lib/entry/clock.ts'
import { AsyncConnection } from './async-connection.ts'
import type { Connection } from './connection.ts'
import { type AsyncClient, hasSyncDriver, needDriver, type SyncClient } from './drivers.ts'
import { type Database, SharedFile, sharedFile, sharedMemory } from './shared-file.ts'
import { SyncConnection } from './sync-connection.ts'

/** A database of the caller: it is used, and never closed. */
export type SqliteClient = SyncClient | AsyncClient

/** Options of a `SqliteStore`. */
export interface SqliteStoreOptions {
  /** The file, whose folder is made if it is missing; ':memory:' is a database for this store alone. @default 'polycache.sqlite3' in the working directory */
  path?: string | undefined
  /** A Database of better-sqlite3, or (asynchronous stores) one of the package `sqlite`, in place of `path`. It is never closed, nor are its settings changed. */
  client?: SqliteClient | undefined
  /** The table, made if it is missing; two tables are two stores. SQLite takes `A` and `a` for the same name. @default 'cache' */
  table?: string | undefined
  /** In place of `path`, the one database in memory that stores of this process share, until the last of them is closed. @default false */
  memoryPersist?: boolean | undefined
  /** How long an operation may take. A synchronous one stops the process while it waits for a lock, and waits for 0.5 s at most. @default '2s' */
  operationTimeout?: Timeout | undefined
  /** How often the table is searched for expired entries, a few rows with each write; `null` for never. @default '1m' */
  purgeEvery?: Timeout | undefined
  /** Reads the time, in ms since the epoch. @default the system's clock */
  now?: Now | undefined
}

/** The file if no option names one. */
export const DEFAULT_PATH = 'polycache.sqlite3'

/** Throws `MissingDependency` if there is no driver, and `ConfigError` for a client of the other mode. */
export function checkDriver(mode: Mode, { client, memoryPersist }: SqliteStoreOptions, adapter: string): void {
  if (client === undefined) needDriver(memoryPersist && hasSyncDriver() ? 'sync' : mode, adapter)
  else if (mode === 'sync' && !isSyncClient(client))
    throw new ConfigError(
      `${adapter} takes a client of better-sqlite3; this one, of the package sqlite, is for AsyncSqliteCache.`,
    )
}

/** Where the database is, for messages before it is open. */
export function placeOf({ client, memoryPersist, path = DEFAULT_PATH }: SqliteStoreOptions): string {
  if (client !== undefined) return isSyncClient(client) ? client.name : client.config.filename
  return memoryPersist ? ':memory:' : path
}

/** The database that the options name. */
export function databaseOf(options: SqliteStoreOptions, adapter: string): Database {
  const place = placeOf(options)
  if (options.client !== undefined) return new ClientDatabase(options.client, adapter)
  if (place !== ':memory:') return sharedFile(place)
  if (!options.memoryPersist) return new SharedFile(place)

  const memory = sharedMemory()
  if (hasSyncDriver()) memory.settle(adapter)
  return memory
}

/** Tells a database of better-sqlite3 from one of `sqlite` by its shape. Throws a `ConfigError` for anything else. */
function isSyncClient(client: SqliteClient): client is SyncClient {
  if (typeof (client as SyncClient).memory === 'boolean') return true
  if (typeof (client as AsyncClient).getDatabaseInstance === 'function') return false
  throw new ConfigError(
    '`client` must be a Database of better-sqlite3, or one that `open` of the package sqlite returned. Open one of sqlite3 through that package.',
  )
}

/**
 * The database of a client among those of this process: a file is settled for the driver of its client, so that two copies of
 * SQLite do not meet on it (see `SharedFile`).
 */
class ClientDatabase implements Database {
  readonly path: string
  readonly #connection: SyncConnection | AsyncConnection
  readonly #file: SharedFile | undefined
  #giveBack: (() => void) | undefined

  constructor(client: SqliteClient, adapter: string) {
    const isSync = isSyncClient(client)
    const name = isSync ? client.name : client.config.filename
    const inMemory = name === ':memory:' || name === ''
    this.#connection = isSync ? new SyncConnection(client, adapter) : new AsyncConnection(client, adapter)
    this.#file = inMemory ? undefined : sharedFile(name)
    this.path = this.#file?.path ?? ':memory:'
    if (isSync) this.#file?.settle(adapter)
    else this.#giveBack = this.#file?.lend()
  }

  join(user: object): void {
    this.#file?.join(user)
  }

  connection(): Connection {
    return this.#connection
  }

  /** Lets go of the client, so that its owner can close it. */
  leave(user: object): Answer<void> {
    this.#giveBack?.()
    this.#giveBack = undefined
    return andThen(this.#connection.close(), () => this.#file?.leave(user))
  }

  /** A file that others hold open is not ours to rename. */
  setAside(): undefined {}

  closeIfMoved(): boolean {
    return false
  }
}
