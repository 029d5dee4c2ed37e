import { isUtf8 } from 'node:buffer'
import { CoderError } from '../errors.ts'
import type { Wire } from './coder.ts'

/** A wire as text. Throws `CoderError` when it is bytes that are not UTF-8: decoding them would replace what they are. */
export function textOf(wire: Wire): string {
  if (typeof wire === 'string') return wire
  if (!isUtf8(wire))
    throw new CoderError('The stored value is not text in UTF-8: it is damaged, or was written by something else.')
  return bufferOver(wire).toString('utf8')
}

/** The same bytes as a Buffer. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Whether a text has no lone surrogates, which UTF-8 cannot hold. */
// In V8 since Node 20, in TypeScript's library since ES2024.
export const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed()
