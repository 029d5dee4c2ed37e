import { bufferOver, isWellFormed, textOf } from '../../lib/coder/bytes.ts'
import { CoderError, ConfigError } from '../../lib/core/errors.ts'
import type { Entry, Wire } from '../../lib/core/types.ts'
import type { Form } from '../shared/stored-cache.ts'

/** The form in which raw values come back: see `RedisOptions.raw`. */
export type Raw = boolean | 'bytes' | 'text'

/** The form of a cache that keeps values as they are, without a head; `undefined` for the usual one. Throws `ConfigError` for any other value. */
export function rawForm(raw: Raw = false): Form | undefined {
  if (raw === false) return undefined
  if (raw === true || raw === 'bytes') return { pack, unpack: (wire) => unlimited(bytesOf(wire)) }
  if (raw === 'text') return { pack, unpack: (wire) => unlimited(textOf(wire)) }
  throw new ConfigError(`raw must be true, 'bytes' or 'text', not ${JSON.stringify(raw)}.`)
}

function pack({ value }: Entry): Wire {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string' && isWellFormed(value)) return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw new CoderError(
    `A raw cache stores text, bytes and numbers, but no ${typeof value === 'string' ? 'text with lone surrogates' : typeof value}. Omit \`raw\`, or convert the value to text.`,
  )
}

/** An entry whose deadline is known to Redis alone. It has no stale time: `until` says so. */
function unlimited(value: unknown): Entry {
  return { value, created: 0, expires: null, until: 0 }
}

function bytesOf(wire: Wire): Buffer {
  return typeof wire === 'string' ? Buffer.from(wire) : bufferOver(wire)
}
