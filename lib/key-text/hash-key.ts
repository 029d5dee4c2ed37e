import { encode } from '../coder/base85.ts'
import { sha3Digest, shortDigest } from './digest.ts'
import { EXACT, textOf } from './json-key.ts'
import type { Writing } from './writer.ts'

const HASHED: Writing = { isTyped: false, isHashed: true }
const TYPED: Writing = { isTyped: true, isHashed: true }

/** Longer texts are hashed, so that a key with a name and a namespace in front fits memcached's 250 bytes. */
const LONGEST = 128

/**
 * Returns the default key of memoized functions: the text of `jsonKey` up to 128 characters, else `#` and its hash. Values
 * of different types have different keys (`1`, `'1'`, `1n`, `true`, `null`, `undefined`). The same data in another class has
 * the same key: a Buffer and a Uint8Array, an object with and one without a prototype. Throws a `TypeError` where `jsonKey`
 * does, but accepts values of any size.
 */
export function hashKey(...args: readonly unknown[]): string {
  return shortened(textOf(args, HASHED))
}

/** `hashKey` that also distinguishes classes of the same data. */
export function typedKey(...args: readonly unknown[]): string {
  return shortened(textOf(args, TYPED))
}

/** Returns a hash of `jsonKey`: 132 bits of SHA-256 in 22 characters that are safe in URLs and file names. */
export function hashJsonKey(...args: readonly unknown[]): string {
  return shortDigest(textOf(args, EXACT))
}

/** Returns a hash of `jsonKey` in the format of CacheToolsUtils: 128 bits of SHA3-256 in 20 characters of base85. */
export function fullHashKey(...args: readonly unknown[]): string {
  return encode(sha3Digest(textOf(args, EXACT)))
}

/** A text that is not hashed never begins with `#`. */
function shortened(text: string): string {
  return text.length > LONGEST ? `#${shortDigest(text)}` : text
}
