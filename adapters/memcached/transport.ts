import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type AdapterError, type AdapterErrorOptions, CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'
import { refusal } from './refusal.ts'
import { Garbled, Replies } from './replies.ts'
import type { Request } from './request.ts'
import type { Address } from './servers.ts'

/** Who is told what becomes of a connection. */
export interface Watcher {
  /** The class of the adapter, for errors. */
  readonly adapter: string
  /** It stands. */
  connected(): void
  /** The server answered for the first time. */
  answered(): void
  /** It is over: by the failure that the requests in flight are rejected with, or else in peace. */
  lost(stood: boolean, failure: AdapterError | undefined): void
}

/** Texts up to this length leave in one piece with the commands around them. */
const INLINE = 16_384
/** When so many requests are done while others are in flight, the queue is cut. */
const MANY_DONE = 1024

/**
 * One connection to one server, for its life: commands go out one behind the other, those of a batch in one write, and the
 * replies come in that order. Each has to end with the key and the token of its request. At the first that does not, at
 * the first that is late, and when the connection breaks, all is over: the socket is destroyed, and every request in
 * flight is rejected; so no reply is ever taken for another's, and none is waited for in vain.
 *
 * It keeps the process alive while it waits for a reply, and only then.
 */
export class Transport {
  readonly #name: string
  readonly #limit: number
  readonly #watcher: Watcher
  readonly #socket: Socket
  readonly #replies = new Replies((line, data) => this.#take(line, data))
  /** The requests whose replies are to come, from `#head` on. */
  readonly #inFlight: Request[] = []
  #head = 0
  #token = 0
  #timer: NodeJS.Timeout | undefined
  #stood = false
  #silent = true
  #over = false

  /** @param limit how long a reply may take, in ms */
  constructor(server: Address, limit: number, watcher: Watcher) {
    this.#name = `The memcached server at ${server.name}`
    this.#limit = limit
    this.#watcher = watcher
    this.#socket = connect({ host: server.host, port: server.port, noDelay: true, keepAlive: true })
      .on('connect', () => this.#up())
      .on('data', (bytes) => this.#read(bytes))
      .on('error', (error: NodeJS.ErrnoException) => this.#broke(error.message || `${error.code}`, error))
      .on('end', () => this.#broke('it hung up'))
      .on('close', () => this.#broke('it hung up'))
      // The timer says whether the process has to live.
      .unref()
  }

  /** Whether it waits for no reply. */
  get isIdle(): boolean {
    return this.#inFlight.length === 0
  }

  /** Sends requests in one write. `suffix` ends their keys. */
  send(requests: readonly Request[], suffix: string): void {
    const parts: Wire[] = []
    let text = ''
    for (const request of requests) {
      const { command, key, flags, wire } = request
      if (key === '') {
        text += `${command}\r\n`
        continue
      }
      request.echo = ` k${key}${suffix} O${++this.#token}`
      if (wire === undefined) {
        text += `${command} ${key}${suffix}${flags}${request.echo}\r\n`
        continue
      }
      const length = Buffer.byteLength(wire)
      text += `${command} ${key}${suffix} ${length}${flags}${request.echo}\r\n`
      if (typeof wire === 'string' && length === wire.length && length <= INLINE) {
        text += `${wire}\r\n`
        continue
      }
      parts.push(text, wire)
      text = '\r\n'
    }
    this.#wait(requests)
    this.#write(parts, text)
  }

  /** Lets the connection go; what is in flight is rejected. */
  close(): void {
    this.#broke('it was closed here')
  }

  #write(parts: readonly Wire[], text: string): void {
    if (parts.length > 0) this.#socket.cork()
    for (const part of parts) this.#socket.write(part, 'utf8')
    // Without other parts all of it is ASCII, and this is the fastest way to write it.
    this.#socket.write(text, 'latin1')
    if (parts.length > 0) this.#socket.uncork()
  }

  #wait(requests: readonly Request[]): void {
    // They may have waited elsewhere before: that is a part of their time.
    if (this.isIdle) this.#timer === undefined ? this.#arm(this.#left(requests[0]!)) : this.#timer.ref()
    for (const request of requests) this.#inFlight.push(request)
  }

  #up(): void {
    this.#stood = true
    // Again: where a name has several addresses, node tries each on a handle of its own.
    this.#socket.unref()
    this.#watcher.connected()
  }

  #read(bytes: Buffer): void {
    if (this.#over) return
    try {
      this.#replies.push(bytes)
    } catch (error) {
      if (!(error instanceof Garbled)) throw error
      this.#broke(`${error.message}, which is not what memcached (1.6.10 or later) says`)
    }
  }

  #take(line: string, data: Buffer | undefined): void {
    const request = this.#inFlight[this.#head]
    if (request === undefined) throw new Garbled(line)
    const refused = refusal(line, request.wire, this.#name, this.#watcher.adapter)
    if (refused === undefined) request.take(line, data)
    else request.reject(refused)

    if (this.#silent) this.#watcher.answered()
    this.#silent = false
    this.#head++
    if (this.#head === this.#inFlight.length) this.#rest()
    else if (this.#head > MANY_DONE) this.#forgetDone()
  }

  #forgetDone(): void {
    this.#inFlight.splice(0, this.#head)
    this.#head = 0
  }

  /** Nothing is in flight any more. */
  #rest(): void {
    this.#inFlight.length = this.#head = 0
    this.#timer?.unref()
  }

  /** How long the reply may take from now on, in ms. */
  #left(request: Request): number {
    return Math.ceil(request.since + this.#limit - performance.now())
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // When this process was busy, replies may have come that are not read yet: they are read before `setImmediate`.
      if (!this.isIdle) setImmediate(() => this.#check())
    }, ms)
  }

  #check(): void {
    const oldest = this.#inFlight[this.#head]
    if (oldest === undefined || this.#timer !== undefined || this.#over) return
    const left = this.#left(oldest)
    if (left > 0) this.#arm(left)
    else this.#end((options) => new CacheTimeout(`${this.#name} did not answer within ${this.#limit} ms.`, options))
  }

  #broke(reason: string, cause?: Error): void {
    this.#end((options) => new ConnectionFailed(`${this.#name} failed: ${reason}.`, { ...options, cause }))
  }

  #end(failure: (options: AdapterErrorOptions) => AdapterError): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    const pending = this.#inFlight.splice(0).slice(this.#head)
    // What is rejected must not be carried out later: a reset takes back what is still unsent.
    if (this.#stood && pending.length > 0 && !this.#socket.destroyed) this.#socket.resetAndDestroy()
    else this.#socket.destroy()

    const options = { adapter: this.#watcher.adapter }
    this.#watcher.lost(this.#stood, pending.length === 0 ? undefined : failure(options))
    for (const request of pending) request.reject(failure(options))
  }
}
