import { isUtf8 } from 'node:buffer'
import { CoderError } from '../core/errors.ts'
import type { Wire } from '../core/types.ts'
import { malformed } from './failures.ts'
import { bytesClass } from './kinds.ts'

/** Anything of kind `'bytes'`. */
export type Bytes = ArrayBuffer | ArrayBufferView

/** The name of the built-in class that holds these bytes. */
export function bytesClassOf(bytes: Bytes): string {
  if (Buffer.isBuffer(bytes)) return 'Buffer'
  // %TypedArray% and DataView name themselves, and so do those of another realm.
  return ArrayBuffer.isView(bytes) ? (bytes as Uint8Array)[Symbol.toStringTag] : 'ArrayBuffer'
}

/** The same bytes as a Buffer, without a copy: those of the view only, not the rest of the buffer behind it. */
export function bufferOf(bytes: Bytes): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes
  return ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes)
}

/** An instance of a class by its name, with a copy of the bytes. Typed arrays are little-endian, as on every machine that runs Node but s390x. */
export function bytesOf(className: unknown, content: Buffer): object {
  if (className === 'Buffer') return Buffer.from(content)
  const Class = bytesClass(className)
  if (Class === undefined) throw malformed('$bytes')

  const { buffer } = new Uint8Array(content)
  return className === 'ArrayBuffer' ? buffer : new Class(buffer)
}

/** Decodes base64 text. Throws `CoderError` for any other character, which Node itself would skip. */
export function fromBase64(text: unknown): Buffer {
  if (typeof text !== 'string' || text.length % 4 !== 0) throw malformed('$bytes')
  const bytes = Buffer.from(text, 'base64')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (bytes.length !== (text.length / 4) * 3 - padding) throw malformed('$bytes')
  return bytes
}

/**
 * A wire as text. Throws `CoderError` for bytes that are not UTF-8, which decoding would replace by U+FFFD.
 * @param from where in the bytes the text begins
 */
export function textOf(wire: Wire, from = 0): string {
  if (typeof wire === 'string') return wire
  const text = bufferOver(wire).toString('utf8', from)
  // Without a U+FFFD in the text, the bytes were UTF-8 and need no second look.
  if (text.includes('\ufffd') && !isUtf8(wire))
    throw new CoderError('The stored value is not text in UTF-8: it is damaged, or was written by something else.')
  return text
}

/** The same bytes as a Buffer. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Tells whether a text has no lone surrogates, which UTF-8 cannot hold. */
// In V8 since Node 20, in TypeScript's library since ES2024.
export const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed()
