import { CoderError } from '../core/errors.ts'
import type { Coder, Wire } from '../core/types.ts'
import { textOf } from './bytes.ts'
import { checkDepth, isDeep } from './depth.ts'
import { asCoderError } from './failures.ts'
import { isPlain, isPlainLeaf } from './plain.ts'
import { Reader } from './reader.ts'
import type { ClassOf, DecoderRegister, EncoderRegister, Register } from './registration.ts'
import { Registry } from './registry.ts'
import { Writer } from './writer.ts'

/** Options of a `JsonCoder`. */
export interface JsonCoderOptions {
  /**
   * The treatment of an instance whose class is not registered: an error, or a plain object of its own properties.
   * @default 'error'
   */
  unknownClass?: 'error' | 'plain' | undefined
  /**
   * The registered classes.
   * @default an empty registry
   */
  registry?: Registry | undefined
}

/**
 * Writes values as JSON text: plain data as `JSON.stringify` does, byte for byte, and everything else with the tags that
 * `Writer` describes, so that it comes back as it was.
 */
export class JsonCoder implements Coder {
  readonly name = 'json'
  readonly unknownClass: 'error' | 'plain'
  /** The registered classes. */
  readonly registry: Registry

  constructor(options: JsonCoderOptions = {}) {
    this.unknownClass = options.unknownClass ?? 'error'
    this.registry = options.registry ?? new Registry()
  }

  /** Makes instances of a class storable, in its registry: see `Register`. */
  readonly register: Register<this> = ((first: never, second: never) => {
    const answer: unknown = this.registry.register(first, second)
    return answer === this.registry ? this : answer
  }) as Register<this>

  /** Removes a class or a name from the registry. Throws `RegistryError` if it is not there. */
  unregister<T>(classOrName: ClassOf<T> | string): this {
    this.registry.unregister(classOrName)
    return this
  }

  /** Registers how instances are written, apart from how they are read. */
  get encoder(): EncoderRegister {
    return this.registry.encoder
  }

  /** Registers how instances are read, apart from how they are written. */
  get decoder(): DecoderRegister {
    return this.registry.decoder
  }

  encode(value: unknown): string {
    try {
      return JSON.stringify(isPlainLeaf(value) ? value : this.#tree(value))
    } catch (error) {
      throw asCoderError(error, 'written')
    }
  }

  /** Throws the same `CoderError` as `encode` for a value that cannot be written, without writing it. */
  check(value: unknown): void {
    try {
      if (!isPlain(value)) this.#tree(value)
    } catch (error) {
      throw asCoderError(error, 'written')
    }
  }

  /**
   * The value of a text. Every tag is an object whose first key begins with `$`, and the writer writes no whitespace, so a text
   * has as many tags at most as it has `{"$` in it. (Within a string the quote would be escaped.)
   */
  decode(wire: Wire): unknown {
    try {
      const text = textOf(wire)
      const tree = parsed(text)
      const tags = tagsIn(text)
      if (tags > 0) return new Reader(this.registry, isDeep(text) ? Number.POSITIVE_INFINITY : tags).read(tree)
      if (isDeep(text)) checkDepth(tree)
      return tree
    } catch (error) {
      throw asCoderError(error, 'read')
    }
  }

  #tree(value: unknown): unknown {
    return Writer.write(value, this.registry, this.unknownClass === 'plain')
  }
}

/** Counts the objects in a text whose first key begins with `$`. */
function tagsIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('{"$'); at >= 0; at = text.indexOf('{"$', at + 3)) count++
  return count
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without the SyntaxError as `cause`: it quotes the stored text.
    throw new CoderError(
      'The stored value is not JSON text: it is cut short, damaged, or was written by something else.',
    )
  }
}

/**
 * The coder that every cache uses unless it is given another: register classes here. Two copies of the package in one
 * process share what is registered.
 */
export const coder = new JsonCoder({ registry: Registry.shared() })

/** Registers encoders with `coder`, apart from decoders. */
export const encoder: EncoderRegister = coder.encoder

/** Registers decoders with `coder`, apart from encoders. */
export const decoder: DecoderRegister = coder.decoder
