import type { Deadlines } from '../../lib/core/deadlines.ts'
import { NoAnswer } from './failure.ts'
import { IdleTimer } from './idle-timer.ts'
import { Pending } from './pending.ts'

/** The parts that all leases of a connection share. */
export interface LeaseTools {
  /** How long an answer may take, in ms. */
  readonly ms: number
  readonly deadlines: Deadlines
}

/**
 * A client for as long as it works, with the verbs that are pending on it. A verb takes all of its steps on one lease.
 * This one is over the caller's client, which is never closed here and mends itself.
 */
export class ClientLease<C> extends Pending {
  readonly client: C
  /** Whether the client is ours. */
  readonly isOwn: boolean = false
  /** Why the lease ended, once it has. */
  reason: Error | undefined
  protected readonly tools: LeaseTools

  constructor(client: C, tools: LeaseTools) {
    super()
    this.client = client
    this.tools = tools
  }

  /** Returns the answer to a request; rejects with `NoAnswer` if it does not come in time. */
  ask<T>(send: (client: C) => Promise<T>): Promise<T> {
    return this.guard(send(this.client))
  }

  /** Ends the lease because of a failure. */
  giveUp(_reason: Error): void {}

  /** Ends the lease because it is not needed any more. */
  async close(): Promise<void> {}

  protected guard<T>(answer: Promise<T>): Promise<T> {
    return this.tools.deadlines.guard(answer, this.#late)
  }

  readonly #late = (): Error => {
    const error = new NoAnswer(`did not answer within ${this.tools.ms} ms`)
    this.giveUp(error)
    return error
  }
}

/** How a client of ours is opened and closed. */
export interface OwnClient {
  /** Resolves when the server has answered. @param giveUp takes every later failure of the connection */
  connect(giveUp: (reason: Error) => void): Promise<unknown>
  /** Closes the client at once; pending requests fail. */
  close(): Promise<void> | void
  /** Whether it keeps the process alive while it is open, and so has to be closed when it is idle. */
  readonly holdsProcess: boolean
  /** Whether it mends a failure by itself, so that the lease goes on. @default never */
  survives?(reason: Error): boolean
}

/** Receives what becomes of a lease over a client of ours. */
export interface LeaseWatcher<C> {
  /** The server answers on it. */
  up(lease: OwnLease<C>): void
  /** It has ended. */
  down(lease: OwnLease<C>, wasUp: boolean, end: LeaseEnd): void
}

/** Why a lease ended: by nothing if it was closed. */
export interface LeaseEnd {
  /** Why the connection broke. */
  readonly fault?: Error
  /** The fault, if it concerns the server and not only this connection. */
  readonly failure?: Error
}

/** A lease over a client of ours, which serves for one connection: when it breaks, the next verb opens another. */
export class OwnLease<C> extends ClientLease<C> {
  override readonly isOwn = true
  readonly #own: OwnClient
  readonly #watcher: LeaseWatcher<C>
  readonly #idleTimer: IdleTimer | undefined
  /** The requests that wait for the server's first answer, in order. */
  readonly #waiting: (() => void)[] = []
  #isUp = false
  #closing: Promise<void> | undefined

  constructor(client: C, tools: LeaseTools, own: OwnClient, watcher: LeaseWatcher<C>) {
    super(client, tools)
    this.#own = own
    this.#watcher = watcher
    if (own.holdsProcess) {
      this.#idleTimer = new IdleTimer(() => {
        if (this.pending === 0) this.#end(new Error('the connection was not needed'), {})
      })
    }
    void this.#connect()
  }

  override ask<T>(send: (client: C) => Promise<T>): Promise<T> {
    if (this.#isUp) return super.ask(send)
    const sent = async (): Promise<T> => {
      if (this.reason !== undefined) throw this.reason
      return send(this.client)
    }
    return this.guard(new Promise((resolve) => this.#waiting.push(() => resolve(sent()))))
  }

  override end(): void {
    super.end()
    if (this.pending === 0 && this.reason === undefined) this.#idleTimer?.begin()
  }

  override giveUp(reason: Error): void {
    if (this.#isUp && this.#own.survives?.(reason)) return
    const concernsServer = !this.#isUp || reason instanceof NoAnswer
    this.#end(reason, concernsServer ? { fault: reason, failure: reason } : { fault: reason })
  }

  override async close(): Promise<void> {
    this.#end(new Error('the cache was closed'), {})
    await this.#closing
  }

  async #connect(): Promise<void> {
    try {
      await this.guard(this.#own.connect((reason) => this.giveUp(reason)))
    } catch (error) {
      this.giveUp(error as Error)
    }
    // It may have ended before the client had anything to close.
    if (this.reason !== undefined) return void this.#own.close()

    this.#isUp = true
    this.#sendWaiting()
    this.#watcher.up(this)
  }

  /** Pending requests fail. Ending it again changes nothing. */
  #end(reason: Error, end: LeaseEnd): void {
    if (this.reason !== undefined) return
    this.reason = reason
    const wasUp = this.#isUp
    this.#isUp = false
    this.#idleTimer?.end()
    this.#closing = Promise.resolve(this.#own.close())
    this.#sendWaiting()
    this.#watcher.down(this, wasUp, end)
  }

  #sendWaiting(): void {
    for (const send of this.#waiting.splice(0)) send()
  }
}
