import { existsSync, mkdirSync, realpathSync, renameSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { ConfigError, ConnectionFailed } from '../../lib/core/errors.ts'
import { type Answer, andThen } from '../../lib/core/flow.ts'
import { shared } from '../../lib/core/process-state.ts'
import type { Mode } from '../../lib/core/types.ts'
import { AsyncConnection } from './async-connection.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { inodeOf } from './inode.ts'
import { SyncConnection } from './sync-connection.ts'

/**
 * A database as the stores of this process share it: one connection for all of them, in both colours.
 *
 * better-sqlite3 and sqlite3 bring a copy of SQLite each. On POSIX a lock on a file belongs to the process, so that the two
 * copies would not keep each other out, and closing the file in one would drop the locks of the other (sqlite.org,
 * "How To Corrupt An SQLite Database File", 2.2.1): in one process they must never work on one file. So the first
 * synchronous verb on a file settles it: from then on everybody's operations go through better-sqlite3, and a connection of
 * sqlite3 that is open is retired. It stays open, and unused, to the end of the process; so does the choice.
 */
export class SharedFile implements Database {
  /** The real path, or ':memory:'. */
  readonly path: string
  readonly #users = new Set<object>()
  #sync: SyncConnection | undefined
  #async: AsyncConnection | undefined
  #retired: AsyncConnection | undefined
  /** How many users work on it through a database of `sqlite` that is the caller's, and cannot be retired. */
  #foreign = 0

  constructor(path: string) {
    this.path = path
  }

  join(user: object): void {
    this.#users.add(user)
  }

  /** The connection to use now; it may be another one next time. Throws when a synchronous one cannot be had. */
  connection(mode: Mode, adapter: string): Connection {
    if (this.#sync !== undefined) return this.#sync
    if (mode === 'sync') return this.settle(adapter)
    this.#async ??= new AsyncConnection(this.path, adapter)
    return this.#async
  }

  /** Gives the file to better-sqlite3. */
  settle(adapter: string): SyncConnection {
    if (this.#sync !== undefined) return this.#sync
    if (this.#foreign > 0)
      throw new ConfigError(
        `The SQLite file ${JSON.stringify(this.path)} is open through a client of the package sqlite in this process, and using it ` +
          'through better-sqlite3 too would damage it. Use one of the two packages for it.',
      )
    // First, for it throws when the package does not load.
    const connection = new SyncConnection(this.path, adapter)
    if (this.#async?.retire() === false)
      throw new ConnectionFailed(
        `The SQLite file ${JSON.stringify(this.path)} is just being opened or closed by an asynchronous cache of this process. Try again in a moment.`,
        { adapter },
      )

    if (this.#async?.isOpen) this.#retired = this.#async
    this.#async = undefined
    this.#sync = connection
    return connection
  }

  /** Lends the file to a database of `sqlite` that is the caller's; gives what to call when it is no longer used. */
  lend(): () => void {
    if (this.#sync !== undefined)
      throw new ConfigError(
        `The SQLite file ${JSON.stringify(this.path)} is used through better-sqlite3 in this process, and using it through a client of ` +
          'the package sqlite too would damage it. Use one of the two packages for it.',
      )
    this.#foreign++
    return () => void this.#foreign--
  }

  /** A user is done with it: the last one closes the connection. */
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

  revisit(connection: Connection): Answer<void> {
    if (connection.inode !== undefined && connection.inode !== inodeOf(this.path)) return connection.close()
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

/** The database that every store of this process means which asks for it in memory. */
export function sharedMemory(): SharedFile {
  return fileNamed(':memory:')
}

/** The database in a file. Makes its folder. */
export function sharedFile(path: string): SharedFile {
  return fileNamed(realPathOf(path))
}

function fileNamed(path: string): SharedFile {
  const file = files().get(path) ?? new SharedFile(path)
  files().set(path, file)
  return file
}

function files(): Map<string, SharedFile> {
  return shared('sqlite-files', () => new Map<string, SharedFile>())
}

function realPathOf(path: string): string {
  const full = resolve(path)
  mkdirSync(dirname(full), { recursive: true })
  return existsSync(full) ? realpathSync(full) : join(realpathSync(dirname(full)), basename(full))
}
