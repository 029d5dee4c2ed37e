import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreContext } from '../../lib/byte-store.ts'
import type { Now } from '../../lib/clock.ts'
import type { Mode, Out } from '../../lib/contract.ts'
import { Deadlines } from '../../lib/deadlines.ts'
import { type AdapterErrorOptions, CacheTimeout, ConnectionFailed } from '../../lib/errors.ts'
import { type Answer, coloured, type Flow, run, then, wait } from '../../lib/flow.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { failureOf, isBusy, isDamage, late } from './failures.ts'
import type { Table } from './table.ts'
import { Turns } from './turns.ts'

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

/** How long an operation that met a lock to the end of its patience is not waited for again. */
const LOCK_MEMORY_MS = 1000

// Short ones: nobody queues for SQLite's locks, so that only asking often gets a turn among processes that write all the time.
const PAUSES_MS = [1, 1, 2, 2, 3, 4]

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
  #failing: { readonly verb: string; readonly at: number } | undefined

  constructor(options: RunnerOptions<M>) {
    const { mode, timeout } = options
    this.#options = options
    this.#patience = mode === 'sync' ? Math.min(timeout ?? LONGEST_STOP_MS, LONGEST_STOP_MS) : (timeout ?? Infinity)
    this.#deadlines = mode === 'sync' || timeout === null ? undefined : new Deadlines(timeout)
  }

  /** Does one job. */
  one<T>(verb: string, key: string | undefined, job: Job<T>): Out<M, T> {
    if (this.#options.mode === 'async') return this.#do(verb, key, (patience) => this.#try(job, patience))
    if (this.#failing !== undefined || !this.#isReady()) return this.all(verb, key, (step) => step(job))

    // The short way, when everything stands and nothing is in the way: no flow, no closure, no look at the clock.
    const connection = this.#connection()
    const { session } = connection
    try {
      return job(connection) as Out<M, T>
    } catch (error) {
      return this.#do(verb, key, (patience) => this.#mend(job, patience, { error, connection, session }))
    }
  }

  /** Does as many jobs as a flow has steps. No other asynchronous operation comes in between. */
  all<T>(verb: string, key: string | undefined, flow: (step: Step) => Flow<T>): Out<M, T> {
    return this.#do(verb, key, (patience) => {
      const deadline = performance.now() + patience
      return run(flow((job, ms) => this.#persist(job, ms === undefined ? deadline : performance.now() + ms)))
    })
  }

  /** Lets go of the database, after the operations under way. */
  close(): Out<M, void> {
    return this.#coloured('close', undefined, () => this.#leave())
  }

  /** Notices that the file was moved or deleted from outside; the next operation opens what is there by then. */
  revisit(): Answer<void> {
    return this.#database?.revisit(this.#connection())
  }

  #do<T>(verb: string, key: string | undefined, begin: (patience: number) => Answer<T>): Out<M, T> {
    const isLocked = this.#failing?.verb === verb && performance.now() < this.#failing.at + LOCK_MEMORY_MS
    const patience = isLocked ? 0 : this.#patience
    return this.#coloured(verb, key, () => then(begin(patience), (answer) => this.#worked(verb, answer)))
  }

  #coloured<T>(verb: string, key: string | undefined, begin: () => Answer<T>): Out<M, T> {
    if (this.#options.mode === 'async') return coloured(this.#inTurn(verb, key, begin))
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
      return await this.#deadlines.guard(answer, () => late(this.#path, this.#patience, this.#facts(verb, key)))
    } catch (error) {
      throw this.#failure(error, verb, key)
    }
  }

  #isReady(): boolean {
    return this.#database !== undefined && this.#connection().tables.has(this.#options.table.name)
  }

  async #try<T>(job: Job<T>, patience: number): Promise<T> {
    if (!this.#isReady()) return await this.#mend(job, patience)
    const connection = this.#connection()
    const { session } = connection
    try {
      return await job(connection)
    } catch (error) {
      return await this.#mend(job, patience, { error, connection, session })
    }
  }

  #mend<T>(job: Job<T>, patience: number, failed?: Failed): Answer<T> {
    return run(this.#persist(job, performance.now() + patience, failed))
  }

  *#persist<T>(job: Job<T>, deadline: number, failed?: Failed): Flow<T> {
    const { table } = this.#options
    let failure = failed
    let isMended = false
    for (let tries = 0; ; tries++) {
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

        connection.tables.delete(table.name)
        if (isDamage(error) && !isMended) yield* this.#setAside(error, connection, session)
        else if (isBusy(error) && performance.now() < deadline) yield* wait(this.#pause(tries))
        else throw error
        isMended ||= isDamage(error)
      }
    }
  }

  *#setAside(error: unknown, connection: Connection, session: number): Flow<void> {
    const { context, now } = this.#options
    const path = this.#path
    const movedTo = yield* wait(this.#database?.setAside(connection, session, now()))
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

  #pause(tries: number): Answer<void> {
    const ms = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]!
    if (this.#options.mode === 'async') return sleep(ms)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  }

  #worked<T>(verb: string, answer: T): T {
    const { context } = this.#options
    if (!this.#connected) context.emit('connect')
    this.#connected = true
    if (this.#failing?.verb !== verb) return answer
    this.#failing = undefined
    context.emit('recover')
    return answer
  }

  #failure(error: unknown, verb: string, key: string | undefined): Error {
    const failure = failureOf(error, this.#path, this.#facts(verb, key))
    if (failure instanceof CacheTimeout || failure instanceof ConnectionFailed)
      this.#failing = { verb, at: performance.now() }
    return failure
  }

  #facts(verb: string, key: string | undefined): AdapterErrorOptions {
    return { adapter: this.#options.context.adapter, verb, key }
  }

  get #path(): string {
    return this.#database?.path ?? this.#options.path
  }
}
