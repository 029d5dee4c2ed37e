import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreContext } from '../../lib/adapter/byte-store.ts'
import { type AdapterErrorOptions, CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import { type Answer, asOut, type Flow, run, wait } from '../../lib/core/flow.ts'
import type { Mode, Out } from '../../lib/core/types.ts'
import type { Now } from '../../lib/entry/clock.ts'
import type { Connection } from './connection.ts'
import { failureOf, isBusy, isDamage, isTableMissing, late, moved } from './failures.ts'
import { JobQueue, type Turn } from './job-queue.ts'
import type { Database } from './shared-file.ts'
import type { Table } from './table.ts'

/** Work with a connection, in one statement: if it fails, nothing has been done. */
export type Job<T> = (connection: Connection) => Answer<T>

/**
 * Does a job inside a flow, with everything that it takes to get it done.
 * @param patience how long it may wait for locks, in ms; as long as the operation may by default
 */
export type Step = <T>(job: Job<T>, patience?: number) => Flow<T>

export interface RunnerOptions<M extends Mode> {
  readonly mode: M
  readonly table: Table
  readonly context: StoreContext
  readonly now: Now
  /** The database in the user's words, for messages. */
  readonly path: string
  /** How long an operation may take, in ms. */
  readonly timeout: number
  /** Finds the database, at the first operation and at the first one after `close`. */
  readonly open: () => Database
}

/** A job that was tried and failed. */
interface Failed {
  readonly error: unknown
  readonly connection: Connection
  readonly session: number
}

// A synchronous wait stops the whole process: it is cut short even if the operation timeout is longer.
const LONGEST_STOP_MS = 500

// After one operation has waited in vain, those of its kind wait no longer than this, until one of them succeeds.
const SHORT_WAIT_MS = 50

// Short ones: nobody queues for SQLite's locks, so that only asking often gets a turn among processes that write all the time.
const PAUSE_MS = { sync: 0.3, async: 1 }

/** How often the file is looked at, in ms: somebody else may have moved or deleted it. A look costs half as much as a read. */
const LOOK_MS = 1

/**
 * Gets operations on a table done, in either mode: opens the database, makes the table, waits for locks, sets a damaged file
 * aside, follows the file to another connection, opens it again if it was moved, and turns failures into errors of ours.
 * Asynchronous operations run one after the other, so that they take effect in the order of the calls; SQLite would hardly
 * do more at once.
 */
export class Runner<M extends Mode> {
  readonly #options: RunnerOptions<M>
  readonly #patience: number
  readonly #queue: JobQueue
  #database: Database | undefined
  #isConnected = false
  #failing: string | undefined
  #lookedAt = 0
  /** How many operations there have been. */
  position = 0

  constructor(options: RunnerOptions<M>) {
    const { mode, timeout } = options
    this.#options = options
    this.#patience = mode === 'sync' ? Math.min(timeout, LONGEST_STOP_MS) : timeout
    this.#queue = new JobQueue(timeout)
  }

  /** Does one job. */
  one<T>(verb: string, key: string | undefined, job: Job<T>): Out<M, T> {
    if (this.#options.mode === 'async' || this.#failing !== undefined || !this.#isReady())
      return this.all(verb, key, (step) => step(job))

    // Fast path: everything is ready and nothing is in the way.
    const connection = this.#connection()
    const { session } = connection
    try {
      return job(connection) as Out<M, T>
    } catch (error) {
      return this.#do(verb, key, (turn) => run(this.#persist(turn, job, Infinity, { error, connection, session })))
    }
  }

  /** Does as many jobs as a flow has steps. No other asynchronous operation comes in between. */
  all<T>(verb: string, key: string | undefined, flow: (step: Step) => Flow<T>): Out<M, T> {
    return this.#do(verb, key, (turn) => run(this.#steps(turn, flow)))
  }

  /** Lets go of the database, after the pending operations. */
  close(): Out<M, void> {
    return this.#do('close', undefined, () => this.#leave())
  }

  *#steps<T>(turn: Turn, flow: (step: Step) => Flow<T>): Flow<T> {
    if (this.#isTimeToLook()) yield* this.#look()
    return yield* flow((job, patience = Infinity) => this.#persist(turn, job, patience))
  }

  #do<T>(verb: string, key: string | undefined, begin: (turn: Turn) => Answer<T>): Out<M, T> {
    this.position++
    if (this.#options.mode === 'async') return asOut(this.#doLater(verb, key, begin))
    try {
      return this.#worked(verb, begin(this.#turnNow(verb))) as Out<M, T>
    } catch (error) {
      throw this.failure(error, verb, key)
    }
  }

  async #doLater<T>(verb: string, key: string | undefined, begin: (turn: Turn) => Answer<T>): Promise<T> {
    let current: Turn | undefined
    const job = (turn: Turn) => {
      current = this.#patiently(turn, verb)
      return begin(current)
    }
    const cancel = () => this.#database?.connection('async', this.#options.context.adapter).cancel?.(current!)
    try {
      const answer = await this.#queue.run(job, () => this.#late(verb, key), cancel)
      return this.#worked(verb, answer)
    } catch (error) {
      // A statement that was cancelled says so in many ways.
      throw this.failure(current?.isLate ? this.#late(verb, key) : error, verb, key)
    }
  }

  /** The turn of a synchronous operation, which begins now. */
  #turnNow(verb: string): Turn {
    const limit = this.#failing === verb ? Math.min(SHORT_WAIT_MS, this.#patience) : this.#patience
    let progressAt = performance.now()
    return {
      isLate: false,
      deadline: () => progressAt + limit,
      progress: () => {
        progressAt = performance.now()
      },
    }
  }

  /** The turn of an asynchronous operation, with less patience for a verb that has failed before. */
  #patiently(turn: Turn, verb: string): Turn {
    if (this.#failing !== verb) return turn
    const soon = performance.now() + SHORT_WAIT_MS
    return {
      get isLate() {
        return turn.isLate
      },
      deadline: () => Math.min(soon, turn.deadline()),
      progress: () => turn.progress(),
    }
  }

  #isReady(): boolean {
    if (this.#database === undefined || this.#isTimeToLook()) return false
    return this.#connection().tables.has(this.#options.table.name)
  }

  *#persist<T>(turn: Turn, job: Job<T>, patience: number, failed?: Failed): Flow<T> {
    const { table } = this.#options
    const began = performance.now()
    let failure = failed
    let isMended = false
    for (;;) {
      const connection = failure?.connection ?? this.#connection()
      const session = failure?.session ?? connection.session
      try {
        if (failure !== undefined) throw failure.error
        connection.claim?.(turn)
        if (!connection.tables.has(table.name)) {
          yield* table.prepare(connection)
          turn.progress()
          connection.claim?.(turn)
        }
        const answer = yield* wait(job(connection))
        turn.progress()
        return answer
      } catch (error) {
        failure = undefined
        if (turn.isLate) throw error
        // The file went to another connection, or was opened again: a job that failed has not been done.
        if (this.#connection() !== connection || connection.session !== session) continue

        const now = performance.now()
        if (isBusy(error) && now < turn.deadline() && now < began + patience) {
          yield* wait(this.#pause())
          continue
        }
        if (isMended) throw error
        isMended = true
        if (isDamage(error)) yield* this.#setAside(error, connection)
        else if (isTableMissing(error)) connection.tables.delete(table.name)
        else throw error
      }
    }
  }

  *#setAside(error: unknown, connection: Connection): Flow<void> {
    const { context, now } = this.#options
    const path = this.#path()
    const movedTo = yield* wait(this.#database?.setAside(connection, now()))
    if (movedTo !== undefined) context.emit('corruptFile', undefined, { error, path, movedTo })
  }

  #isTimeToLook(): boolean {
    return performance.now() - this.#lookedAt > LOOK_MS
  }

  /** Notices that somebody else has moved or deleted the file: the next job opens the file that is there by then. */
  *#look(): Flow<void> {
    const isMoved = yield* wait(this.#database?.closeIfMoved(this.#connection()) ?? false)
    this.#lookedAt = performance.now()
    if (!isMoved) return
    const { context } = this.#options
    context.emit('error', undefined, { error: moved(this.#path(), { adapter: context.adapter }), verb: undefined })
    this.#disconnected()
  }

  #connection(): Connection {
    const { mode, context, open } = this.#options
    if (this.#database === undefined) {
      this.#database = open()
      this.#database.join(this)
    }
    return this.#database.connection(mode, context.adapter)
  }

  #leave(): Answer<void> {
    const database = this.#database
    this.#disconnected()
    this.#database = undefined
    return database?.leave(this)
  }

  #disconnected(): void {
    if (this.#isConnected) this.#options.context.emit('disconnect')
    this.#isConnected = false
  }

  #pause(): Answer<void> {
    if (this.#options.mode === 'async') return sleep(PAUSE_MS.async)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS.sync)
  }

  #worked<T>(verb: string, answer: T): T {
    const { context } = this.#options
    if (verb === 'close') return answer
    if (!this.#isConnected) context.emit('connect')
    this.#isConnected = true
    if (this.#failing !== verb) return answer
    this.#failing = undefined
    context.emit('recover')
    return answer
  }

  /** The error of ours for a failure. */
  failure(error: unknown, verb: string, key: string | undefined): Error {
    const failure = failureOf(error, this.#path(), this.#facts(verb, key))
    if (failure instanceof CacheTimeout || failure instanceof ConnectionFailed) this.#failing = verb
    return failure
  }

  #late(verb: string, key: string | undefined): CacheTimeout {
    return late(this.#path(), this.#patience, this.#facts(verb, key))
  }

  #facts(verb: string, key: string | undefined): AdapterErrorOptions {
    return { adapter: this.#options.context.adapter, verb, key }
  }

  #path(): string {
    return this.#database?.path ?? this.#options.path
  }
}
