import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import { AdapterError, ValueTooLarge } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'
import { Garbled } from './replies.ts'

/** Reads a line of a reply, without the key and the token that it ends with. Throws `Garbled` if it makes no sense. */
export type Read<T> = (reply: string, data: Buffer | undefined) => T | typeof MORE

/** The reply goes on in the next line. */
export const MORE = Symbol('more')

/** One command of memcached's meta protocol, and the promise of its answer. */
export class Request<T = unknown> {
  /** `mg`, `ms`, `md`, `mn`, or a whole line of the older text protocol. */
  readonly command: string
  /** The encoded key; empty for commands without one, whose replies have no echo. */
  readonly key: string
  /** The flags, which follow the key and the length of the data. */
  readonly flags: string
  readonly wire: Wire | undefined
  readonly answer: Promise<T>
  /** When the request was made, by `performance.now()`. */
  readonly since: number
  /** The end of its reply: the key and a token that no other request has. */
  echo = ''
  reject!: (error: Error) => void
  readonly #read: Read<T>
  #resolve!: (answer: T) => void

  constructor(command: string, key: string, flags: string, wire: Wire | undefined, read: Read<T>, since: number) {
    this.command = command
    this.key = key
    this.flags = flags
    this.wire = wire
    this.since = since
    this.#read = read
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.reject = reject
    })
  }

  /** Takes a line of the reply, and returns whether it was the last. Throws `Garbled` if it belongs to another request. */
  take(line: string, data: Buffer | undefined): boolean {
    // Before 1.6.18 a miss had no echo.
    if (!line.endsWith(this.echo) && line !== MISS) throw new Garbled(line)
    const answer = this.#read(line === MISS ? line : line.slice(0, line.length - this.echo.length), data)
    if (answer === MORE) return false
    this.#resolve(answer)
    return true
  }
}

const MISS = 'EN'

/** Reads the reply to `mg` with the flags `v f`. */
export function loaded(reply: string, data: Buffer | undefined): Wire | undefined {
  return reply === MISS ? undefined : wireOf(found(FOUND, reply)[1]!, data!)
}

/** Reads the reply to `mg` with the flags `v f c`. */
export function versioned(reply: string, data: Buffer | undefined): VersionedWire {
  if (reply === MISS) return { wire: undefined, version: undefined }
  const [, flags, version] = found(FOUND_WITH_CAS, reply)
  return { wire: wireOf(flags!, data!), version }
}

/** Reads the reply to an unconditional `ms`. */
export function stored(reply: string): void {
  if (reply !== 'HD') throw new Garbled(reply)
}

/** Reads whether `md` removed something, or a conditional command met its condition. */
export function done(reply: string): boolean {
  if (reply !== 'HD' && reply !== 'NF' && reply !== 'NS' && reply !== 'EX') throw new Garbled(reply)
  return reply === 'HD'
}

/** Reads the reply to `mn`. */
export function alive(reply: string): void {
  if (reply !== 'MN') throw new Garbled(reply)
}

/** Reads the reply to a login. A refusal is recognized before: see `refusal`. */
export function loggedIn(reply: string): void {
  if (reply !== 'STORED') throw new Garbled(reply)
}

/** A server says about 3 kB of itself. */
const MOST_STATISTICS = 10_000

/** Collects the lines that `stats` is answered with. */
export function statistics(): Read<Record<string, unknown>> {
  const fields: Record<string, unknown> = {}
  let lines = 0
  return (reply) => {
    if (reply === 'END') return fields
    const [, name, value] = /^STAT (\S+) (.*)$/.exec(reply) ?? []
    if (name === undefined || ++lines > MOST_STATISTICS) throw new Garbled(reply)
    fields[name] = /^-?\d+(\.\d+)?$/.test(value!) ? Number(value) : value
    return MORE
  }
}

const FOUND = /^VA \d+ f(\d+)$/
const FOUND_WITH_CAS = /^VA \d+ f(\d+) c(\d+)$/

function found(shape: RegExp, reply: string): RegExpExecArray {
  const match = shape.exec(reply)
  if (match === null) throw new Garbled(reply)
  return match
}

/** The flag by which the package `memcached` marks a Buffer: each byte as a character of UTF-8, line ends escaped. */
const BUFFER_FLAG = '4'

function wireOf(flags: string, data: Buffer): Wire {
  if (flags !== BUFFER_FLAG) return data
  return Buffer.from(data.toString().replace(/\\(\r|\n)/g, '$1'), 'latin1')
}

const REFUSED = 'SERVER_ERROR '
const TOO_LARGE = 'SERVER_ERROR object too large for cache'

/** The error of a reply by which a server says that it cannot do what it was asked; `undefined` for other replies. */
export function refusal(
  line: string,
  wire: Wire | undefined,
  server: string,
  adapter: string,
): AdapterError | undefined {
  if (!line.startsWith(REFUSED)) return undefined
  if (line === TOO_LARGE && wire !== undefined) return tooLarge(Buffer.byteLength(wire), server, adapter)
  return new AdapterError(`${server} refused: ${line.slice(REFUSED.length)}.`, { adapter })
}

/** Whether the server refuses a connection for its login: a wrong one, or none. */
export function isLoginRefused(line: string): boolean {
  return line === 'CLIENT_ERROR unauthenticated' || line === 'CLIENT_ERROR authentication failure'
}

/** The error about a value that is too large for a server. `server` begins a sentence. */
export function tooLarge(bytes: number, server: string, adapter: string): ValueTooLarge {
  return new ValueTooLarge(
    `A value of ${bytes} bytes is too large. ${server} takes up to 1 MB (1048576 bytes, the key included) unless it was started ` +
      'with more (memcached -I 8m). Raise its limit, or compress values (CompressedCache).',
    { adapter },
  )
}
