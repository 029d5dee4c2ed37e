import { randomUUID } from 'node:crypto'
import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import { bufferOver } from '../../lib/coder/bytes.ts'
import { ValueTooLarge } from '../../lib/core/errors.ts'
import { quoted } from '../../lib/core/quoted.ts'
import type { Wire } from '../../lib/core/types.ts'
import { fromWellFormed } from '../../lib/entry/keys.ts'
import { keyRange } from '../shared/key-range.ts'
import type { CacheDocument, Filter, Found, MongoCollection } from './client.ts'

/** The version of a foreign document: nobody gave it one. */
const NO_VERSION = 0

/** The largest document that MongoDB takes, and how much of it the names and the other fields need. */
const LARGEST_DOCUMENT = 16 * 1024 * 1024
const FIELDS = 256

/** The most keys that one request names. */
export const PAGE = 1000

/** A stored form as the content of a document. @param ttlMs from `now` on; `null` for no limit */
export function contentOf(wire: Wire, ttlMs: number | null, now: number): Omit<CacheDocument, '_id'> {
  // The driver takes a view of any kind for BSON's `Binary`, but only as a Buffer for the bytes that it shows.
  const value = typeof wire === 'string' ? wire : bufferOver(wire)
  return { value, until: ttlMs === null ? null : new Date(now + Math.ceil(ttlMs)), version: randomUUID() }
}

/** Throws `ValueTooLarge` for a form that makes no document: the server hangs up at a message that is far too long. */
export function checkSize(name: string, wire: Wire, adapter: string): void {
  // A unit of UTF-16 is three bytes of UTF-8 at most.
  if (3 * (name.length + wire.length) + FIELDS < LARGEST_DOCUMENT) return
  const bytes = Buffer.byteLength(name) + Buffer.byteLength(wire as string) + FIELDS
  if (bytes <= LARGEST_DOCUMENT) return
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MB`
  throw new ValueTooLarge(`MongoDB takes no document of more than 16 MB, and ${quoted(name)} makes one of ${size}.`, {
    adapter,
  })
}

/** A condition on documents that have not expired: the server sweeps the others away once a minute only. */
export function alive(now: number): Filter {
  return { $or: [{ until: null }, { until: { $gt: new Date(now) } }] }
}

/** The stored form in a document, if there is one that has not expired. */
export function wireOf(found: Found | null | undefined, now: number): Wire | undefined {
  if (found === null || found === undefined || isOver(found, now)) return undefined
  const { value } = found
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  // Somebody else's document: text that no coder can read, so that it is a miss and a `decodeError`.
  return ''
}

/** The stored form in a document, with its version. */
export function versionedOf(found: Found | null, now: number): VersionedWire {
  if (found === null) return { wire: undefined, version: undefined }
  return { wire: wireOf(found, now), version: typeof found.version === 'string' ? found.version : NO_VERSION }
}

/** A condition on a document to be in the state that a version names. */
export function inState(name: string, version: unknown): Filter {
  return { _id: name, version: version === NO_VERSION ? { $not: { $type: 'string' } } : version }
}

function isOver({ until }: Found, now: number): boolean {
  return until instanceof Date && until.getTime() <= now
}

/**
 * The names of documents whose keys begin with a prefix, a page at a time, in order: by range, which the index on `_id`
 * answers, and no cursor stays open between two pages. MongoDB orders text by its code points, as UTF-8 does.
 */
export class DocumentRange {
  readonly #prefix: string
  readonly #to: string | undefined
  #from: Filter
  isDone = false

  constructor(prefix: string) {
    const { from, to } = keyRange(prefix)
    this.#prefix = prefix
    this.#from = { $gte: from }
    this.#to = to
  }

  /** The next page: some names, or none. */
  async next(collection: MongoCollection): Promise<string[]> {
    // A range meets values of its own type only, here text.
    const range = this.#to === undefined ? this.#from : { ...this.#from, $lt: this.#to }
    const page = { projection: { _id: 1 }, sort: { _id: 1 }, limit: PAGE, batchSize: PAGE } as const
    const found = await collection.find({ _id: range }, page).toArray()
    const names = found.map(({ _id }) => _id as string)
    this.#from = { $gt: names.at(-1) }
    this.isDone = names.length < PAGE
    return names.filter((name) => fromWellFormed(name).startsWith(this.#prefix))
  }
}
