import { shared } from '../core/process-state.ts'
import { quoted } from '../core/quoted.ts'
import { RegistryError, UnknownDecoder } from './failures.ts'
import type { ClassOf, DecoderRegister, EncoderRegister, Register } from './registration.ts'
import {
  checkedClass,
  checkedName,
  type Decode,
  type Encode,
  type Registration,
  registrationIn,
  registrationOf,
} from './registration.ts'

/** The registration of a name. */
interface Slot {
  readonly name: string
  /** The class that is written under the name. */
  Class?: ClassOf<object>
  encode?: Encode
  decode?: Decode
}

/** The content of a registry: plain Maps, which another copy of the package can use too. */
interface Tables {
  readonly byName: Map<string, Slot>
  readonly byPrototype: Map<object, Slot>
}

function newTables(): Tables {
  return { byName: new Map(), byPrototype: new Map() }
}

/** The name and encoder of a class. */
export type Encoding = Required<Pick<Slot, 'name' | 'encode'>>

/**
 * Classes and the codecs of their instances. An instance is written by the codec of its class, or of its nearest superclass
 * that has one; then it comes back as an instance that this codec makes.
 *
 * A registry may have a parent: classes that are not registered in it are looked up there, also those registered later.
 */
export class Registry {
  readonly #parent: Registry | undefined
  readonly #byName: Map<string, Slot>
  readonly #byPrototype: Map<object, Slot>

  /**
   * @param parent the registry to look up classes that this one lacks. @default none
   * @param tables the content. @default empty
   */
  constructor(parent?: Registry, tables: Tables = newTables()) {
    this.#parent = parent
    this.#byName = tables.byName
    this.#byPrototype = tables.byPrototype
  }

  /** The registry of all caches of the process, shared by all copies of this package. */
  static shared(): Registry {
    return new Registry(undefined, shared('coder', newTables))
  }

  /** Makes instances of a class storable: see `Register`. */
  readonly register: Register<this> = ((first: unknown, second?: unknown) => {
    if (isDecorating(second)) {
      // Static fields, `type` among them, are initialized after the decorators have run.
      second.addInitializer(() => this.#add(registrationIn(first)))
      return first
    }
    this.#add(second === undefined ? registrationIn(first) : registrationOf(first, second))
    return second === undefined ? first : this
  }) as Register<this>

  /** Registers how instances are written, apart from how they are read. */
  readonly encoder: EncoderRegister = {
    register: (name, Class) => {
      checkedName(name, 'An encoder')
      checkedClass(Class)
      return (encode) => {
        this.#addEncoder(name, Class as ClassOf<object>, checkedFunction<Encode>(encode, 'encoder', name))
        return encode
      }
    },
  }

  /** Registers how instances are read, apart from how they are written. */
  readonly decoder: DecoderRegister = {
    register: (name) => {
      checkedName(name, 'A decoder')
      return (decode) => {
        this.#slot(name).decode = checkedFunction<Decode>(decode, 'decoder', name)
        return decode
      }
    },
  }

  /** Removes a class or a name. Throws `RegistryError` if it is not registered here; the parent does not count. */
  unregister<T>(classOrName: ClassOf<T> | string): this {
    const isName = typeof classOrName === 'string'
    const slot = isName ? this.#byName.get(classOrName) : this.#byPrototype.get(checkedClass(classOrName).prototype)
    if (slot === undefined)
      throw new RegistryError(
        `${isName ? `The name ${quoted(classOrName)}` : `The class ${classOrName.name}`} is not registered.`,
      )
    this.#byName.delete(slot.name)
    if (slot.Class !== undefined) this.#byPrototype.delete(slot.Class.prototype)
    return this
  }

  /** The encoder of an object, if its class or a superclass is registered. */
  encodingOf(value: object): Encoding | undefined {
    if (this.#isEmpty()) return undefined
    let prototype: object | null = Object.getPrototypeOf(value)
    for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
      const slot = this.#slotOf(prototype)
      if (slot !== undefined) return slot as Encoding
    }
    return undefined
  }

  /** The decoder of a name. Throws `UnknownDecoder` if there is none. */
  decodingOf(name: unknown): Decode {
    const decode = typeof name === 'string' ? this.#decodeOf(name) : undefined
    if (decode !== undefined) return decode
    throw new UnknownDecoder(String(name), [...this.#readable()], this.#holderOf(name as string) !== undefined)
  }

  #isEmpty(): boolean {
    return this.#byPrototype.size === 0 && (this.#parent === undefined || this.#parent.#isEmpty())
  }

  #add({ Class, name, encode, decode }: Registration): void {
    this.#addEncoder(name, Class, encode)
    this.#slot(name).decode = decode
  }

  #addEncoder(name: string, Class: ClassOf<object>, encode: Encode): void {
    const holder = this.#holderOf(name)
    if (holder !== undefined && holder.prototype !== Class.prototype) throw new RegistryError(taken(name, Class))
    const before = this.#byPrototype.get(Class.prototype)
    if (before !== undefined && before.name !== name)
      throw new RegistryError(
        `The class ${Class.name} is registered already, under the name ${quoted(before.name)}. Unregister it first; to go ` +
          `on reading what has been stored under that name, register a decoder for it.`,
      )
    const slot = this.#slot(name)
    slot.Class = Class
    slot.encode = encode
    this.#byPrototype.set(Class.prototype, slot)
  }

  #slot(name: string): Slot {
    const slot = this.#byName.get(name) ?? { name }
    this.#byName.set(name, slot)
    return slot
  }

  /** The slot of a class, here or in a parent. */
  #slotOf(prototype: object): Slot | undefined {
    const own = this.#byPrototype.get(prototype)
    if (own !== undefined || this.#parent === undefined) return own
    const slot = this.#parent.#slotOf(prototype)
    const holder = slot && this.#byName.get(slot.name)?.Class
    // The parent registered it later: an instance of one class must not be read as one of the other.
    if (holder !== undefined && holder.prototype !== prototype) throw new RegistryError(taken(slot!.name, slot!.Class!))
    return slot
  }

  /** The class that is written under a name, here or in a parent. */
  #holderOf(name: string): ClassOf<object> | undefined {
    const own = this.#byName.get(name)?.Class
    return own !== undefined || this.#parent === undefined ? own : this.#parent.#holderOf(name)
  }

  #decodeOf(name: string): Decode | undefined {
    const own = this.#byName.get(name)?.decode
    return own !== undefined || this.#parent === undefined ? own : this.#parent.#decodeOf(name)
  }

  /** The names that can be read, here or in a parent. */
  #readable(): Set<string> {
    const names = this.#parent === undefined ? new Set<string>() : this.#parent.#readable()
    for (const { name, decode } of this.#byName.values()) if (decode !== undefined) names.add(name)
    return names
  }
}

function taken(name: string, Class: ClassOf<object>): string {
  return `The name ${quoted(name)} is registered already, for another class than ${Class.name}.`
}

function checkedFunction<F>(given: unknown, what: 'encoder' | 'decoder', name: string): F {
  if (typeof given === 'function') return given as F
  throw new RegistryError(`The ${what} of ${quoted(name)} needs to be a function.`)
}

function isDecorating(second: unknown): second is { addInitializer(initializer: () => void): void } {
  const { kind, addInitializer } = (second ?? {}) as { kind?: unknown; addInitializer?: unknown }
  return kind === 'class' && typeof addInitializer === 'function'
}
