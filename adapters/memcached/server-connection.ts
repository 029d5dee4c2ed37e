import { performance } from 'node:perf_hooks'
import type { StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { type AdapterError, ValueTooLarge } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'
import { Breaker } from '../shared/breaker.ts'
import { Generation, reservedKey } from './generation.ts'
import { tooLarge } from './refusal.ts'
import { anew, type Remote } from './remote.ts'
import { alive, done, loaded, type Read, Request, stored, versioned } from './request.ts'
import { serverStats } from './server-stats.ts'
import type { Address } from './servers.ts'
import { Transport, type Watcher } from './transport.ts'

/** Values of so many bytes are looked at twice: a server may not take them. */
const LARGE = 512 * 1024

/**
 * One memcached server: collects the requests of a tick, lets them pass the generation, and sends them over its connection,
 * which it opens when there is none. While the server is known to be down, requests are refused at once.
 */
export class Link implements Remote, Watcher {
  readonly adapter: string
  readonly #server: Address
  readonly #limit: number
  readonly #context: StoreContext
  readonly #breaker = new Breaker()
  readonly #generation: Generation
  #transport: Transport | undefined
  #batch: Request[] = []
  /** When the batch was begun. */
  #since = 0
  /** What was asked last. */
  #last: Promise<unknown> | undefined
  /** The size of the smallest value that the server refused. */
  #refused = Number.POSITIVE_INFINITY

  /** @param limit how long an answer may take, in ms */
  constructor(server: Address, encodedPrefix: string, limit: number, context: StoreContext) {
    this.adapter = context.adapter
    this.#server = server
    this.#limit = limit
    this.#context = context

    const key = reservedKey(encodedPrefix)
    this.#generation = new Generation(`${server.name} ${encodedPrefix}`, {
      look: (since) => this.#askNow(new Request('mg', key, ' v f c', undefined, versioned, since)),
      exchange: (version, name, since) =>
        this.#askNow(new Request('ms', key, ` T0${condition(version)}`, name, done, since)),
      put: (name, since) => this.#askNow(new Request('ms', key, ' T0', name, stored, since)),
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

  inspect(key: string): Promise<VersionedWire> {
    return this.#ask('mg', key, ' v f c', undefined, versioned)
  }

  exchange(key: string, version: unknown, wire: Wire | undefined, ttl: number): Promise<boolean> {
    if (wire !== undefined) return this.#ask('ms', key, ` T${ttl}${condition(version)}`, wire, done)
    if (version !== undefined) return this.#ask('md', key, condition(version), undefined, done)
    return this.#ask('mg', key, '', undefined, absent)
  }

  async wipe(): Promise<void> {
    const refusal = this.#breaker.refusal()
    if (refusal !== undefined) throw anew(refusal, this.adapter)
    this.#flush()
    try {
      await this.#noted(this.#generation.wipe())
    } catch (error) {
      throw anew(error as Error, this.adapter)
    }
  }

  ping(): Promise<void> {
    const refusal = this.#breaker.refusal()
    if (refusal !== undefined) return Promise.reject(anew(refusal, this.adapter))
    return this.#noted(this.#askNow(new Request('mn', '', '', undefined, alive, performance.now())))
  }

  async stats(): Promise<Record<string, unknown>> {
    const refusal = this.#breaker.refusal()
    if (refusal !== undefined) throw anew(refusal, this.adapter)
    return await serverStats(this.#server, this.#limit, this.adapter)
  }

  /** Lets the connection go when what was asked before is answered, unless more has been asked by then. */
  async close(): Promise<void> {
    this.#flush()
    await this.#last?.catch(() => undefined)
    this.#last = undefined
    if (this.#batch.length === 0 && this.#generation.isIdle && this.#transport?.isIdle) this.#transport.close()
  }

  connected(): void {
    this.#context.emit('connect')
  }

  answered(): void {
    if (this.#breaker.worked()) this.#context.emit('recover')
  }

  lost(stood: boolean, failure: AdapterError | undefined): void {
    this.#transport = undefined
    this.#refused = Number.POSITIVE_INFINITY
    // It may come back without its memory.
    this.#generation.forget()
    if (failure !== undefined) this.#breaker.failed(failure)
    if (stood) this.#context.emit('disconnect')
  }

  #ask<T>(command: string, key: string, flags: string, wire: Wire | undefined, read: Read<T>): Promise<T> {
    const refusal = this.#breaker.refusal()
    if (refusal !== undefined) return Promise.reject(anew(refusal, this.adapter))

    if (this.#batch.length === 0) {
      this.#since = performance.now()
      // After the microtasks: everything that this tick asks for is in the batch by then.
      process.nextTick(this.#flush)
    }
    const request = new Request<T>(command, key, flags, wire, read, this.#since)
    this.#batch.push(request as Request)
    return this.#noted(request.answer)
  }

  /** Sends a request whose key has no generation. */
  #askNow<T>(request: Request<T>): Promise<T> {
    this.#connection().send([request as Request], '')
    return request.answer
  }

  #noted<T>(answer: Promise<T>): Promise<T> {
    this.#last = answer
    return answer
  }

  // A property, so that it can be handed to `nextTick` as it is.
  readonly #flush = (): void => {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    this.#generation.pass(
      this.#since,
      (suffix) => this.#connection().send(batch, suffix),
      (error) => {
        for (const { reject } of batch) reject(anew(error as Error, this.adapter))
      },
    )
  }

  #connection(): Transport {
    this.#transport ??= new Transport(this.#server, this.#limit, this)
    return this.#transport
  }

  /** Memcached removes what it had under the key when it refuses a value, and so do we when we know that it will. */
  async #saveLarge(key: string, wire: Wire, ttl: number): Promise<void> {
    const bytes = Buffer.byteLength(wire)
    if (bytes >= this.#refused) {
      await this.remove(key)
      throw tooLarge(bytes, `The memcached server at ${this.#server.name}`, this.adapter)
    }
    try {
      await this.#ask('ms', key, ` T${ttl}`, wire, stored)
    } catch (error) {
      if (error instanceof ValueTooLarge) this.#refused = Math.min(this.#refused, bytes)
      throw error
    }
  }
}

/** The flag of a command that is done only in the state that a mark names. */
function condition(version: unknown): string {
  return version === undefined ? ' ME' : ` C${version}`
}

/** Whether a `mg` without flags found nothing. */
function absent(reply: string): boolean {
  return !done(reply === 'EN' ? 'NF' : reply)
}
