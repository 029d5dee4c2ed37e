import { setImmediate as turn } from 'node:timers/promises'
import { run } from '../../lib/core/flow.ts'
import type { Connection, Param, Row } from './connection.ts'
import { inodeOf } from './inode.ts'
import { Turns } from './mutex.ts'
import { loadSqlite } from './packages.ts'
import { setUp } from './pragmas.ts'

/** The part of a prepared statement of `sqlite` that is used. */
export interface AsyncStatement {
  all(...params: Param[]): Promise<unknown[]>
  run(...params: Param[]): Promise<{ changes?: number | undefined }>
  reset(): Promise<void>
  finalize(): Promise<void>
}

/** The part of a `sqlite` Database (over the driver of `sqlite3`) that is used. Anything of this shape will do. */
export interface AsyncClient {
  /** What it was opened with. */
  readonly config: { readonly filename: string }
  prepare(sql: string): Promise<AsyncStatement>
  exec(sql: string): Promise<void>
  close(): Promise<void>
  /** The database of `sqlite3` underneath. */
  getDatabaseInstance(): { configure(option: string, ...values: number[]): unknown }
}

/** What every statement is given first: longer than the 30 bytes that no limit of SQLite can refuse. */
const SEAL = 'statements of a retired connection fail here'

const LIMIT_LENGTH = 0
const LIMIT_SQL_LENGTH = 1

/**
 * A connection over `sqlite` and `sqlite3`, whose statements run in Node's thread pool.
 *
 * It can be retired at once, without waiting for the event loop: after `retire` it never touches the file again, although
 * statements of it may be under way. Every statement has a long text as its first parameter, the seal, and `retire` lowers
 * the limits of the connection, so that whatever has not begun fails when its seal is bound, or when it is prepared; then
 * it sets the busy timeout, only because that takes the connection's mutex, and so returns after what had begun. (SQLite
 * holds that mutex from the binding to the last step.) What has no parameters cannot be stopped: opening, closing, and
 * changes of the schema. While one of those is under way, `retire` refuses.
 */
export class AsyncConnection implements Connection {
  session = 0
  inode: number | undefined
  /** Whether it has been retired: what fails from then on has not been done. */
  retired = false
  readonly tables = new Set<string>()
  readonly #source: string | AsyncClient
  readonly #adapter: string
  readonly #kept = new Map<string, AsyncStatement>()
  // One thing at a time: see `#use`.
  readonly #turns = new Turns()
  #client: AsyncClient | undefined
  #isUnstoppable = false

  /**
   * @param source the path of a file, ':memory:', or a database that is the caller's
   * @param adapter who needs the packages, for messages
   */
  constructor(source: string | AsyncClient, adapter: string) {
    this.#source = source
    this.#adapter = adapter
  }

  async value(sql: string, ...params: Param[]): Promise<unknown> {
    return (await this.rows(sql, ...params))[0]?.value
  }

  // `all` even for one row: `get` would leave the statement, and with it a read transaction, open.
  async rows(sql: string, ...params: Param[]): Promise<Row[]> {
    return (await this.#use(sql, (statement) => statement.all(SEAL, ...params))) as Row[]
  }

  async run(sql: string, ...params: Param[]): Promise<number> {
    return (await this.#use(sql, (statement) => statement.run(SEAL, ...params))).changes ?? 0
  }

  exec(sql: string): Promise<void> {
    return this.#turns.take(async () => {
      const client = this.#client ?? (await this.#open())
      await this.#unstoppably(() => client.exec(sql))
    })
  }

  /** Does nothing once retired: closing would drop the locks that the whole process holds on the file. */
  close(then?: () => void): Promise<void> {
    return this.#turns.take(() => (this.retired ? undefined : this.#unstoppably(() => this.#close(then))))
  }

  /** Whether a database is open. */
  get isOpen(): boolean {
    return this.#client !== undefined
  }

  /** Makes sure that the file is not touched from now on; `false` when that cannot be had at this moment. */
  retire(): boolean {
    if (this.#isUnstoppable) return false
    this.retired = true
    const database = this.#client?.getDatabaseInstance()
    database?.configure('limit', LIMIT_LENGTH, 0)
    database?.configure('limit', LIMIT_SQL_LENGTH, 0)
    database?.configure('busyTimeout', 0)
    return true
  }

  /**
   * A statement that meets a lock is paused, not ended: until it is reset, no other statement of the connection commits, and
   * resetting it undoes what they did. So none may begin before.
   */
  #use<T>(sql: string, use: (statement: AsyncStatement) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      const statement = this.#kept.get(sql) ?? (await this.#prepare(sql))
      try {
        return await use(statement)
      } catch (error) {
        await statement.reset()
        throw error
      }
    })
  }

  async #prepare(sql: string): Promise<AsyncStatement> {
    const client = this.#client ?? (await this.#open())
    const statement = await client.prepare(`WITH seal AS (SELECT ?) ${sql}`)
    this.#kept.set(sql, statement)
    return statement
  }

  async #open(): Promise<AsyncClient> {
    // Whoever begins to use the file synchronously in this very turn comes first, and nothing needs to be retired.
    await turn()
    const source = this.#source
    this.#client = typeof source === 'string' ? await this.#unstoppably(() => this.#openFile(source)) : source
    return this.#client
  }

  async #openFile(filename: string): Promise<AsyncClient> {
    const { open, driver } = loadSqlite<(config: object) => Promise<AsyncClient>>(this.#adapter)
    const client = await open({ filename, driver })
    try {
      // Waiting for a lock there would keep a thread of the pool; whoever asks waits instead.
      client.getDatabaseInstance().configure('busyTimeout', 0)
      this.inode = inodeOf(filename)
      await run(setUp((sql) => client.exec(sql)))
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }

  async #close(then?: () => void): Promise<void> {
    const client = this.#client
    for (const statement of this.#kept.values()) await statement.finalize()
    this.session++
    this.tables.clear()
    this.#kept.clear()
    this.#client = undefined
    if (client !== this.#source) await client?.close()
    then?.()
  }

  async #unstoppably<T>(action: () => Promise<T>): Promise<T> {
    if (this.retired) throw new Error('The file is used through better-sqlite3 by now.')
    this.#isUnstoppable = true
    try {
      return await action()
    } finally {
      this.#isUnstoppable = false
    }
  }
}
