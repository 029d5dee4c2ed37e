import { encode } from '../coder/base85.ts'
import { sha3Digest, shortDigest } from './digest.ts'
import { textOf } from './json-key.ts'

/** A text of more characters is hashed: a name and a namespace before it, a key still fits into the 250 bytes of memcached. */
const LONGEST = 128

/**
 * The key that memoised functions have by default: the text of `jsonKey` up to 128 characters, else `#` and its hash. Values
 * of different types have different keys (`1`, `'1'`, `1n`, `true`, `null`, `undefined`); the same data in another class do
 * not: a Buffer and a Uint8Array, an object with and one without a prototype. Throws what `jsonKey` throws.
 */
export function hashKey(...args: readonly unknown[]): string {
  return shortened(textOf(args, false))
}

/** Like `hashKey`, but the same data in another class have another key too. */
export function typedKey(...args: readonly unknown[]): string {
  return shortened(textOf(args, true))
}

/** A hash of `jsonKey`, whatever its length: 132 bits of SHA-256 in 22 characters that are safe in URLs and file names. */
export function hashJsonKey(...args: readonly unknown[]): string {
  return shortDigest(textOf(args, false))
}

/** A hash of `jsonKey` as CacheToolsUtils makes it: 128 bits of SHA3-256 in 20 characters of base85. */
export function fullHashKey(...args: readonly unknown[]): string {
  return encode(sha3Digest(textOf(args, false)))
}

/** No text that is kept begins with `#`. */
function shortened(text: string): string {
  return text.length > LONGEST ? `#${shortDigest(text)}` : text
}
