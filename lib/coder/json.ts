import { CoderError } from '../errors.ts'
import { type ClassCodec, Classes, type ClassOf } from './classes.ts'
import type { Coder, Wire } from './coder.ts'
import { checkDepth } from './depth.ts'
import { asCoderError, MAX_DEPTH } from './failures.ts'
import { isPlain } from './plain.ts'
import { Reader } from './reader.ts'
import { textOf } from './text.ts'
import { Writer } from './writer.ts'

/** How a `JsonCoder` is made. */
export interface JsonCoderOptions {
  /**
   * What becomes of an instance of a class that is not registered: an error, or a plain object of its own properties.
   * @default 'error'
   */
  unknownClass?: 'error' | 'plain' | undefined
}

/**
 * Writes values as JSON text: plain data as `JSON.stringify` does, byte for byte, and everything else with the tags that
 * `Writer` describes, so that it comes back as it was.
 */
export class JsonCoder implements Coder {
  readonly name = 'json'
  readonly unknownClass: 'error' | 'plain'
  /** The classes that are registered with it. */
  readonly classes = new Classes()

  constructor(options: JsonCoderOptions = {}) {
    this.unknownClass = options.unknownClass ?? 'error'
  }

  /** Makes instances of a class storable. Throws `CoderError` when the class or the name is taken. */
  register<T, P>(Class: ClassOf<T>, codec: ClassCodec<T, P>): this {
    this.classes.register(Class, codec)
    return this
  }

  /** Forgets a class; throws `CoderError` when it is not registered. */
  unregister<T>(Class: ClassOf<T>): this {
    this.classes.unregister(Class)
    return this
  }

  encode(value: unknown): string {
    try {
      return JSON.stringify(isPlain(value) ? value : this.#tree(value))
    } catch (error) {
      throw asCoderError(error, 'written')
    }
  }

  /** Throws the `CoderError` with which `encode` would refuse a value, if it would. */
  check(value: unknown): void {
    try {
      if (!isPlain(value)) this.#tree(value)
    } catch (error) {
      throw asCoderError(error, 'written')
    }
  }

  /**
   * Every tag is an object whose first key begins with `$`, and no whitespace is written: so there is a tag only if the text
   * has `{"$` in it. (Within a string the quote would be escaped, and a quote that ends a string is never followed by `$`.)
   */
  decode(wire: Wire): unknown {
    try {
      const text = textOf(wire)
      const tree = parsed(text)
      if (text.includes('{"$')) return new Reader(this.classes).read(tree)
      // A shorter text has no room for so many brackets.
      if (text.length > 2 * MAX_DEPTH) checkDepth(text, tree)
      return tree
    } catch (error) {
      throw asCoderError(error, 'read')
    }
  }

  #tree(value: unknown): unknown {
    return new Writer(this.classes, this.unknownClass === 'plain').write(value)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The SyntaxError is no `cause` here: it quotes the stored text.
    throw new CoderError(
      'The stored value is not JSON text: it is cut short, damaged, or was written by something else.',
    )
  }
}

/** The coder that every cache uses unless it is given another: register classes here. */
export const coder = new JsonCoder()
