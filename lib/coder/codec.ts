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

/** A codec that says itself which class it is for: an object, an instance, or a class with these as static members. */
export interface TypedCodec<T = unknown, P = unknown> {
  /** The class. */
  readonly type: ClassOf<T>
  /**
   * As in `ClassCodec`. Give it where names of classes are shortened, as by a minifier.
   * @default the name of the codec's class in lower case, without `coder`, `codec`, `serializer` and `_`
   */
  readonly name?: string | undefined
  encode(instance: T): P
  decode(payload: P): T
}

/** A class whose instances are codecs: one is made, without arguments. The type may be static. */
export type CodecClass<T = unknown, P = unknown> =
  | (new () => TypedCodec<T, P>)
  | ((new () => Pick<TypedCodec<T, P>, 'encode' | 'decode'>) & Pick<TypedCodec<T, P>, 'type'>)

/** What a class decorator is told, as far as `register` has to know it. */
export interface DecoratorContext {
  readonly kind: 'class'
  addInitializer(initializer: () => void): void
}

/**
 * Makes instances of a class storable. It needs no `this`, so that it can be handed on and be a decorator:
 *
 *   coder.register(Money, { name, encode, decode })         answers the coder, to go on with
 *   coder.register({ type: Money, name, encode, decode })   these answer what they are given
 *   coder.register(MoneyCoder)                              a class with `type`, `encode` and `decode`, static or of its instances
 *   @coder.register class MoneyCoder { ... }
 *
 * Registering the class again under its name replaces the codec. Throws `RegistryError` when the name is another class's, when
 * the class has another name or is built in, and when anything of the codec is missing or is not what it should be.
 */
export interface Register<Self> {
  <T, P, C extends object>(codec: C & TypedCodec<T, P>, context?: DecoratorContext): C
  <T, P, C extends object>(Coder: C & CodecClass<T, P>, context?: DecoratorContext): C
  <T, P>(Class: ClassOf<T>, codec: ClassCodec<T, P>): Self
}

/** Registers how instances of a class are written, apart from how they are read. */
export interface EncoderRegister {
  /** Answers a function that registers the encoder, and answers it. Throws `RegistryError` as `Register` does. */
  register<T>(name: string, Class: ClassOf<T>): <F extends (instance: T) => unknown>(encode: F) => F
}

/** Registers how what was stored under a name is read, apart from how it is written. */
export interface DecoderRegister {
  /** Answers a function that registers the decoder, and answers it. The later one of a name counts. Throws `RegistryError`. */
  register(name: string): <P, T>(decode: (payload: P) => T) => (payload: P) => T
}
