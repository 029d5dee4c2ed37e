import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import type { Wire } from '../../lib/core/types.ts'
import { Garbled } from './replies.ts'

/** What a reply means, without the key and the token that it ends with. Throws `Garbled` when it means nothing here. */
export type Read<T> = (reply: string, data: Buffer | undefined) => T

/** One command of memcached's meta protocol, and the promise of its answer. */
export class Request<T = unknown> {
  /** `mg`, `ms`, `md` or `mn`. */
  readonly command: string
  readonly key: string
  /** What follows the key, and the length of the data: the flags of the command. */
  readonly flags: string
  readonly wire: Wire | undefined
  readonly answer: Promise<T>
  /** When it was made, as `performance.now()` tells it. */
  readonly since: number
  /** How its reply has to end: with its key and a token that is its own. */
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

  /** Takes the reply. Throws `Garbled` when it is none to this request. */
  take(line: string, data: Buffer | undefined): void {
    // Before 1.6.18 memcached said no more than this of a miss.
    if (!line.endsWith(this.echo) && line !== MISS) throw new Garbled(line)
    this.#resolve(this.#read(line === MISS ? line : line.slice(0, line.length - this.echo.length), data))
  }
}

const MISS = 'EN'

/** What a `mg` with the flags `v f` found. */
export function loaded(reply: string, data: Buffer | undefined): Wire | undefined {
  return reply === MISS ? undefined : wireOf(found(FOUND, reply)[1]!, data!)
}

/** What a `mg` with the flags `v f c` found. */
export function versioned(reply: string, data: Buffer | undefined): VersionedWire {
  if (reply === MISS) return { wire: undefined, version: undefined }
  const [, flags, version] = found(FOUND_MARKED, reply)
  return { wire: wireOf(flags!, data!), version }
}

/** That a `ms` was done. */
export function stored(reply: string): void {
  if (reply !== 'HD') throw new Garbled(reply)
}

/** Whether a `md` removed something, or a conditional command met its condition. */
export function done(reply: string): boolean {
  if (reply !== 'HD' && reply !== 'NF' && reply !== 'NS' && reply !== 'EX') throw new Garbled(reply)
  return reply === 'HD'
}

/** That a `mn` came back. */
export function alive(reply: string): void {
  if (reply !== 'MN') throw new Garbled(reply)
}

const FOUND = /^VA \d+ f(\d+)$/
const FOUND_MARKED = /^VA \d+ f(\d+) c(\d+)$/

function found(shape: RegExp, reply: string): RegExpExecArray {
  const match = shape.exec(reply)
  if (match === null) throw new Garbled(reply)
  return match
}

/** The flag by which the package `memcached` marks a Buffer: one character of UTF-8 for each byte, line ends escaped. */
const BUFFER_FLAG = '4'

function wireOf(flags: string, data: Buffer): Wire {
  if (flags !== BUFFER_FLAG) return data
  return Buffer.from(data.toString().replace(/\\(\r|\n)/g, '$1'), 'latin1')
}
