import type { StoreContext } from '../../lib/adapter/byte-store.ts'
import { Deadlines } from '../../lib/core/deadlines.ts'
import type { CacheError } from '../../lib/core/errors.ts'
import type { CacheStatus } from '../../lib/core/types.ts'
import { Breaker } from './breaker.ts'
import type { ClientLease, LeaseTools, LeaseWatcher } from './client-lease.ts'
import { BadReply, type Dialect, failureOf } from './failure.ts'
import { Health } from './health.ts'

/** The part of a connection that depends on the backend. */
export interface Backend<C> {
  /** The name of the server, for messages. */
  readonly server: string
  readonly dialect: Dialect
  /** Opens a client of ours, or wraps the caller's. Nothing is awaited. */
  open(tools: LeaseTools, watcher: LeaseWatcher<C>): ClientLease<C>
  /** Runs once the server has answered on a lease. */
  opened?(lease: ClientLease<C>): void
  /** Whether an outage on the caller's client concerns all of it, rather than one node of a cluster. @default always */
  isDown?(client: C, error: unknown): boolean
  /** Whether a reply says that this connection leads to the wrong server, so that a new one has to be opened. */
  isMisled?(reply: unknown): boolean
}

/** How a verb deals with its answer. */
export interface VerbOptions<C, T> {
  /** Answers a failure, or throws it. */
  readonly instead?: (failure: CacheError) => T
  /** The lease that the verb has begun on. */
  readonly lease?: ClientLease<C>
}

/**
 * The connection of a store to its backend, over all the clients that it takes. It opens when a verb needs it, and again
 * when one needs it after it broke. While the server is known to be down, verbs are refused at once, except for a probe now
 * and then. Every failure leaves it as a typed error.
 */
export class Connection<C> {
  readonly tools: LeaseTools
  readonly #backend: Backend<C>
  readonly #context: StoreContext
  readonly #breaker = new Breaker()
  readonly #health = new Health()
  #lease: ClientLease<C> | undefined
  #closing: Promise<unknown> | undefined

  /** @param ms how long an answer may take */
  constructor(backend: Backend<C>, ms: number, context: StoreContext) {
    this.#backend = backend
    this.#context = context
    this.tools = { ms, deadlines: new Deadlines(ms) }
  }

  /**
   * Runs a verb on the open lease, or on a new one.
   * @param read turns the reply into the answer; throws `BadReply` if it is impossible, which ends the connection
   */
  // The only async function around a command: each further one costs 0.2 µs of 3 at concurrency 256.
  async use<A, T>(
    verb: (lease: ClientLease<C>) => Promise<A>,
    read: (reply: A) => T,
    { instead = thrown, lease = this.#open() }: VerbOptions<C, T> = {},
  ): Promise<T> {
    lease.begin()
    try {
      const answer = read(await verb(lease))
      if (!this.#health.isUp) this.#worked()
      return answer
    } catch (error) {
      return instead(this.#failure(lease, error))
    } finally {
      lease.end()
    }
  }

  /** Closes a client of ours after the pending verbs, but not later than an operation may take. */
  async close(): Promise<void> {
    const lease = this.#lease
    this.#lease = undefined
    if (lease !== undefined) this.#closing = Promise.all([this.#closing, this.#leave(lease)])
    await this.#closing
  }

  /** Whether the backend is up, as far as the last answers tell. */
  status(): CacheStatus {
    return this.#health.status(this.#breaker.state)
  }

  /** The typed error of a failure. */
  failureOf(error: unknown): CacheError {
    return failureOf(error, this.#backend.server, this.#context.adapter, this.#backend.dialect)
  }

  #open(): ClientLease<C> {
    const refusal = this.#breaker.refusal()
    if (refusal !== undefined) throw this.failureOf(refusal)
    if (this.#lease === undefined) {
      this.#lease = this.#backend.open(this.tools, this.#watcher)
      if (!this.#lease.isOwn) this.#backend.opened?.(this.#lease)
    }
    return this.#lease
  }

  readonly #watcher: LeaseWatcher<C> = {
    up: (lease) => {
      this.#context.emit('connect')
      this.#worked()
      this.#backend.opened?.(lease)
    },
    down: (lease, wasUp, { fault, failure }) => {
      if (this.#lease === lease) this.#lease = undefined
      if (failure !== undefined) this.#breaker.failed(failure)
      if (fault !== undefined) this.#health.down(this.failureOf(fault))
      if (wasUp) this.#context.emit('disconnect')
    },
  }

  #worked(): void {
    this.#health.up()
    if (this.#breaker.worked()) this.#context.emit('recover')
  }

  #failure(lease: ClientLease<C>, error: unknown): CacheError {
    const { dialect } = this.#backend
    if (error instanceof BadReply || this.#backend.isMisled?.(error)) lease.giveUp(error as Error)
    // When a connection breaks, clients tell their pending requests no more than that; the lease knows the reason.
    const origin = (dialect.isOutage(error) && lease.reason) || error
    if (!lease.isOwn || lease.reason === undefined) this.#learn(lease.client, origin)
    return this.failureOf(origin)
  }

  /** Records what a failure on a client that mends itself says about the server. */
  #learn(client: C, error: unknown): void {
    const { dialect, isDown = () => true } = this.#backend
    if (!dialect.isOutage(error)) dialect.isReply(error) && this.#worked()
    else if (isDown(client, error)) {
      this.#breaker.failed(error as Error)
      this.#health.down(this.failureOf(error))
    }
  }

  async #leave(lease: ClientLease<C>): Promise<void> {
    await lease.idle(this.tools.deadlines)
    await this.tools.deadlines.guard(lease.close(), () => new Error()).catch(() => {})
  }
}

function thrown(failure: CacheError): never {
  throw failure
}
