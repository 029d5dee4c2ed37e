import { existsSync, renameSync } from 'node:fs'
import { ConfigError, ConnectionFailed } from '../../lib/core/errors.ts'
import { type Answer, andThen } from '../../lib/core/flow.ts'
import { shared } from '../../lib/core/process-state.ts'
import type { Mode } from '../../lib/core/types.ts'
import { AsyncConnection } from './async-connection.ts'
import type { Connection } from './connection.ts'
import { hasAsyncDriver } from './drivers.ts'
import { inodeOf, realPath } from './paths.ts'
import { SyncConnection } from './sync-connection.ts'

/** A database as a store sees it, whoever else uses it. */
export interface Database {
  /** The real path of the file, or ':memory:'. */
  readonly path: string
  /** A user begins to use it. */
  join(user: object): void
  /** A user is done with it: the last one closes the connection. */
  leave(user: object): Answer<void>
  /** The connection to use now; it may be another one the next time. */
  connection(mode: Mode, adapter: string): Connection
  /**
   * Moves a damaged file away, so that the next operation begins a new one. Returns where it is now; `undefined` if there
   * was nothing to move, because somebody else has moved it or owns it.
   * @param connection the one that has the damaged file open
   * @param now the time, in ms since the epoch
   */
  setAside(connection: Connection, now: number): Answer<string | undefined>
  /** Closes the connection if somebody else has moved or deleted the file, and returns whether that is so. */
  closeIfMoved(connection: Connection): Answer<boolean>
}

/**
 * A database as the stores of this process share it: one connection for all of them, in both modes.
 *
 * The drivers bring a copy of SQLite each. On POSIX a lock on a file belongs to the process, so that two copies would not
 * keep each other out, and closing the file in one would drop the locks of the other (sqlite.org, "How To Corrupt An SQLite
 * Database File", 2.2.1): in one process they must never work on one file. So the first synchronous verb on a file settles
 * it: from then on all operations use the synchronous driver, and an open connection of sqlite3 is retired. It stays open,
 * and unused, to the end of the process; so does the choice.
 */
export class SharedFile implements Database {
  readonly path: string
  readonly #users = new Set<object>()
  #sync: SyncConnection | undefined
  #async: AsyncConnection | undefined
  #retired: AsyncConnection | undefined
  /** How many users work on it through a database of `sqlite` that is the caller's, and cannot be retired. */
  #lent = 0

  constructor(path: string) {
    this.path = path
  }

  join(user: object): void {
    this.#users.add(user)
  }

  /** The connection to use now; it may be another one next time. Throws if a synchronous one is not possible. */
  connection(mode: Mode, adapter: string): Connection {
    if (this.#sync !== undefined) return this.#sync
    if (this.#async !== undefined && mode === 'async') return this.#async
    if (mode === 'sync' || !hasAsyncDriver()) return this.settle(adapter)
    this.#async = new AsyncConnection(this.path, adapter)
    return this.#async
  }

  /** Gives the file to the synchronous driver. */
  settle(adapter: string): SyncConnection {
    if (this.#sync !== undefined) return this.#sync
    if (this.#lent > 0)
      throw new ConfigError(
        `The SQLite file ${JSON.stringify(this.path)} is open through a client of the package sqlite in this process, and a ` +
          'synchronous cache would damage it. Use one of the two for the file.',
      )
    // First, because it throws if the driver does not load.
    const connection = new SyncConnection(this.path, adapter)
    if (this.#async?.retire() === false)
      throw new ConnectionFailed(
        `An asynchronous cache of this process is just opening or closing the SQLite file ${JSON.stringify(this.path)}. Try again in a moment.`,
        { adapter },
      )

    if (this.#async?.isOpen) this.#retired = this.#async
    this.#async = undefined
    this.#sync = connection
    return connection
  }

  /** Lends the file to a database of `sqlite` that is the caller's; returns a function that ends it. */
  lend(): () => void {
    if (this.#sync !== undefined)
      throw new ConfigError(
        `The SQLite file ${JSON.stringify(this.path)} is used synchronously in this process, and a client of the package sqlite ` +
          'would damage it. Use one of the two for the file.',
      )
    this.#lent++
    return () => void this.#lent--
  }

  leave(user: object): Answer<void> {
    if (!this.#users.delete(user) || this.#users.size > 0) return
    const connection = this.#sync ?? this.#async
    return andThen(connection?.close(), () => this.#forget())
  }

  setAside(connection: Connection, now: number): Answer<string | undefined> {
    const { inode } = connection
    let movedTo: string | undefined
    const move = () => {
      if (inode !== undefined && inode === inodeOf(this.path)) movedTo = this.#move(now)
    }
    return andThen(connection.close(move), () => movedTo)
  }

  closeIfMoved(connection: Connection): Answer<boolean> {
    if (connection.inode === undefined || connection.inode === inodeOf(this.path)) return false
    return andThen(connection.close(), () => true)
  }

  #move(now: number): string {
    let movedTo = `${this.path}.corrupt-${now}`
    for (let i = 2; existsSync(movedTo); i++) movedTo = `${this.path}.corrupt-${now}-${i}`
    // The log goes first: left behind, it would be taken for that of the new file.
    for (const part of ['-wal', '-shm', ''])
      if (existsSync(this.path + part)) renameSync(this.path + part, movedTo + part)
    return movedTo
  }

  #forget(): void {
    if (this.#users.size > 0 || this.#retired !== undefined) return
    this.#sync = undefined
    this.#async = undefined
    if (files().get(this.path) === this) files().delete(this.path)
  }
}

/** The one database in memory that stores of this process share. */
export function sharedMemory(): SharedFile {
  return fileNamed(':memory:')
}

/** The database in a file. */
export function sharedFile(path: string): SharedFile {
  return fileNamed(realPath(path))
}

function fileNamed(path: string): SharedFile {
  const file = files().get(path) ?? new SharedFile(path)
  files().set(path, file)
  return file
}

function files(): Map<string, SharedFile> {
  return shared('sqlite-files', () => new Map<string, SharedFile>())
}
