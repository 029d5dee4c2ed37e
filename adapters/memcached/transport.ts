import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
// By name, so that they stay the real ones under fake timers: the network does not know about those.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import { connect as connectTls } from 'node:tls'
import { type AdapterError, type AdapterErrorOptions, CacheTimeout, ConnectionFailed } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'
import { Garbled, Replies } from './replies.ts'
import { isLoginRefused, loggedIn, Request, refusal } from './request.ts'
import type { Server } from './servers.ts'

/** Is notified of the events of a connection. */
export interface Watcher {
  /** The class of the adapter, for errors. */
  readonly adapter: string
  /** The connection is open. */
  connected(): void
  /** The server answered for the first time. */
  answered(): void
  /** The connection is over. `failure` is what the pending requests are rejected with; `undefined` if there were none. */
  lost(wasOpen: boolean, failure: AdapterError | undefined): void
}

/** Text up to this length is sent in one piece with the commands around it. */
const INLINE = 16_384
/** The queue is cut after this number of finished requests. */
const MANY_DONE = 1024
/** A timer that fires later than this, in ms, says that the process was blocked. */
const BLOCKED_MS = 50

/**
 * One connection to one server, from its beginning to its end. Commands go out back to back, those of a batch in one write,
 * and the replies come in that order. Each reply must end with the key and the token of its request. The first one that does
 * not, the first one that is late, or a broken socket ends the connection: every pending request is rejected. So no reply is
 * ever taken for another's, and none is awaited in vain.
 *
 * It keeps the process alive only while it waits for a reply.
 */
export class Transport {
  readonly #name: string
  readonly #limit: number
  readonly #watcher: Watcher
  readonly #raw: Socket
  readonly #socket: Socket
  readonly #replies = new Replies((line, data) => this.#take(line, data))
  /** The requests whose replies are awaited, from `#head` on. */
  readonly #pending: Request[] = []
  #head = 0
  #token = 0
  #timer: NodeJS.Timeout | undefined
  /** When this process was blocked last: deadlines count from the end of that. */
  #blockedUntil = 0
  #isOpen = false
  #hasAnswered = false
  #isOver = false

  /** @param limit how long a reply may take, in ms */
  constructor(server: Server, limit: number, watcher: Watcher) {
    this.#name = `The memcached server at ${server.name}`
    this.#limit = limit
    this.#watcher = watcher
    this.#raw = connect({ noDelay: true, keepAlive: true, ...server.at })
    this.#socket = server.tls === undefined ? this.#raw : encrypted(this.#raw, server)
    this.#socket
      .on(server.tls === undefined ? 'connect' : 'secureConnect', () => this.#opened())
      .on('data', (bytes) => this.#read(bytes))
      .on('error', (error: NodeJS.ErrnoException) => this.#broke(error.message || `${error.code}`, error))
      .on('end', () => this.#broke('it hung up'))
      .on('close', () => this.#broke('it hung up'))
      // The timer decides whether the process stays alive.
      .unref()
    if (server.login !== undefined) this.send([loginRequest(server.login)], '')
  }

  /** Whether no reply is awaited. */
  get isIdle(): boolean {
    return this.#pending.length === 0
  }

  /** Sends requests in one write. Their keys end with `suffix`. */
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
    this.#await(requests)
    this.#write(parts, text)
  }

  /** Closes the connection; pending requests are rejected. */
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

  #await(requests: readonly Request[]): void {
    if (this.isIdle) {
      // They may have waited elsewhere before, which counts as a part of their time.
      this.#timer === undefined ? this.#arm(this.#left(requests[0]!)) : this.#timer.ref()
    }
    for (const request of requests) this.#pending.push(request)
  }

  #opened(): void {
    this.#isOpen = true
    // Again: where a name has several addresses, Node tries each on a handle of its own.
    this.#raw.unref()
    this.#watcher.connected()
  }

  #read(bytes: Buffer): void {
    if (this.#isOver) return
    try {
      this.#replies.push(bytes)
    } catch (error) {
      if (!(error instanceof Garbled)) throw error
      this.#broke(`${error.message}, which is not what memcached (1.6.10 or later) says`)
    }
  }

  #take(line: string, data: Buffer | undefined): void {
    if (this.#isOver) return
    const request = this.#pending[this.#head]
    if (request === undefined) throw new Garbled(line)
    if (isLoginRefused(line)) {
      this.#broke('it wants another user name or password')
      return
    }
    const refused = refusal(line, request.wire, this.#name, this.#watcher.adapter)
    if (refused !== undefined) request.reject(refused)
    else if (!request.take(line, data)) return

    if (!this.#hasAnswered) this.#watcher.answered()
    this.#hasAnswered = true
    this.#head++
    if (this.#head === this.#pending.length) this.#becomeIdle()
    else if (this.#head > MANY_DONE) this.#head -= this.#pending.splice(0, this.#head).length
  }

  #becomeIdle(): void {
    this.#pending.length = this.#head = 0
    this.#timer?.unref()
  }

  /** How long the reply may take from now on, in ms. */
  #left(request: Request): number {
    return Math.ceil(Math.max(request.since, this.#blockedUntil) + this.#limit - performance.now())
  }

  #arm(ms: number): void {
    const due = performance.now() + ms
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const now = performance.now()
      if (now - due > BLOCKED_MS) this.#blockedUntil = now
      // Replies that arrived meanwhile are read before `setImmediate` calls back.
      if (!this.isIdle) setImmediate(() => this.#check())
    }, ms)
  }

  #check(): void {
    const oldest = this.#pending[this.#head]
    if (oldest === undefined || this.#timer !== undefined || this.#isOver) return
    const left = this.#left(oldest)
    if (left > 0) this.#arm(left)
    else this.#end((options) => new CacheTimeout(`${this.#name} did not answer within ${this.#limit} ms.`, options))
  }

  #broke(reason: string, cause?: Error): void {
    this.#end((options) => new ConnectionFailed(`${this.#name} failed: ${reason}.`, { ...options, cause }))
  }

  #end(failure: (options: AdapterErrorOptions) => AdapterError): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    const pending = this.#pending.splice(0).slice(this.#head)
    // A rejected request must not be carried out later: a reset takes back what has not been sent. Only TCP has it.
    if (this.#isOpen && pending.length > 0 && this.#raw.remoteFamily !== undefined) this.#raw.resetAndDestroy()
    this.#socket.destroy()

    const options = { adapter: this.#watcher.adapter }
    this.#watcher.lost(this.#isOpen, pending.length === 0 ? undefined : failure(options))
    for (const request of pending) request.reject(failure(options))
  }
}

function encrypted(raw: Socket, { at, tls }: Server): Socket {
  const servername = 'host' in at && !/^[\d.]+$|:/.test(at.host) ? at.host : undefined
  return connectTls({ socket: raw, ...(servername !== undefined && { servername }), ...tls })
}

/** The login of the text protocol: a `set` whose value is the user name and the password. */
function loginRequest({ username, password }: NonNullable<Server['login']>): Request {
  // In Latin-1, each byte of the UTF-8 is one character.
  const login = Buffer.from(`${username} ${password}`).toString('latin1')
  const command = `set login 0 0 ${login.length}\r\n${login}`
  const request = new Request(command, '', '', undefined, loggedIn, performance.now())
  // Its failure is that of the connection, and reaches every request behind it.
  request.answer.catch(() => {})
  return request as Request
}
