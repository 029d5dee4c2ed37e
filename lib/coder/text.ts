import { isUtf8 } from 'node:buffer'
import { CoderError } from '../core/errors.ts'
import type { Wire } from '../core/types.ts'

/**
 * A wire as text. Throws `CoderError` when it is bytes that are not UTF-8: decoding them would replace what they are.
 * @param from where in the bytes the text begins
 */
export function textOf(wire: Wire, from = 0): string {
  if (typeof wire === 'string') return wire
  const text = bufferOver(wire).toString('utf8', from)
  // What is no UTF-8 becomes U+FFFD: without one, there is no need to look at the bytes again.
  if (text.includes('\ufffd') && !isUtf8(wire))
    throw new CoderError('The stored value is not text in UTF-8: it is damaged, or was written by something else.')
  return text
}

/** The same bytes as a Buffer. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Whether a text has no lone surrogates, which UTF-8 cannot hold. */
// In V8 since Node 20, in TypeScript's library since ES2024.
export const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed()
