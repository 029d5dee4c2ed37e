import { performance } from 'node:perf_hooks'
import type { StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { type AdapterError, ValueTooLarge } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'
import { Breaker } from '../shared/breaker.ts'
import { copyOf } from '../shared/failure.ts'
import { Generation, reservedKey } from './generation.ts'
import { alive, done, loaded, type Read, Request, statistics, stored, tooLarge, versioned } from './request.ts'
import type { Server } from './servers.ts'
import { Transport, type Watcher } from './transport.ts'

/** A backend of `MemcachedStore`: one server, or a client that knows several. Keys are encoded; TTLs are as memcached counts them. */
export interface Remote {
  load(key: string): Promise<Wire | undefined>
  save(key: string, wire: Wire, ttl: number): Promise<void>
  /** Removes a key, and returns whether it was there. */
  remove(key: string): Promise<boolean>
  loadVersioned(key: string): Promise<VersionedWire>
  compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttl: number): Promise<boolean>
  /** Makes everything under the prefix unreadable. */
  wipe(): Promise<void>
  ping(): Promise<void>
  /** The statistics that the server keeps. */
  stats(): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** From this size on, a value may be more than the server takes. */
const LARGE = 512 * 1024

/**
 * One memcached server. Collects the requests of a tick, adds the generation to their keys, and sends them over its
 * connection, which it opens when there is none. While the server is known to be down, requests are refused at once; the
 * requests of the tick in which it is tried again are the probe together.
 */
export class ServerConnection implements Remote, Watcher {
  readonly adapter: string
  readonly #server: Server
  readonly #limit: number
  readonly #context: StoreContext
  readonly #breaker = new Breaker()
  readonly #generation: Generation
  #transport: Transport | undefined
  #batch: Request[] = []
  /** When the batch was begun. */
  #since = 0
  #lastAnswer: Promise<unknown> | undefined
  /** The size of the smallest value that the server refused. */
  #refusedSize = Number.POSITIVE_INFINITY

  /** @param limit how long an answer may take, in ms */
  constructor(server: Server, encodedPrefix: string, limit: number, context: StoreContext) {
    this.adapter = context.adapter
    this.#server = server
    this.#limit = limit
    this.#context = context

    const key = reservedKey(encodedPrefix)
    this.#generation = new Generation(`${server.id} ${encodedPrefix}`, {
      load: (since) => this.#sendNow(new Request('mg', key, ' v f c', undefined, versioned, since)),
      compareAndSave: (version, name, since) =>
        this.#sendNow(new Request('ms', key, ` T0${condition(version)}`, name, done, since)),
      save: (name, since) => this.#sendNow(new Request('ms', key, ' T0', name, stored, since)),
    })
  }

  load(key: string): Promise<Wire | undefined> {
    return this.#ask('mg', key, ' v f', undefined, loaded)
  }

  save(key: string, wire: Wire, ttl: number): Promise<void> {
    return wire.length < LARGE ? this.#ask('ms', key, ` T${ttl}`, wire, stored) : this.#saveLarge(key, wire, ttl)
  }

  remove(key: string): Promise<boolean> {
    return this.#ask('md', key, '', undefined, done)
  }

  loadVersioned(key: string): Promise<VersionedWire> {
    return this.#ask('mg', key, ' v f c', undefined, versioned)
  }

  compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttl: number): Promise<boolean> {
    if (wire !== undefined) return this.#ask('ms', key, ` T${ttl}${condition(version)}`, wire, done)
    if (version !== undefined) return this.#ask('md', key, condition(version), undefined, done)
    return this.#ask('mg', key, '', undefined, absent)
  }

  async wipe(): Promise<void> {
    this.#refuseWhileDown()
    this.#flush()
    try {
      await this.#remember(this.#generation.wipe())
    } catch (error) {
      throw copyOf(error, this.adapter)
    }
  }

  async ping(): Promise<void> {
    this.#refuseWhileDown()
    await this.#remember(this.#sendNow(new Request('mn', '', '', undefined, alive, performance.now())))
  }

  async stats(): Promise<Record<string, unknown>> {
    this.#refuseWhileDown()
    return await this.#remember(this.#sendNow(new Request('stats', '', '', undefined, statistics(), performance.now())))
  }

  /** Closes the connection when everything asked before is answered, unless more has been asked by then. */
  async close(): Promise<void> {
    this.#flush()
    await this.#lastAnswer?.catch(() => undefined)
    this.#lastAnswer = undefined
    if (this.#batch.length === 0 && this.#generation.isIdle && this.#transport?.isIdle) this.#transport.close()
  }

  connected(): void {
    this.#context.emit('connect')
  }

  answered(): void {
    if (this.#breaker.worked()) this.#context.emit('recover')
  }

  lost(wasOpen: boolean, failure: AdapterError | undefined): void {
    this.#transport = undefined
    this.#refusedSize = Number.POSITIVE_INFINITY
    // The server may come back without its memory.
    this.#generation.forget()
    if (failure !== undefined) this.#breaker.failed(failure)
    if (wasOpen) this.#context.emit('disconnect')
  }

  #ask<T>(command: string, key: string, flags: string, wire: Wire | undefined, read: Read<T>): Promise<T> {
    if (this.#batch.length === 0) {
      const refusal = this.#breaker.refusal()
      if (refusal !== undefined) return Promise.reject(copyOf(refusal, this.adapter))

      this.#since = performance.now()
      // After the microtasks: by then everything that this tick asks for is in the batch.
      process.nextTick(this.#flush)
    }
    const request = new Request<T>(command, key, flags, wire, read, this.#since)
    this.#batch.push(request as Request)
    return this.#remember(request.answer)
  }

  #refuseWhileDown(): void {
    const refusal = this.#breaker.refusal()
    if (refusal !== undefined) throw copyOf(refusal, this.adapter)
  }

  /** Sends a request whose key has no generation. */
  #sendNow<T>(request: Request<T>): Promise<T> {
    this.#connection().send([request as Request], '')
    return request.answer
  }

  #remember<T>(answer: Promise<T>): Promise<T> {
    this.#lastAnswer = answer
    return answer
  }

  // A property, so that `nextTick` can take it as it is.
  readonly #flush = (): void => {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    this.#generation.enter(
      this.#since,
      (suffix) => this.#connection().send(batch, suffix),
      (error) => {
        for (const { reject } of batch) reject(copyOf(error, this.adapter))
      },
    )
  }

  #connection(): Transport {
    this.#transport ??= new Transport(this.#server, this.#limit, this)
    return this.#transport
  }

  /** Memcached removes the old value when it refuses a new one, and so do we if we know that it will. */
  async #saveLarge(key: string, wire: Wire, ttl: number): Promise<void> {
    const bytes = Buffer.byteLength(wire)
    if (bytes >= this.#refusedSize) {
      await this.remove(key)
      throw tooLarge(bytes, `The memcached server at ${this.#server.name}`, this.adapter)
    }
    try {
      await this.#ask('ms', key, ` T${ttl}`, wire, stored)
    } catch (error) {
      if (error instanceof ValueTooLarge) this.#refusedSize = Math.min(this.#refusedSize, bytes)
      throw error
    }
  }
}

/** The flag of a command that is done only in the state that a version names. */
function condition(version: unknown): string {
  return version === undefined ? ' ME' : ` C${version}`
}

/** Reads whether `mg` without flags found nothing. */
function absent(reply: string): boolean {
  return !done(reply === 'EN' ? 'NF' : reply)
}
