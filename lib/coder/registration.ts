import type { ClassOf } from './codec.ts'
import { isBuiltIn } from './kinds.ts'
import { RegistryError } from './registry-errors.ts'

export type Encode = (instance: unknown) => unknown
export type Decode = (payload: unknown) => unknown

/** A codec and its class, whatever form they were given in. */
export interface Registration {
  readonly Class: ClassOf<object>
  readonly name: string
  readonly encode: Encode
  readonly decode: Decode
}

interface Methods {
  readonly encode: Encode
  readonly decode: Decode
}

/** A class that is a codec, or makes one. */
type Maker = (new () => unknown) & { readonly type?: unknown }

/** The registration of a class and a codec apart. Throws `RegistryError` when they are none. */
export function registrationOf(Class: unknown, codec: unknown): Registration {
  const checked = checkedClass(Class)
  if (!hasMethods(codec))
    throw new RegistryError(`The codec of ${checked.name} needs two functions, encode and decode.`)
  return registration(checked, (codec as { name?: unknown }).name, codec)
}

/** The registration of a codec that says which class it is for. Throws `RegistryError` when it is none. */
export function registrationIn(given: unknown): Registration {
  const maker = typeof given === 'function' ? (given as Maker) : undefined
  const codec = maker === undefined || hasMethods(maker) ? given : made(maker)
  if (!hasMethods(codec))
    throw new RegistryError(`${titleOf(given)} needs the methods encode(value) and decode(payload).`)

  const type = maker?.type ?? (codec as { type?: unknown }).type
  if (type === undefined) throw new RegistryError(`${titleOf(given)} needs a type: the class that it is for.`)
  return registration(checkedClass(type), nameOf(codec, maker), codec)
}

/** A class that can be registered. Throws `RegistryError` when it is none, or built in. */
export function checkedClass(Class: unknown): ClassOf<object> {
  const prototype: unknown = typeof Class === 'function' ? Class.prototype : undefined
  if (typeof prototype !== 'object' || prototype === null) throw new RegistryError('Only a class can be registered.')
  const checked = Class as ClassOf<object>
  if (isBuiltIn(prototype)) throw new RegistryError(`${checked.name} needs no codec: the coders know it already.`)
  return checked
}

/** A name that can stand for a class. Throws `RegistryError` when it is none. */
export function checkedName(name: unknown, what: string): string {
  if (typeof name === 'string' && name !== '') return name
  throw new RegistryError(`${what} needs a name: the text that stands for the class in stored values.`)
}

function registration(Class: ClassOf<object>, name: unknown, codec: Methods): Registration {
  return {
    Class,
    name: checkedName(name, `The codec of ${Class.name}`),
    encode: codec.encode.bind(codec),
    decode: codec.decode.bind(codec),
  }
}

function hasMethods(codec: unknown): codec is Methods {
  const { encode, decode } = (codec ?? {}) as Partial<Methods>
  return typeof encode === 'function' && typeof decode === 'function'
}

function made(maker: Maker): unknown {
  try {
    return new maker()
  } catch (cause) {
    throw new RegistryError(
      `${titleOf(maker)} has no static methods encode(value) and decode(payload), and cannot be made without arguments.`,
      { cause },
    )
  }
}

/** The name that a codec has been given, or else one made of its class's. */
function nameOf(codec: object, maker: Maker | undefined): unknown {
  if (maker !== undefined) {
    // Every class has a name of its own, but cannot write to it: one that it can was given to it.
    const own = Object.getOwnPropertyDescriptor(maker, 'name')
    if (own !== undefined && own.writable !== false) return maker.name
  }
  const given = codec === maker ? undefined : (codec as { name?: unknown }).name
  return given ?? shortened(maker ?? codec.constructor)
}

function shortened(Class: unknown): string {
  if (typeof Class !== 'function' || Class === Object) return ''
  return Class.name
    .replaceAll('_', '')
    .toLowerCase()
    .replace(/(coder|codec|serializer)$/, '')
}

function titleOf(given: unknown): string {
  return typeof given === 'function' && given.name !== '' ? given.name : 'A codec'
}
