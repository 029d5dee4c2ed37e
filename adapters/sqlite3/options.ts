import { ConfigError } from '../../lib/core/errors.ts'
import type { Mode, Timeout } from '../../lib/core/types.ts'
import type { Now } from '../../lib/entry/clock.ts'
import { ClientDatabase, isSyncClient, type SqliteClient } from './client.ts'
import type { Database } from './database.ts'
import { hasBetterSqlite3, needPackages } from './packages.ts'
import { SharedFile, sharedFile, sharedMemory } from './shared-file.ts'

/** What a `SqliteStore` is made with. */
export interface SqliteStoreOptions {
  /** The file, whose folder is made where it is missing; ':memory:' is a database for this store alone. @default 'polycache.sqlite3' in the working directory */
  path?: string | undefined
  /** A Database of better-sqlite3, or (asynchronous stores) one of the package `sqlite`, in place of `path`. It is never closed, nor its settings changed. */
  client?: SqliteClient | undefined
  /** The table, made where it is missing; two tables are two stores. SQLite takes `A` and `a` for the same name. @default 'cache' */
  table?: string | undefined
  /** In place of `path`, the one database in memory that stores of this process share, until the last of them is closed. @default false */
  memoryPersist?: boolean | undefined
  /** How long an operation may take. A synchronous one stops the process while it waits for a lock, and waits for 0.5 s at most. @default '2s' */
  operationTimeout?: Timeout | undefined
  /** How often the table is searched for what has expired, a few rows with each write; `null` for never. @default '1m' */
  purgeEvery?: Timeout | undefined
  /** Reads the time, in ms since the epoch. @default the system's clock */
  now?: Now | undefined
}

/** Throws `MissingDependency` when a package is not installed, and `ConfigError` for a client of the other colour. */
export function checkPackages(mode: Mode, { client, memoryPersist }: SqliteStoreOptions, adapter: string): void {
  if (client === undefined) needPackages(memoryPersist && hasBetterSqlite3() ? 'sync' : mode, adapter)
  else if (mode === 'sync' && !isSyncClient(client))
    throw new ConfigError(
      `${adapter} takes a client of better-sqlite3; this one, of the package sqlite, is for AsyncSqliteCache.`,
    )
}

/** Where the database is, for messages before it is open. */
export function placeOf({ client, memoryPersist, path = 'polycache.sqlite3' }: SqliteStoreOptions): string {
  if (client !== undefined) return isSyncClient(client) ? client.name : client.config.filename
  return memoryPersist ? ':memory:' : path
}

/** The database that the options speak of. Throws when its folder cannot be made. */
export function databaseOf(options: SqliteStoreOptions, adapter: string): Database {
  const place = placeOf(options)
  if (options.client !== undefined) return new ClientDatabase(options.client, adapter)
  if (place !== ':memory:') return sharedFile(place)
  if (!options.memoryPersist) return new SharedFile(place)

  const memory = sharedMemory()
  if (hasBetterSqlite3()) memory.settle(adapter)
  return memory
}
