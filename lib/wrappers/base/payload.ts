import { coderBeside } from '../../coder/beside.ts'
import { bufferOver, isWellFormed } from '../../coder/text.ts'
import { CoderError } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import type { Coder, Wire } from '../../core/types.ts'

/**
 * A value as the text or bytes that a wrapper encrypts or compresses, with a number that says how to read it. Text and bytes
 * are themselves, so that wrappers that stand on each other do not write bytes as text for each other.
 */
export interface Payload {
  readonly form: number
  readonly wire: Wire
}

// These numbers stand in stored data: what they mean is for ever.
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

/** A value as its payload. Throws `CoderError` when the coder cannot write it. */
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

/** The value of a payload's bytes, which are taken over. Throws `CoderError` when nothing here reads them. */
export function valueFrom(form: number, bytes: Buffer, coder: Coder): unknown {
  switch (form) {
    case BUFFER:
      return bytes
    case BYTES:
      return new Uint8Array(bytes)
    case TEXT:
      return bytes.toString('utf8')
    case NAMED: {
      const start = 1 + (bytes[0] ?? 0)
      return decoded(bytes.toString('latin1', 1, start), bytes.subarray(start), coder)
    }
    default:
      return decoded(CODERS.get(form), bytes, coder)
  }
}

function decoded(name = '', bytes: Buffer, coder: Coder): unknown {
  const writer = coderBeside(coder, name)
  if (writer === undefined) {
    throw new CoderError(`The stored value was written by the coder ${quoted(name)}, which is not known here.`)
  }
  return writer.decode(bytes)
}

/** What a coder wrote, with its name before it: a byte that counts the letters, and these. */
function withName(name: string, wire: Wire): Buffer {
  const bytes = typeof wire === 'string' ? Buffer.from(wire) : bufferOver(wire)
  return Buffer.concat([Buffer.of(name.length), Buffer.from(name, 'latin1'), bytes])
}
