import { performance } from 'node:perf_hooks'
import type { StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { Deadlines } from '../../lib/core/deadlines.ts'
import { CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'
import { Breaker } from '../shared/breaker.ts'
import { copyOf } from '../shared/failure.ts'
import { Generation, reservedKey } from './generation.ts'
import {
  type ClientSource,
  conditional,
  failed,
  gets,
  isDone,
  lengthOf,
  type MemcachedClient,
  payloadOf,
  type Read,
  type Send,
  set,
  stored,
  versioned,
} from './package-client.ts'
import { tooLarge } from './request.ts'
import type { Remote } from './server-connection.ts'

/** Memcached refuses values over 1 MB, with the key and its own notes, and then the package takes it for broken. */
const LARGEST = 1024 * 1024 - 512

/** The client that a command was given to. */
interface Given {
  client?: MemcachedClient
  breaker?: Breaker | undefined
}

/** A command, and where its answer goes. */
// One promise for each: another one would cost a tenth of the call.
interface Asked<T> extends Given {
  readonly send: Send
  readonly read: Read<T>
  readonly resolve: (answer: T) => void
  readonly reject: (error: Error) => void
}

/**
 * Guards a client of the package `memcached`: every call has a deadline, every answer is checked, and while a server is
 * known to be down its keys are refused at once. A client of our own is thrown away when it fails.
 *
 * The rest of what a client does stays as it is: its timers, its pool, and what foreign values do to its parser
 * (docs/decisions.md). If it has several servers, the generation is on the one that has its key. While that one is down,
 * the keys of the others use the last name that was known, and may take a quarter of their time longer.
 */
export class PackageRemote implements Remote {
  readonly #source: ClientSource
  readonly #limit: number
  readonly #context: StoreContext
  readonly #deadlines: Deadlines
  readonly #generation: Generation
  readonly #breakers = new Map<string, Breaker>()
  /** The servers that are being tried again in this tick. */
  readonly #probed = new Set<Breaker>()
  #client: MemcachedClient | undefined
  #lastAnswer: Promise<unknown> | undefined

  /** @param limit how long an answer may take, in ms */
  constructor(source: ClientSource, encodedPrefix: string, limit: number, context: StoreContext) {
    this.#source = source
    this.#limit = limit
    this.#context = context
    this.#deadlines = new Deadlines(limit)

    const brief = new Deadlines(limit / 4)
    const key = reservedKey(encodedPrefix)
    this.#generation = new Generation(`${source.servers} ${encodedPrefix}`, {
      load: () => this.#askNow(brief, key, gets, versioned),
      compareAndSave: (version, name) => this.#askNow(brief, key, conditional(version, name, 0), isDone),
      save: (name) => this.#askNow(this.#deadlines, key, set(name, 0), stored),
    })
  }

  load(key: string): Promise<Wire | undefined> {
    return this.#ask(key, gets, (answer, stored) => versioned(answer, stored).wire)
  }

  loadVersioned(key: string): Promise<VersionedWire> {
    return this.#ask(key, gets, versioned)
  }

  async save(key: string, wire: Wire, ttl: number): Promise<void> {
    const payload = payloadOf(wire)
    const bytes = lengthOf(payload)
    if (bytes > LARGEST) {
      // Memcached does the same: the old value is no longer right.
      await this.remove(key)
      throw tooLarge(bytes, 'The memcached client', this.#context.adapter)
    }
    await this.#ask(key, set(payload, ttl), stored)
  }

  remove(key: string): Promise<boolean> {
    return this.#ask(key, (client, stored, callback) => client.del(stored, callback), isDone)
  }

  async compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttl: number): Promise<boolean> {
    if (wire === undefined && version === undefined) return (await this.loadVersioned(key)).wire === undefined
    // With a negative TTL the entry expires at once, which removes it.
    if (wire === undefined) return this.#ask(key, conditional(version, '', -1), isDone)

    const payload = payloadOf(wire)
    const bytes = lengthOf(payload)
    if (bytes > LARGEST) throw tooLarge(bytes, 'The memcached client', this.#context.adapter)
    return this.#ask(key, conditional(version, payload, ttl), isDone)
  }

  async wipe(): Promise<void> {
    try {
      await this.#remember(this.#generation.wipe())
    } catch (error) {
      throw copyOf(error, this.#context.adapter)
    }
  }

  ping(): Promise<void> {
    const version: Send = (client, _, callback) => client.version(callback)
    return this.#askNow(this.#deadlines, '', version, () => undefined)
  }

  /** The statistics of the server; of a client with several, `servers` with those of each. */
  stats(): Promise<Record<string, unknown>> {
    const stats: Send = (client, _, callback) =>
      client.stats === undefined ? callback(undefined, []) : client.stats(callback)
    return this.#askNow(this.#deadlines, '', stats, (answer) => {
      const servers = answer as Record<string, unknown>[]
      return servers.length === 1 ? { ...servers[0] } : { servers }
    })
  }

  /** A client of the caller stays open. */
  async close(): Promise<void> {
    await this.#lastAnswer?.catch(() => undefined)
    this.#lastAnswer = undefined
    this.#forget(this.#client)
  }

  #ask<T>(key: string, send: Send, read: Read<T>): Promise<T> {
    return this.#remember(
      this.#guarded(this.#deadlines, send, read, (asked) => {
        this.#generation.enter(
          performance.now(),
          (suffix) => this.#send(key + suffix, asked),
          (error) => asked.reject(copyOf(error, this.#context.adapter)),
        )
      }),
    )
  }

  /** Asks about a key that has no generation. */
  #askNow<T>(deadlines: Deadlines, key: string, send: Send, read: Read<T>): Promise<T> {
    return this.#guarded(deadlines, send, read, (asked) => this.#send(key, asked))
  }

  /** The answer to a command, unless it is late. */
  #guarded<T>(deadlines: Deadlines, send: Send, read: Read<T>, begin: (asked: Asked<T>) => void): Promise<T> {
    let asked!: Asked<T>
    const answer = new Promise<T>((resolve, reject) => {
      asked = { send, read, resolve, reject }
      begin(asked)
    })
    return deadlines.guard(answer, () => {
      const options = { adapter: this.#context.adapter }
      const error = new CacheTimeout(`The memcached client did not answer within ${this.#limit} ms.`, options)
      this.#broken(error, asked)
      return error
    })
  }

  #send<T>(key: string, asked: Asked<T>): void {
    this.#client ??= this.#source.client()
    const client = this.#client
    asked.client = client
    asked.breaker = this.#breakerOf(client, key)
    const refusal = this.#refusalOf(asked.breaker)
    if (refusal !== undefined) {
      asked.reject(copyOf(refusal, this.#context.adapter))
      return
    }
    asked.send(client, key, (error, answer) => {
      try {
        if (failed(error)) throw error
        asked.resolve(asked.read(answer, key))
        if (asked.breaker?.worked()) this.#context.emit('recover')
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        const options = { adapter: this.#context.adapter, cause }
        const failure = new ConnectionFailed(`The memcached client failed: ${reason}.`, options)
        this.#broken(failure, asked)
        asked.reject(failure)
      }
    })
  }

  /** All requests of the tick in which a server is tried again are the probe together. */
  #refusalOf(breaker: Breaker | undefined): Error | undefined {
    if (breaker === undefined || this.#probed.has(breaker)) return undefined
    const refusal = breaker.refusal()
    if (refusal !== undefined) return refusal
    if (this.#probed.size === 0) setImmediate(() => this.#probed.clear())
    this.#probed.add(breaker)
    return undefined
  }

  #broken(error: Error, { client, breaker }: Given): void {
    breaker?.failed(error)
    this.#forget(client)
  }

  /** Closes a client of our own, and takes another one from now on: it may be stuck for good. */
  #forget(client: MemcachedClient | undefined): void {
    if (!this.#source.isOurs || client === undefined || client !== this.#client) return
    this.#client = undefined
    client.end()
  }

  #breakerOf({ servers, HashRing }: MemcachedClient, key: string): Breaker | undefined {
    const server = servers?.length === 1 ? servers[0] : HashRing?.get(key)
    if (server === undefined) return undefined
    const breaker = this.#breakers.get(server) ?? new Breaker()
    this.#breakers.set(server, breaker)
    return breaker
  }

  #remember<T>(answer: Promise<T>): Promise<T> {
    this.#lastAnswer = answer
    return answer
  }
}
