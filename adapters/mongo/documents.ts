import { randomUUID } from 'node:crypto'
import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import { ValueTooLarge } from '../../lib/core/errors.ts'
import { quoted } from '../../lib/core/quoted.ts'
import type { Wire } from '../../lib/core/types.ts'
import type { CacheDocument, Filter, Found } from './client.ts'

/** The mark of a document that is not ours: nobody made one for it. */
const NO_MARK = 0

/** What MongoDB takes as one document, and what of it the names and the other fields need. */
const LARGEST_DOCUMENT = 16 * 1024 * 1024
const FIELDS = 256

/** A stored form as the content of a document. @param keepFor in ms from `now` on; `null` for ever */
export function contentOf(wire: Wire, ttlMs: number | null, now: number): Omit<CacheDocument, '_id'> {
  // The driver takes a view of any kind for BSON's `Binary`, but only as a Buffer for the bytes that it shows.
  const value = typeof wire === 'string' ? wire : Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
  return { value, until: ttlMs === null ? null : new Date(now + Math.ceil(ttlMs)), version: randomUUID() }
}

/** Throws `ValueTooLarge` for what makes no document: the server hangs up at a message that is far too long. */
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

/** The stored form in what was found, as far as there is one that has not expired. */
export function wireOf(found: Found | null | undefined, now: number): Wire | undefined {
  if (found === null || found === undefined || isOver(found, now)) return undefined
  const { value } = found
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  // Somebody else's: text that no coder can read, so that it is a miss and a `decodeError`.
  return ''
}

/** What was found, with the mark by which it is known again. */
export function markedOf(found: Found | null, now: number): VersionedWire {
  if (found === null) return { wire: undefined, version: undefined }
  return { wire: wireOf(found, now), version: typeof found.version === 'string' ? found.version : NO_MARK }
}

/** A condition on the document to be in the state that a mark names. */
export function inState(name: string, version: unknown): Filter {
  return { _id: name, version: version === NO_MARK ? { $not: { $type: 'string' } } : version }
}

function isOver({ until }: Found, now: number): boolean {
  return until instanceof Date && until.getTime() <= now
}
