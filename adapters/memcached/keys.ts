import { createHash } from 'node:crypto'
import { toWellFormed } from '../../lib/entry/keys.ts'

/**
 * How long an encoded key may be: memcached takes 250 bytes, and the generation that ends every stored key (see
 * `generation.ts`) has its share of them.
 */
export const KEY_LIMIT = 237

/** What memcached (and its clients, which stumble over `$`) may not see in a key, and `%`, which marks what was replaced. */
const UNSAFE = /[^!-~]|[$%]/
const EVERY_UNSAFE = /[^!-~]|[$%]/g

/** `%` is followed by two digits in every other encoded key, so no other can have this in it. */
const HASHED = '%#'
const HASH_LENGTH = 43
const HEAD_LENGTH = KEY_LIMIT - HASHED.length - HASH_LENGTH

/**
 * A key as memcached takes it: visible ASCII, whatever was in it, and never too long. Plain keys keep themselves; the bytes
 * of anything else become `%xx`, as in URLs. What is too long then keeps its readable head, with the hash (SHA-256) of the
 * whole behind it. Two keys never become one.
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
  // As Latin-1, each byte of the UTF-8 is one character.
  return Buffer.from(text).toString('latin1').replace(EVERY_UNSAFE, percent)
}

function percent(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
}
