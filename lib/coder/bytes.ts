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

/** The very bytes, without a copy: those of the view, and never more of the buffer behind it. */
export function bufferOf(bytes: Bytes): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes
  return ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes)
}

/** An instance of the class of that name with a copy of the bytes. Typed arrays are little-endian, as every machine that runs Node but s390x. */
export function bytesOf(className: unknown, content: Buffer): object {
  if (className === 'Buffer') return Buffer.from(content)
  const Class = bytesClass(className)
  if (Class === undefined) throw malformed('$bytes')

  const { buffer } = new Uint8Array(content)
  return className === 'ArrayBuffer' ? buffer : new Class(buffer)
}

/** The bytes that a base64 text stands for; Node itself would skip what is no base64. */
export function fromBase64(text: unknown): Buffer {
  if (typeof text !== 'string' || text.length % 4 !== 0) throw malformed('$bytes')
  const bytes = Buffer.from(text, 'base64')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (bytes.length !== (text.length / 4) * 3 - padding) throw malformed('$bytes')
  return bytes
}
