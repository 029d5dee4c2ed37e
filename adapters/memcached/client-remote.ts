import { performance } from 'node:perf_hooks'
import type { StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { Deadlines } from '../../lib/core/deadlines.ts'
import { CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'
import { Breaker } from '../shared/breaker.ts'
import {
  type ClientSource,
  conditional,
  failed,
  isDone,
  lengthOf,
  type MemcachedClient,
  payloadOf,
  type Read,
  type Send,
  stored,
  versioned,
} from './client.ts'
import { Generation, reservedKey } from './generation.ts'
import { tooLarge } from './refusal.ts'
import { anew, type Remote } from './remote.ts'

/** Values over 1 MB, with the key and its own notes, are refused by memcached, and the package takes it for broken then. */
const LARGEST = 1024 * 1024 - 512

/** Whom a command was given to. */
interface Given {
  client?: MemcachedClient
  breaker?: Breaker | undefined
}

/** A command, and where its answer goes. */
// One promise for each: a further one would cost a tenth of the call.
interface Asked<T> extends Given {
  readonly send: Send
  readonly read: Read<T>
  readonly resolve: (answer: T) => void
  readonly reject: (error: Error) => void
}

/**
 * A client of the package `memcached`, guarded: every call has a deadline, every answer is looked at before it is believed,
 * and while a server is known to be down its keys are refused at once. A client of our own is thrown away when it fails.
 *
 * What a client that was handed in does on its own account (its timers, its pool, what foreign values do to its parser)
 * stays as it is; docs/decisions.md says what that is. If it has several servers, the generation is on the one that has
 * its key. While that one is down, the keys of the others go on with the last that was known, and may take a quarter of
 * their time longer.
 */
export class ClientRemote implements Remote {
  readonly #source: ClientSource
  readonly #limit: number
  readonly #context: StoreContext
  readonly #deadlines: Deadlines
  readonly #generation: Generation
  readonly #breakers = new Map<string, Breaker>()
  #client: MemcachedClient | undefined
  #last: Promise<unknown> | undefined

  /** @param limit how long an answer may take, in ms */
  constructor(source: ClientSource, encodedPrefix: string, limit: number, context: StoreContext) {
    this.#source = source
    this.#limit = limit
    this.#context = context
    this.#deadlines = new Deadlines(limit)

    const brief = new Deadlines(limit / 4)
    const key = reservedKey(encodedPrefix)
    this.#generation = new Generation(`${source.servers} ${encodedPrefix}`, {
      look: () => this.#askNow(brief, key, gets, versioned),
      exchange: (version, name) => this.#askNow(brief, key, conditional(version, name, 0), isDone),
      put: (name) => this.#askNow(this.#deadlines, key, set(name, 0), stored),
    })
  }

  load(key: string): Promise<Wire | undefined> {
    return this.#ask(key, gets, wireOf)
  }

  inspect(key: string): Promise<VersionedWire> {
    return this.#ask(key, gets, versioned)
  }

  async save(key: string, wire: Wire, ttl: number): Promise<void> {
    const payload = payloadOf(wire)
    const bytes = lengthOf(payload)
    if (bytes > LARGEST) {
      // As memcached does: what was there is not what it should be any more.
      await this.remove(key)
      throw tooLarge(bytes, 'The memcached client', this.#context.adapter)
    }
    await this.#ask(key, set(payload, ttl), stored)
  }

  remove(key: string): Promise<boolean> {
    return this.#ask(key, (client, at, done) => client.del(at, done), isDone)
  }

  async exchange(key: string, version: unknown, wire: Wire | undefined, ttl: number): Promise<boolean> {
    if (wire === undefined && version === undefined) return (await this.inspect(key)).wire === undefined
    // A negative life is over at once: this removes.
    if (wire === undefined) return this.#ask(key, conditional(version, '', -1), isDone)

    const payload = payloadOf(wire)
    const bytes = lengthOf(payload)
    if (bytes > LARGEST) throw tooLarge(bytes, 'The memcached client', this.#context.adapter)
    return this.#ask(key, conditional(version, payload, ttl), isDone)
  }

  async wipe(): Promise<void> {
    try {
      await this.#noted(this.#generation.wipe())
    } catch (error) {
      throw anew(error as Error, this.#context.adapter)
    }
  }

  ping(): Promise<void> {
    return this.#askNow(
      this.#deadlines,
      '',
      (client, _, done) => client.version(done),
      () => undefined,
    )
  }

  /** Of a client with several servers, what each says. */
  stats(): Promise<Record<string, unknown>> {
    const ask: Send = (client, _, done) => (client.stats === undefined ? done(undefined, []) : client.stats(done))
    const told = (answer: unknown): Record<string, unknown> => {
      const servers = answer as Record<string, unknown>[]
      return servers.length === 1 ? { ...servers[0] } : { servers }
    }
    return this.#askNow(this.#deadlines, '', ask, told)
  }

  /** A client that was handed in stays open. */
  async close(): Promise<void> {
    await this.#last?.catch(() => undefined)
    this.#last = undefined
    this.#forget(this.#client)
  }

  #ask<T>(key: string, send: Send, read: Read<T>): Promise<T> {
    return this.#noted(
      this.#within(this.#deadlines, send, read, (asked) => {
        this.#generation.pass(
          performance.now(),
          (suffix) => this.#send(key + suffix, asked),
          (error) => asked.reject(anew(error as Error, this.#context.adapter)),
        )
      }),
    )
  }

  /** Asks for something whose key has no generation. */
  #askNow<T>(deadlines: Deadlines, key: string, send: Send, read: Read<T>): Promise<T> {
    return this.#within(deadlines, send, read, (asked) => this.#send(key, asked))
  }

  /** The answer to a command, unless it comes too late. */
  #within<T>(deadlines: Deadlines, send: Send, read: Read<T>, go: (asked: Asked<T>) => void): Promise<T> {
    let asked!: Asked<T>
    const answer = new Promise<T>((resolve, reject) => {
      asked = { send, read, resolve, reject }
      go(asked)
    })
    return deadlines.guard(answer, () => {
      const options = { adapter: this.#context.adapter }
      const error = new CacheTimeout(`The memcached client did not answer within ${this.#limit} ms.`, options)
      this.#broken(error, asked)
      return error
    })
  }

  #send<T>(key: string, asked: Asked<T>): void {
    const client = this.#given()
    asked.client = client
    asked.breaker = this.#breakerOf(client, key)
    const refusal = asked.breaker?.refusal()
    if (refusal !== undefined) {
      asked.reject(anew(refusal, this.#context.adapter))
      return
    }
    asked.send(client, key, (error, answer) => {
      try {
        if (failed(error)) throw error
        asked.resolve(asked.read(answer, key))
        if (asked.breaker?.worked()) this.#context.emit('recover')
      } catch (cause) {
        asked.reject(this.#failure(cause, asked))
      }
    })
  }

  #failure(cause: unknown, given: Given): ConnectionFailed {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const options = { adapter: this.#context.adapter, cause }
    const error = new ConnectionFailed(`The memcached client failed: ${reason}.`, options)
    this.#broken(error, given)
    return error
  }

  #broken(error: Error, { client, breaker }: Given): void {
    breaker?.failed(error)
    this.#forget(client)
  }

  #given(): MemcachedClient {
    this.#client ??= this.#source.client()
    return this.#client
  }

  /** Ends a client of our own, and takes another one from now on: it may be stuck for good. */
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

  #noted<T>(answer: Promise<T>): Promise<T> {
    this.#last = answer
    return answer
  }
}

const wireOf: Read<Wire | undefined> = (answer, key) => versioned(answer, key).wire

const gets: Send = (client, key, done) => client.gets(key, done)

function set(payload: string | Buffer, ttl: number): Send {
  return (client, key, done) => client.set(key, payload, ttl, done)
}
