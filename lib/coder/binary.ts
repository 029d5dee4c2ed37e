import { CacheError, CoderError } from '../core/errors.ts'
import type { Coder, Wire } from '../core/types.ts'
import type { JsonCoder } from './json.ts'
import { bufferOver } from './text.ts'

/** Stands before JSON text. No MessagePack and no V8 data begins with it, nor any text in UTF-8. */
const JSON_MARK = 0xc1

/**
 * A coder over a binary format. Each of these loses something on the way: what the format does not bring back exactly as it
 * was is written as the JSON coder's text instead, as a whole, so that all coders keep and refuse the same values.
 */
export abstract class BinaryCoder implements Coder {
  abstract readonly name: string
  /** It writes what the format does not keep, and has the registered classes. */
  readonly json: JsonCoder

  constructor(json: JsonCoder) {
    this.json = json
  }

  /** Whether the format brings a value back exactly as it is. */
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
      // A getter that throws, or a limit of the format: the JSON coder finds a way, or says what is wrong.
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
