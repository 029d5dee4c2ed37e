import type { Entry } from '../contract.ts'
import { CoderError } from '../errors.ts'
import { fromWellFormed, toWellFormed } from '../keys.ts'
import { quoted } from '../quoted.ts'
import type { Coder, Wire } from './coder.ts'
import { asCoderError } from './failures.ts'
import { bufferOver, textOf } from './text.ts'

/**
 * The stored form of an entry: one line that says what is known of it, and the value as its coder wrote it.
 *
 *   pc1 json 1767225600000 1767225900000 1767225900000 news,user%3A7
 *   {"id":7}
 *
 * The words of the line are the version of the format, the name of the coder, when the entry was stored, when it expires and
 * until when the store keeps it (ms since the epoch, `-` for no limit), and its tags, if it has any: percent-encoded and
 * joined by commas. They are read without decoding the value. What a version has once written, every later one reads.
 */
export interface Head {
  /** The version of the format. */
  readonly version: 1
  /** The name of the coder that wrote the value. */
  readonly coder: string
  readonly created: number
  readonly expires: number | null
  readonly until: number | null
  readonly tags: readonly string[] | undefined
  /** Where the value begins, in characters of text or in bytes. */
  readonly size: number
}

const NEWLINE = 10
const SPACE = 32
const MINUS = 45

/** An entry as text when its coder writes text, as bytes otherwise. Throws `CoderError` when the coder cannot write the value. */
export function pack(entry: Entry, coder: Coder): Wire {
  const head = headText(entry, coder.name)
  const payload = encoded(entry.value, coder)
  if (typeof payload === 'string') return head + payload

  const wire = Buffer.allocUnsafe(head.length + payload.length)
  wire.write(head, 'latin1')
  wire.set(payload, head.length)
  return wire
}

/**
 * The entry of a stored form, given as it was packed or as the UTF-8 bytes of it. Throws `CoderError` when it is none, or a
 * newer one, or when `coderFor` has no coder of the name in it.
 */
export function unpack(wire: Wire, coderFor: (name: string) => Coder | undefined): Entry {
  const form = isJson(wire) ? textOf(wire) : wire
  const head = headOf(form)
  const coder = coderFor(head.coder)
  if (coder === undefined)
    throw new CoderError(`The stored value was written by the coder ${quoted(head.coder)}, which is not known here.`)

  const { created, expires, until, tags } = head
  const value = decoded(typeof form === 'string' ? form.slice(head.size) : form.subarray(head.size), coder)
  return tags === undefined ? { value, created, expires, until } : { value, created, expires, until, tags }
}

/** What a stored form says about its entry, read without decoding the value. Throws as `unpack` does. */
export function headOf(wire: Wire): Head {
  return new HeadReader(typeof wire === 'string' ? wire : firstLine(wire)).read()
}

function headText({ created, expires, until, tags }: Entry, coder: string): string {
  const end = momentText(expires)
  const head = `pc1 ${coder} ${momentText(created)} ${end} ${until === expires ? end : momentText(until)}`
  return tags === undefined || tags.length === 0 ? `${head}\n` : `${head} ${tags.map(tagText).join(',')}\n`
}

// What is stored in one millisecond has its times in common: to remember the last two saves 0.3 µs of 1.6 a set (node 20).
const last = { moment: Number.NaN, text: '', before: Number.NaN, textBefore: '' }

function momentText(moment: number | null): string {
  if (moment === null) return '-'
  if (moment === last.moment) return last.text
  if (moment === last.before) return last.textBefore
  last.before = last.moment
  last.textBefore = last.text
  last.moment = moment
  last.text = String(Math.trunc(moment))
  return last.text
}

function tagText(tag: string): string {
  return encodeURIComponent(toWellFormed(tag))
}

/** Whether this is what the JSON coder wrote. All of that is text: to decode it at once takes 300 ns less than head and value apart (node 20). */
function isJson(wire: Wire): boolean {
  for (let i = 0; i < JSON_HEAD.length; i++) if (wire[i] !== JSON_HEAD[i]) return false
  return true
}

const JSON_HEAD = Buffer.from('pc1 json ')

function firstLine(bytes: Uint8Array): string {
  // Foreign data is not searched for an end of line that may be far away.
  const end = bytes[0] === 112 && bytes[1] === 99 ? bytes.indexOf(NEWLINE) : -1
  return bufferOver(bytes).toString('latin1', 0, end + 1)
}

function encoded(value: unknown, coder: Coder): Wire {
  try {
    return coder.encode(value)
  } catch (error) {
    throw asCoderError(error, 'written')
  }
}

function decoded(payload: Wire, coder: Coder): unknown {
  try {
    return coder.decode(payload)
  } catch (error) {
    throw asCoderError(error, 'read')
  }
}

/** Reads the line word by word: 150 ns, where a regular expression takes 300 (node 20). */
class HeadReader {
  readonly #text: string
  #at = 4

  constructor(text: string) {
    this.#text = text
  }

  read(): Head {
    if (!this.#text.startsWith('pc1 ')) throw this.#foreign()
    const coder = this.#word()
    const created = this.#moment(SPACE)
    const expires = this.#moment(SPACE)
    const until = this.#moment(SPACE, NEWLINE)
    const tags = this.#text.charCodeAt(this.#at - 1) === SPACE ? this.#tags() : undefined
    if (created === null) throw this.#foreign()
    return { version: 1, coder, created, expires, until, tags, size: this.#at }
  }

  #word(): string {
    const end = this.#text.indexOf(' ', this.#at)
    if (end < 0) throw this.#foreign()
    const word = this.#text.slice(this.#at, end)
    this.#at = end + 1
    return word
  }

  /** A number of ms, or `-`, and the character that ends it. */
  #moment(end: number, otherEnd = end): number | null {
    const start = this.#at
    const isNegative = this.#text.charCodeAt(start) === MINUS
    if (isNegative) this.#at++

    const first = this.#at
    let moment = 0
    let code = this.#text.charCodeAt(this.#at++)
    for (; code >= 48 && code <= 57; code = this.#text.charCodeAt(this.#at++)) moment = moment * 10 + code - 48
    const digits = this.#at - 1 - first
    if ((code !== end && code !== otherEnd) || digits > 16 || (digits === 0 && !isNegative)) throw this.#foreign()
    if (digits === 0) return null
    return isNegative ? -moment : moment
  }

  #tags(): string[] {
    const end = this.#text.indexOf('\n', this.#at)
    if (end < 0) throw this.#foreign()
    const list = this.#text.slice(this.#at, end)
    this.#at = end + 1
    try {
      return list.split(',').map((tag) => fromWellFormed(decodeURIComponent(tag)))
    } catch {
      throw this.#foreign()
    }
  }

  #foreign(): CoderError {
    const version = /^pc(\d{1,6}) /.exec(this.#text)?.[1]
    return new CoderError(
      version !== undefined && version !== '1'
        ? `The stored data has version ${version} of the format: a newer version of polycache wrote it.`
        : 'The stored data is foreign: polycache did not write it, or it is damaged.',
    )
  }
}
