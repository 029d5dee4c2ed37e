import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { run } from '../../lib/core/flow.ts'
import { type Connection, type Param, type Row, setUp } from './connection.ts'
import { type AsyncClient, type AsyncStatement, asyncDriver } from './drivers.ts'
import { JobQueue } from './job-queue.ts'
import { inodeOf, makeFolder } from './paths.ts'

/** The first parameter of every statement: longer than 30 bytes, the least limit of SQLite. */
const SEAL = 'statements of a retired connection fail here'

const LIMIT_LENGTH = 0
const LIMIT_SQL_LENGTH = 1
/** More than SQLite allows: it takes its own maximum. */
const NO_LIMIT = 2 ** 31 - 1

/**
 * A connection over `sqlite` and `sqlite3`, whose statements run in Node's thread pool.
 *
 * It can be retired at once, without waiting for the event loop: after `retire` it never touches the file again, although
 * statements of it may be pending. Every statement has a long text as its first parameter, the seal, and `retire` lowers the
 * limits of the connection, so that a statement that has not begun fails when its seal is bound, or when it is prepared;
 * then it sets the busy timeout, only because that takes the connection's mutex, and so returns after a statement that had
 * begun. (SQLite holds that mutex from the binding to the last step.) `cancel` does the same to one statement, and
 * interrupts it if it has begun. Opening, closing and changes of the schema have no parameters and cannot be stopped. While
 * one of those is pending, `retire` refuses.
 */
export class AsyncConnection implements Connection {
  session = 0
  inode: number | undefined
  /** Whether it has been retired: statements that fail from then on have not been carried out. */
  retired = false
  readonly tables = new Set<string>()
  readonly #source: string | AsyncClient
  readonly #adapter: string
  readonly #statements = new Map<string, AsyncStatement>()
  // One statement at a time: see `#use`.
  readonly #queue = new JobQueue(null)
  readonly #cancelled = new WeakSet<object>()
  #client: AsyncClient | undefined
  #isUnstoppable = false
  /** The job whose statements are being asked for, and the one whose statement is running. */
  #claimed: object | undefined
  #running: object | undefined
  #isSealed = false

  /**
   * @param source the path of a file, ':memory:', or a database that is the caller's
   * @param adapter the class that needs the packages, for messages
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
    return this.#queue.run(async () => {
      const client = this.#client ?? (await this.#open())
      await this.#unstoppably(() => client.exec(sql))
    })
  }

  /** Does nothing once retired: closing would drop the locks that the whole process holds on the file. */
  close(then?: () => void): Promise<void> {
    return this.#queue.run(() => (this.retired ? undefined : this.#unstoppably(() => this.#close(then))))
  }

  /** Whether a database is open. */
  get isOpen(): boolean {
    return this.#client !== undefined
  }

  /** Makes sure that the file is not touched from now on; `false` if that is not possible at this moment. */
  retire(): boolean {
    if (this.#isUnstoppable) return false
    this.retired = true
    this.#seal()
    this.#client?.getDatabaseInstance().configure('busyTimeout', 0)
    return true
  }

  claim(job: object): void {
    this.#claimed = job
  }

  cancel(job: object): void {
    this.#cancelled.add(job)
    // A client of the caller may have statements of its own, which the limits and the interrupt would hit as well.
    if (this.#running !== job || typeof this.#source !== 'string') return
    this.#seal()
    this.#client?.getDatabaseInstance().interrupt()
  }

  #seal(): void {
    this.#isSealed = true
    this.#limit(0)
  }

  #limit(length: number): void {
    const database = this.#client?.getDatabaseInstance()
    database?.configure('limit', LIMIT_LENGTH, length)
    database?.configure('limit', LIMIT_SQL_LENGTH, length)
  }

  /**
   * A statement that meets a lock is paused, not ended: until it is reset, no other statement of the connection commits, and
   * resetting it undoes what they did. So none may begin before.
   */
  #use<T>(sql: string, use: (statement: AsyncStatement) => Promise<T>): Promise<T> {
    const job = this.#claimed
    return this.#queue.run(async () => {
      if (job !== undefined && this.#cancelled.has(job)) throw new Error('The statement was cancelled.')
      this.#running = job
      try {
        return await this.#execute(this.#statements.get(sql) ?? (await this.#prepare(sql)), use)
      } finally {
        this.#running = undefined
        if (this.#isSealed && !this.retired) this.#unseal()
      }
    })
  }

  async #execute<T>(statement: AsyncStatement, use: (statement: AsyncStatement) => Promise<T>): Promise<T> {
    try {
      return await use(statement)
    } catch (error) {
      await statement.reset()
      throw error
    }
  }

  #unseal(): void {
    this.#isSealed = false
    this.#limit(NO_LIMIT)
  }

  async #prepare(sql: string): Promise<AsyncStatement> {
    const client = this.#client ?? (await this.#open())
    const statement = await client.prepare(`WITH seal AS (SELECT ?) ${sql}`)
    this.#statements.set(sql, statement)
    return statement
  }

  async #open(): Promise<AsyncClient> {
    // Whoever begins to use the file synchronously in this very turn comes first, and nothing needs to be retired.
    await nextTurn()
    const source = this.#source
    this.#client = typeof source === 'string' ? await this.#unstoppably(() => this.#openFile(source)) : source
    return this.#client
  }

  async #openFile(filename: string): Promise<AsyncClient> {
    const { open, driver } = asyncDriver<(config: object) => Promise<AsyncClient>>(this.#adapter)
    if (filename !== ':memory:') makeFolder(dirname(filename))
    const client = await open({ filename, driver })
    try {
      // Waiting for a lock there would occupy a thread of the pool; the runner waits instead.
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
    for (const statement of this.#statements.values()) await statement.finalize()
    this.session++
    this.tables.clear()
    this.#statements.clear()
    this.#client = undefined
    if (client !== this.#source) await client?.close()
    then?.()
  }

  async #unstoppably<T>(action: () => Promise<T>): Promise<T> {
    if (this.retired) throw new Error('The file is used synchronously by now, through another copy of SQLite.')
    this.#isUnstoppable = true
    try {
      return await action()
    } finally {
      this.#isUnstoppable = false
    }
  }
}
