import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreContext } from '../../lib/adapter/byte-store.ts'
import { Deadlines } from '../../lib/core/deadlines.ts'
import { type AdapterErrorOptions, CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import { type Answer, andThen, asOut, type Flow, run, wait } from '../../lib/core/flow.ts'
import type { Mode, Out } from '../../lib/core/types.ts'
import type { Now } from '../../lib/entry/clock.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { failureOf, isBusy, isDamage, isTableMissing, late } from './failures.ts'
import { Turns } from './mutex.ts'
import type { Table } from './table.ts'

/** Something done with a connection, in one statement: when it fails, nothing has been done. */
export type Job<T> = (connection: Connection) => Answer<T>

/**
 * Does a job inside a flow, and whatever it takes to get it done.
 * @param patience how long it may wait for locks, in ms; as long as the operation may by default
 */
export type Step = <T>(job: Job<T>, patience?: number) => Flow<T>

/** What a runner is made with. */
export interface RunnerOptions<M extends Mode> {
  readonly mode: M
  readonly table: Table
  readonly context: StoreContext
  readonly now: Now
  /** Where the database is, as the user says it. */
  readonly path: string
  /** How long an operation may take, in ms; `null` for no limit. */
  readonly timeout: number | null
  /** Finds the database, at the first operation and at the first one after `close`. */
  readonly open: () => Database
}

/** Where a job was tried, and how it failed. */
interface Failed {
  readonly error: unknown
  readonly connection: Connection
  readonly session: number
}

// A synchronous wait stops the whole process: it is cut short even when the operation timeout is not.
const LONGEST_STOP_MS = 500

// After one has waited in vain, those of its kind wait no longer than this, until one of them succeeds.
const SHORT_WAIT_MS = 50

// Short ones: nobody queues for SQLite's locks, so that only asking often gets a turn among processes that write all the time.
const PAUSE_MS = { sync: 0.3, async: 1 }

/**
 * Gets operations on a table done, in either colour: opens the database, makes the table, waits for locks, sets a damaged file
 * aside, follows the file to another connection, and turns what fails in the end into errors of ours. Asynchronous operations
 * run one after the other, so that they take effect in the order of the calls; SQLite would hardly do more at once.
 */
export class Runner<M extends Mode> {
  readonly #options: RunnerOptions<M>
  readonly #patience: number
  readonly #deadlines: Deadlines | undefined
  readonly #turns = new Turns()
  #database: Database | undefined
  #connected = false
  #failing: string | undefined

  constructor(options: RunnerOptions<M>) {
    const { mode, timeout } = options
    this.#options = options
    this.#patience = mode === 'sync' ? Math.min(timeout ?? LONGEST_STOP_MS, LONGEST_STOP_MS) : (timeout ?? Infinity)
    this.#deadlines = mode === 'sync' || timeout === null ? undefined : new Deadlines(timeout)
  }

  /** Does one job. */
  one<T>(verb: string, key: string | undefined, job: Job<T>): Out<M, T> {
    if (this.#options.mode === 'async') return this.#do(verb, key, (deadline) => this.#try(job, deadline))
    if (this.#failing !== undefined || !this.#isReady()) return this.all(verb, key, (step) => step(job))

    // The short way, when everything stands and nothing is in the way: no flow, no closure, no look at the clock.
    const connection = this.#connection()
    const { session } = connection
    try {
      return job(connection) as Out<M, T>
    } catch (error) {
      return this.#do(verb, key, (deadline) => run(this.#persist(job, deadline, { error, connection, session })))
    }
  }

  /** Does as many jobs as a flow has steps. No other asynchronous operation comes in between. */
  all<T>(verb: string, key: string | undefined, flow: (step: Step) => Flow<T>): Out<M, T> {
    return this.#do(verb, key, (deadline) =>
      run(flow((job, patience = Infinity) => this.#persist(job, Math.min(deadline, performance.now() + patience)))),
    )
  }

  /** Lets go of the database, after the operations under way. */
  close(): Out<M, void> {
    return this.#coloured('close', undefined, () => this.#leave())
  }

  /** Notices that the file was moved or deleted from outside; the next operation opens what is there by then. */
  revisit(): Answer<void> {
    return this.#database?.revisit(this.#connection())
  }

  #do<T>(verb: string, key: string | undefined, begin: (deadline: number) => Answer<T>): Out<M, T> {
    const called = performance.now()
    return this.#coloured(verb, key, () => {
      // Whoever asked has been told so meanwhile: what is late is not done behind their back.
      if (performance.now() - called > this.#patience) throw this.#late(verb, key)
      const patience = this.#failing === verb ? Math.min(SHORT_WAIT_MS, this.#patience) : this.#patience
      return andThen(begin(called + patience), (answer) => this.#worked(verb, answer))
    })
  }

  #coloured<T>(verb: string, key: string | undefined, begin: () => Answer<T>): Out<M, T> {
    if (this.#options.mode === 'async') return asOut(this.#inTurn(verb, key, begin))
    try {
      return begin() as Out<M, T>
    } catch (error) {
      throw this.#failure(error, verb, key)
    }
  }

  async #inTurn<T>(verb: string, key: string | undefined, begin: () => Answer<T>): Promise<T> {
    const answer = this.#turns.take(begin)
    try {
      if (this.#deadlines === undefined) return await answer
      return await this.#deadlines.guard(answer, () => this.#late(verb, key))
    } catch (error) {
      throw this.#failure(error, verb, key)
    }
  }

  #isReady(): boolean {
    return this.#database !== undefined && this.#connection().tables.has(this.#options.table.name)
  }

  // The short way of the asynchronous colour: as above, but it awaits.
  async #try<T>(job: Job<T>, deadline: number): Promise<T> {
    if (!this.#isReady()) return await run(this.#persist(job, deadline))
    const connection = this.#connection()
    const { session } = connection
    try {
      return await job(connection)
    } catch (error) {
      return await run(this.#persist(job, deadline, { error, connection, session }))
    }
  }

  *#persist<T>(job: Job<T>, deadline: number, failed?: Failed): Flow<T> {
    const { table } = this.#options
    let failure = failed
    let isMended = false
    for (;;) {
      const connection = failure?.connection ?? this.#connection()
      const session = failure?.session ?? connection.session
      try {
        if (failure !== undefined) throw failure.error
        if (!connection.tables.has(table.name)) yield* table.prepare(connection)
        return yield* wait(job(connection))
      } catch (error) {
        failure = undefined
        // The file went to another connection, or was opened anew: what failed has not been done.
        if (this.#connection() !== connection || connection.session !== session) continue

        if (isBusy(error) && performance.now() < deadline) {
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
    if (this.#connected) this.#options.context.emit('disconnect')
    this.#connected = false
    this.#database = undefined
    return database?.leave(this)
  }

  #pause(): Answer<void> {
    if (this.#options.mode === 'async') return sleep(PAUSE_MS.async)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS.sync)
  }

  #worked<T>(verb: string, answer: T): T {
    const { context } = this.#options
    if (!this.#connected) context.emit('connect')
    this.#connected = true
    if (this.#failing !== verb) return answer
    this.#failing = undefined
    context.emit('recover')
    return answer
  }

  #failure(error: unknown, verb: string, key: string | undefined): Error {
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
