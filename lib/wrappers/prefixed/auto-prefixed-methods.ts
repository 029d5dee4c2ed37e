import { encode as base85 } from '../../coder/base85.ts'
import { ConfigError } from '../../core/errors.ts'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE32_HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'
/** The characters from `!` on. */
const ASCII85 = String.fromCharCode(...Array.from({ length: 85 }, (_, digit) => 33 + digit))

/** The ways in which a number is written as text: the bytes of it, the highest first, padded as Python's `base64` does. */
const METHODS = {
  b64: (bytes: Buffer) => bytes.toString('base64'),
  b64u: (bytes: Buffer) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  b32: (bytes: Buffer) => base32(bytes, BASE32),
  b32x: (bytes: Buffer) => base32(bytes, BASE32_HEX),
  b16: (bytes: Buffer) => bytes.toString('hex').toUpperCase(),
  a85: (bytes: Buffer) => base85(bytes, ASCII85),
  b85: (bytes: Buffer) => base85(bytes),
}

/** How a counter is written: base64, the same safe for URLs, base32, the same in the order of its letters, base16, Ascii85, base85. */
export type PrefixMethod = keyof typeof METHODS

/** A count in as few bytes as it needs, at least one, written as text. Throws `ConfigError` for an unknown method. */
export function encoded(count: number, method: PrefixMethod): string {
  const hex = count.toString(16)
  return methodNamed(method)(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
}

function methodNamed(method: PrefixMethod): (bytes: Buffer) => string {
  if (Object.hasOwn(METHODS, method)) return METHODS[method]
  throw new ConfigError(
    `There is no method ${JSON.stringify(method)} to make prefixes. Known are: ${Object.keys(METHODS).join(', ')}.`,
  )
}

function base32(bytes: Buffer, alphabet: string): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const digits = bits.match(/.{1,5}/g) ?? []
  const text = digits.map((digit) => alphabet[Number.parseInt(digit.padEnd(5, '0'), 2)]).join('')
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=')
}
