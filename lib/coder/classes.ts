import { CoderError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { isBuiltIn } from './kinds.ts'

/** How instances of one class become data and come back. */
export interface ClassCodec<T = unknown, P = unknown> {
  /** The name that stands for the class in stored values: it must stay the same between versions and processes. */
  readonly name: string
  /** An instance as data: anything that the coder can write, other registered instances among it. */
  encode(instance: T): P
  /** The instance that `encode` made the data of. Part of a cycle may still be empty when it comes here. */
  decode(payload: P): T
}

/** A class whose instances are `T`. Its constructor may be private. */
export interface ClassOf<T> {
  readonly name: string
  readonly prototype: T
}

/**
 * The classes that a coder knows. A codec holds for its very class: an instance of a subclass that is not registered itself
 * is refused, as it would come back as something less.
 */
export class Classes {
  readonly #byPrototype = new Map<object, ClassCodec>()
  readonly #byName = new Map<string, ClassCodec>()

  /** Throws `CoderError` when the class or the name is taken, or the class is built in. */
  register<T, P>(Class: ClassOf<T>, codec: ClassCodec<T, P>): void {
    const prototype = prototypeOf(Class)
    if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function')
      throw new CoderError(`The codec of ${Class.name} needs two functions, encode and decode.`)
    if (typeof codec.name !== 'string' || codec.name === '')
      throw new CoderError(
        `The codec of ${Class.name} needs a name: the text that stands for the class in stored values.`,
      )
    if (isBuiltIn(prototype)) throw new CoderError(`${Class.name} needs no codec: the coders know it already.`)
    if (this.#byPrototype.has(prototype)) throw new CoderError(`The class ${Class.name} is registered already.`)
    if (this.#byName.has(codec.name))
      throw new CoderError(
        `The name ${quoted(codec.name)} is registered already, for another class than ${Class.name}.`,
      )

    this.#byPrototype.set(prototype, codec as ClassCodec)
    this.#byName.set(codec.name, codec as ClassCodec)
  }

  /** Forgets a class; throws `CoderError` when it is not registered. */
  unregister<T>(Class: ClassOf<T>): void {
    const codec = this.#byPrototype.get(prototypeOf(Class))
    if (codec === undefined) throw new CoderError(`The class ${Class.name} is not registered.`)
    this.#byPrototype.delete(prototypeOf(Class))
    this.#byName.delete(codec.name)
  }

  /** The codec of an object's class. */
  codecOf(value: object): ClassCodec | undefined {
    return this.#byPrototype.size === 0 ? undefined : this.#byPrototype.get(Object.getPrototypeOf(value))
  }

  /** The codec of that name; throws `CoderError` when there is none. */
  codecNamed(name: unknown): ClassCodec {
    const codec = typeof name === 'string' ? this.#byName.get(name) : undefined
    if (codec !== undefined) return codec
    const known = [...this.#byName.keys()].map(quoted).join(', ') || 'none'
    throw new CoderError(
      `The stored value has an instance of the class registered as ${quoted(String(name))}, which is not registered here. Known are: ${known}.`,
    )
  }
}

function prototypeOf<T>(Class: ClassOf<T>): object {
  const prototype: unknown = typeof Class === 'function' ? (Class as ClassOf<T>).prototype : undefined
  if (typeof prototype !== 'object' || prototype === null) throw new CoderError('Only a class can be registered.')
  return prototype
}
