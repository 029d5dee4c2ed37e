import { CoderError } from '../core/errors.ts'

/**
 * Bytes as text of 85 characters in the order of RFC 1924, as Python's `base64.b85encode` writes them: four bytes, the first
 * the highest, become five characters, and n bytes at the end n + 1.
 */
const RFC1924 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~'

const DIGITS = new Map(Array.from(RFC1924, (character, digit) => [character, digit]))

/** The weight of each of five characters. */
const WEIGHTS = [85 ** 4, 85 ** 3, 85 ** 2, 85, 1] as const

/** Bytes as base85 text. @param alphabet the 85 characters, the one for 0 first */
export function encode(bytes: Uint8Array, alphabet = RFC1924): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) text += encodedGroup(bytes.subarray(at, at + 4), alphabet)
  return text
}

/**
 * The bytes of base85 text. Throws `CoderError` for text that `encode` never writes: with another character, a group beyond
 * 32 bits, or an end that is cut.
 */
export function decode(text: string): Uint8Array {
  const groups = Math.floor(text.length / 5)
  const rest = text.length % 5
  if (rest === 1) throw notBase85('its length is wrong')

  const bytes = new Uint8Array(groups * 4 + Math.max(0, rest - 1))
  for (let group = 0; group * 5 < text.length; group++) {
    bytes.set(decodedGroup(text.slice(group * 5, group * 5 + 5), group * 5), group * 4)
  }
  return bytes
}

function encodedGroup(bytes: Uint8Array, alphabet = RFC1924): string {
  const number = numberOf(bytes)
  let text = ''
  for (let i = 0; i <= bytes.length; i++) text += alphabet[Math.floor(number / WEIGHTS[i]!) % 85]
  return text
}

/** Up to four bytes as a number of 32 bits; those that are missing count as zero. */
function numberOf(bytes: Uint8Array): number {
  let number = 0
  for (let i = 0; i < 4; i++) number = number * 256 + (bytes[i] ?? 0)
  return number
}

function decodedGroup(text: string, offset: number): Uint8Array {
  let number = 0
  for (let i = 0; i < 5; i++) {
    // Characters that are missing at the end count as the highest, so that the zeros that were cut off carry over.
    const digit = i < text.length ? DIGITS.get(text[i]!) : 84
    if (digit === undefined) throw notBase85(`the character at ${offset + i} is not one of its 85`)
    number = number * 85 + digit
  }
  if (number > 0xffffffff) throw notBase85(`the characters from ${offset} on stand for more than 32 bits`)

  const bytes = new Uint8Array(text.length - 1)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(number / 256 ** (3 - i)) % 256
  // Only a group at the end that is cut has several texts for the same bytes.
  if (text.length < 5 && encodedGroup(bytes) !== text) throw notBase85('its end is not as it is written')
  return bytes
}

/** The text itself is not quoted: it may be a secret. */
function notBase85(reason: string): CoderError {
  return new CoderError(`The text is not base85 (RFC 1924): ${reason}.`)
}
