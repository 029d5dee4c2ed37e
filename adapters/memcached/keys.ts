import { createHash } from 'node:crypto'
import { nowOf } from '../../lib/entry/clock.ts'
import { toWellFormed } from '../../lib/entry/keys.ts'

/** The longest encoded key: memcached takes 250 bytes, and the generation that ends a stored key (`generation.ts`) needs 13. */
export const KEY_LIMIT = 237

/** What memcached refuses in a key, `$` (its clients stumble over it), and `%`, which marks an escape. */
const UNSAFE = /[^!-~]|[$%]/
const EVERY_UNSAFE = /[^!-~]|[$%]/g

/** In every other encoded key `%` is followed by two digits, so no other key contains this. */
const HASHED = '%#'
const HASH_LENGTH = 43
const HEAD_LENGTH = KEY_LIMIT - HASHED.length - HASH_LENGTH

/**
 * A key in the form that memcached takes: visible ASCII of limited length. Plain keys stay as they are; the bytes of
 * everything else become `%xx`, as in URLs. A key that is too long keeps its readable head, followed by the SHA-256 hash of
 * the whole. Two keys never become one.
 */
export function encodeKey(key: string): string {
  if (key.length <= KEY_LIMIT && !UNSAFE.test(key)) return key

  const text = toWellFormed(key)
  if (text.length <= KEY_LIMIT) {
    const encoded = escaped(text)
    if (encoded.length <= KEY_LIMIT) return encoded
  }
  const hash = createHash('sha256').update(text).digest('base64url')
  return escaped(text.slice(0, HEAD_LENGTH)).slice(0, HEAD_LENGTH) + HASHED + hash
}

function escaped(text: string): string {
  // In Latin-1, each byte of the UTF-8 is one character.
  return Buffer.from(text).toString('latin1').replace(EVERY_UNSAFE, percent)
}

function percent(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** The longest TTL in seconds; memcached reads a greater number as a date, in seconds since 1970. */
const LONGEST_SECONDS = 30 * 24 * 60 * 60
/** The last date that memcached knows. A later one wraps around to the past. */
const LAST_DATE = 2 ** 31 - 1

// The server compares with its own clock, so this is the system's time and not that of the `clock` option.
const now = nowOf(undefined)

/** A TTL in ms (`null` for no limit) as memcached counts it: whole seconds, a date beyond 30 days, or 0 for no limit. */
export function expirationOf(ttlMs: number | null): number {
  if (ttlMs === null) return 0
  // Memcached counts the second that has begun as the first, so one more is needed to keep the entry long enough.
  const seconds = Math.ceil(ttlMs / 1000) + 1
  if (seconds <= LONGEST_SECONDS) return seconds
  const date = Math.floor(now() / 1000) + seconds
  return date > LAST_DATE ? 0 : date
}
