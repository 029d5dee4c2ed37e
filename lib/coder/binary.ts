import { CacheError, CoderError } from '../core/errors.ts'
import type { Coder, Wire } from '../core/types.ts'
import { bufferOver } from './bytes.ts'
import { checkGraphDepth } from './depth.ts'
import { isHuge, MAX_DEPTH } from './failures.ts'
import type { JsonCoder } from './json.ts'
import { isBuiltIn, type Kind, kindOf } from './kinds.ts'
import { isDense } from './plain.ts'

/** The byte before JSON text. No MessagePack data, V8 data or UTF-8 text begins with it. */
const JSON_MARK = 0xc1

/**
 * A coder over a binary format. No such format keeps every value exactly, so a value that it would change is written as the
 * JSON coder's text instead, as a whole. That way all coders keep and refuse the same values.
 */
export abstract class BinaryCoder implements Coder {
  abstract readonly name: string
  /** Writes the values that the format does not keep, and has the registered classes. */
  readonly json: JsonCoder

  constructor(json: JsonCoder) {
    this.json = json
  }

  /** Tells whether the format brings a value back exactly as it is. */
  protected abstract keeps(value: unknown): boolean
  protected abstract write(value: unknown): Uint8Array
  protected abstract read(bytes: Buffer): unknown

  encode(value: unknown): Uint8Array {
    return this.#written(value) ?? versioned(this.json.encode(value))
  }

  decode(wire: Wire): unknown {
    if (typeof wire === 'string') throw this.#unreadable()
    const bytes = bufferOver(wire)
    if (bytes[0] === JSON_MARK) return this.json.decode(bytes.subarray(1))
    try {
      return this.read(bytes)
    } catch (error) {
      if (error instanceof CoderError) throw error
      // Without its package the format cannot be read, which is a miss like any other.
      if (error instanceof CacheError) throw new CoderError(error.message, { cause: error })
      // No `cause`: the formats quote the stored data in their messages.
      throw this.#unreadable()
    }
  }

  #written(value: unknown): Uint8Array | undefined {
    try {
      return this.keeps(value) ? this.write(value) : undefined
    } catch (error) {
      // A getter that throws, or a limit of the format: the JSON coder writes the value, or says what is wrong with it.
      if (error instanceof CacheError) throw error
      return undefined
    }
  }

  #unreadable(): CoderError {
    return new CoderError(
      `The stored value is not what the coder "${this.name}" writes: it is cut short, damaged, or was written by something else.`,
    )
  }
}

function versioned(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text))
  bytes[0] = JSON_MARK
  bytes.write(text, 1)
  return bytes
}

/** The values that a binary format brings back exactly, beside booleans, null, undefined and bigints. */
export interface Format {
  /** An object that occurs twice comes back as one object, in cycles too. */
  readonly keepsIdentity: boolean
  /** Recognizes objects by their internal slots, not by their constructor, so those of another realm too. */
  readonly keepsForeign: boolean
  keepsText(text: string): boolean
  keepsKey(key: string): boolean
  keepsNumber(number: number): boolean
  /** For objects other than records, arrays, Maps and Sets. */
  keepsLeaf(value: object, kind: Kind): boolean
}

/** Tells whether a format brings a whole value back exactly. Looks at every part and writes nothing. */
export function fits(value: unknown, format: Format): boolean {
  const fitting = new Fitting(format)
  if (!fitting.fits(value, 0)) return false
  if (fitting.hasShared) checkGraphDepth(value)
  return true
}

class Fitting {
  readonly #format: Format
  readonly #seen = new Set<object>()
  /** An object was met twice. */
  hasShared = false

  constructor(format: Format) {
    this.#format = format
  }

  fits(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        return this.#format.keepsText(value)
      case 'number':
        return this.#format.keepsNumber(value)
      case 'object':
        return value === null || this.#fitsObject(value, depth)
      case 'boolean':
      case 'undefined':
        return true
      case 'bigint':
        return !isHuge(value)
      default:
        return false
    }
  }

  #fitsObject(value: object, depth: number): boolean {
    const { size } = this.#seen
    if (depth >= MAX_DEPTH) return false
    if (this.#seen.add(value).size === size) {
      this.hasShared = true
      return this.#format.keepsIdentity
    }

    const kind = kindOf(value)
    if (!this.#format.keepsForeign && isForeign(value, kind)) return false
    switch (kind) {
      case 'record':
        return this.#fitsRecord(value as Record<string, unknown>, depth)
      // Depth counts the levels of the text that the JSON coder would write.
      case 'array':
        return isDense(value as unknown[]) && this.#fitsAll(value as unknown[], depth + 1)
      case 'set':
        return this.#fitsAll(value as Set<unknown>, depth + 2)
      case 'map':
        return this.#fitsMap(value as Map<unknown, unknown>, depth + 3)
      default:
        return this.#format.keepsLeaf(value, kind)
    }
  }

  #fitsRecord(record: Record<string, unknown>, depth: number): boolean {
    for (const key of Object.keys(record))
      if (!this.#format.keepsKey(key) || !this.fits(record[key], depth + 1)) return false
    return true
  }

  #fitsMap(map: ReadonlyMap<unknown, unknown>, depth: number): boolean {
    for (const [key, value] of map) if (!this.fits(key, depth) || !this.fits(value, depth)) return false
    return true
  }

  #fitsAll(values: Iterable<unknown>, depth: number): boolean {
    for (const value of values) if (!this.fits(value, depth)) return false
    return true
  }
}

/** Recognizes an object of another realm, such as a vm context or a test file of jest. */
function isForeign(value: object, kind: Kind): boolean {
  return kind !== 'record' && kind !== 'array' && !isBuiltIn(Object.getPrototypeOf(value) ?? Object.prototype)
}
