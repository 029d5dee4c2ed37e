import { ConfigError } from '../../lib/core/errors.ts'
import { type Answer, andThen } from '../../lib/core/flow.ts'
import { type AsyncClient, AsyncConnection } from './async-connection.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { type SharedFile, sharedFile } from './shared-file.ts'
import { type SyncClient, SyncConnection } from './sync-connection.ts'

/** A database that is handed in: it is used, and never closed. */
export type SqliteClient = SyncClient | AsyncClient

/** A database of better-sqlite3 is told by its shape from one of `sqlite`. Throws a `ConfigError` for what is neither. */
export function isSyncClient(client: SqliteClient): client is SyncClient {
  if (typeof (client as SyncClient).memory === 'boolean') return true
  if (typeof (client as AsyncClient).getDatabaseInstance === 'function') return false
  throw new ConfigError(
    'The option client takes a Database of better-sqlite3, or one that `open` of the package sqlite gave. One of sqlite3 itself has to be opened through it.',
  )
}

/**
 * A client's database among those of this process: a file is settled for the package of its client, so that the two copies of
 * SQLite do not meet on it (see `SharedFile`).
 */
export class ClientDatabase implements Database {
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

  revisit(): undefined {}
}
