import { bufferOver, isWellFormed } from '../../coder/bytes.ts'
import { coderBeside, type Decoders } from '../../coder/coders.ts'
import { CoderError } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import type { Coder, Wire } from '../../core/types.ts'

/**
 * A value as the text or bytes that a wrapper encrypts or compresses, with a number that says how to read it. Text and bytes
 * stay as they are, so wrappers in a stack do not encode each other's bytes as text.
 */
export interface Payload {
  readonly form: number
  readonly wire: Wire
}

// These numbers are part of stored data and never change.
const BUFFER = 1
const BYTES = 2
const TEXT = 3
const NAMED = 4
const FORMS = new Map([
  ['json', 5],
  ['msgpack', 6],
  ['v8', 7],
])
const CODERS = new Map([...FORMS].map(([name, form]) => [form, name]))

/** The payload of a value. Throws `CoderError` if the coder cannot write it. */
export function payloadOf(value: unknown, coder: Coder): Payload {
  if (typeof value === 'string' && isWellFormed(value)) return { form: TEXT, wire: value }
  if (value instanceof Uint8Array) {
    if (Buffer.isBuffer(value)) return { form: BUFFER, wire: value }
    if (Object.getPrototypeOf(value) === Uint8Array.prototype) return { form: BYTES, wire: value }
  }
  const wire = coder.encode(value)
  const form = FORMS.get(coder.name)
  return form === undefined ? { form: NAMED, wire: withName(coder.name, wire) } : { form, wire }
}

/**
 * The value of a payload, whose bytes are taken over. Throws `CoderError` if no coder reads it.
 * @param decoders the coders that may read it. Bytes that anybody may have written must not choose their own decoder.
 */
export function valueFrom(form: number, bytes: Buffer, decoders: Decoders): unknown {
  switch (form) {
    case BUFFER:
      return bytes
    case BYTES:
      return new Uint8Array(bytes)
    case TEXT:
      return bytes.toString('utf8')
    case NAMED: {
      const start = 1 + (bytes[0] ?? 0)
      return decoderOf(bytes.toString('latin1', 1, start), decoders).decode(bytes.subarray(start))
    }
    default:
      return decoderOf(CODERS.get(form) ?? '', decoders).decode(bytes)
  }
}

/** Decoders of bytes that have been authenticated: every known coder, with the classes of `coder`. */
export function trustingDecoders(coder: Coder): Decoders {
  return (name) => {
    const decoder = coderBeside(coder, name)
    if (decoder !== undefined) return decoder
    throw new CoderError(`The stored value was written by the coder ${quoted(name)}, which is unknown here.`)
  }
}

function decoderOf(name: string, decoders: Decoders): Coder {
  const decoder = decoders(name)
  if (decoder !== undefined) return decoder
  throw new CoderError(
    `The stored value was written by the coder ${quoted(name)}, which this cache does not read. Allow it by the option coders.`,
  )
}

/** Encoded bytes after the name of their coder: one byte for its length, then the letters. */
function withName(name: string, wire: Wire): Buffer {
  const bytes = typeof wire === 'string' ? Buffer.from(wire) : bufferOver(wire)
  return Buffer.concat([Buffer.of(name.length), Buffer.from(name, 'latin1'), bytes])
}
