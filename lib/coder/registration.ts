import { RegistryError } from './failures.ts'
import { isBuiltIn } from './kinds.ts'

/** Turns instances of one class into data and back. */
export interface ClassCodec<T = unknown, P = unknown> {
  /** The name of the class in stored values. It must stay the same in all versions and processes. */
  readonly name: string
  /** An instance as data: anything that the coder can write, including other registered instances. */
  encode(instance: T): P
  /** The instance of the data that `encode` returned. Objects in a cycle may still be empty. */
  decode(payload: P): T
}

/** A class whose instances are `T`. Its constructor may be private. */
export interface ClassOf<T> {
  readonly name: string
  readonly prototype: T
}

/** A codec that names its class: an object, an instance, or a class with these static members. */
export interface TypedCodec<T = unknown, P = unknown> {
  /** The class. */
  readonly type: ClassOf<T>
  /**
   * As in `ClassCodec`. Give it if a minifier may shorten class names.
   * @default the name of the codec's class in lower case, without `coder`, `codec`, `serializer` and `_`
   */
  readonly name?: string | undefined
  encode(instance: T): P
  decode(payload: P): T
}

/** A class whose instances are codecs. It is instantiated without arguments; `type` may be static. */
export type CodecClass<T = unknown, P = unknown> =
  | (new () => TypedCodec<T, P>)
  | ((new () => Pick<TypedCodec<T, P>, 'encode' | 'decode'>) & Pick<TypedCodec<T, P>, 'type'>)

/** The part of a class decorator's context that `register` uses. */
export interface DecoratorContext {
  readonly kind: 'class'
  addInitializer(initializer: () => void): void
}

/**
 * Makes instances of a class storable. It needs no `this`, so it can be passed on and used as a decorator:
 *
 *   coder.register(Money, { name, encode, decode })         returns the coder, for chaining
 *   coder.register({ type: Money, name, encode, decode })   these return their argument
 *   coder.register(MoneyCoder)                              a class with `type`, `encode` and `decode`, static or on instances
 *   @coder.register class MoneyCoder { ... }
 *
 * Registering the class again under its name replaces the codec. Throws `RegistryError` if the name belongs to another class,
 * if the class has another name or is built in, and if a part of the codec is missing or of the wrong type.
 */
export interface Register<Self> {
  <T, P, C extends object>(codec: C & TypedCodec<T, P>, context?: DecoratorContext): C
  <T, P, C extends object>(Coder: C & CodecClass<T, P>, context?: DecoratorContext): C
  <T, P>(Class: ClassOf<T>, codec: ClassCodec<T, P>): Self
}

/** Registers encoders without decoders. */
export interface EncoderRegister {
  /** Returns a function that registers an encoder and returns it. Throws `RegistryError` as `Register` does. */
  register<T>(name: string, Class: ClassOf<T>): <F extends (instance: T) => unknown>(encode: F) => F
}

/** Registers decoders without encoders. */
export interface DecoderRegister {
  /** Returns a function that registers a decoder and returns it. A later decoder replaces an earlier one. Throws `RegistryError`. */
  register(name: string): <P, T>(decode: (payload: P) => T) => (payload: P) => T
}

export type Encode = (instance: unknown) => unknown
export type Decode = (payload: unknown) => unknown

/** A codec and its class, in one form. */
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

/** The registration of a class with a separate codec. Throws `RegistryError` for anything else. */
export function registrationOf(Class: unknown, codec: unknown): Registration {
  const checked = checkedClass(Class)
  if (!hasMethods(codec))
    throw new RegistryError(`The codec of ${checked.name} needs two functions, encode and decode.`)
  return registration(checked, (codec as { name?: unknown }).name, codec)
}

/** The registration of a codec that names its class. Throws `RegistryError` for anything else. */
export function registrationIn(given: unknown): Registration {
  const maker = typeof given === 'function' ? (given as Maker) : undefined
  const codec = maker === undefined || hasMethods(maker) ? given : made(maker)
  if (!hasMethods(codec))
    throw new RegistryError(`${titleOf(given)} needs the methods encode(value) and decode(payload).`)

  const type = maker?.type ?? (codec as { type?: unknown }).type
  if (type === undefined) throw new RegistryError(`${titleOf(given)} needs a type: the class that it is for.`)
  return registration(checkedClass(type), nameOf(codec, maker), codec)
}

/** Checks a class to be registered. Throws `RegistryError` for other values and built-in classes. */
export function checkedClass(Class: unknown): ClassOf<object> {
  const prototype: unknown = typeof Class === 'function' ? Class.prototype : undefined
  if (typeof prototype !== 'object' || prototype === null) throw new RegistryError('Only a class can be registered.')
  const checked = Class as ClassOf<object>
  if (isBuiltIn(prototype)) throw new RegistryError(`${checked.name} needs no codec: the coders know it already.`)
  return checked
}

/** Checks a name to be registered. Throws `RegistryError` for anything but text. */
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

/** The name of a codec: given, or derived from the name of its class. */
function nameOf(codec: object, maker: Maker | undefined): unknown {
  if (maker !== undefined) {
    // The `name` of every class is read-only; a writable one was declared by the author.
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
