import { CacheError, CoderError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import { classNameOf } from './kinds.ts'

/**
 * The deepest nesting of arrays and objects in the JSON text of a value. It bounds the stack: on an empty stack the writer
 * reaches 1300 levels before V8 has optimized it, `JSON.stringify` 4100 (node 20).
 */
export const MAX_DEPTH = 1000

/**
 * The longest bigint. It bounds time: reading one of ten million digits takes 13 s, reading many of this length 0.1 µs a digit
 * (node 20).
 */
export const MAX_BIGINT_BITS = 2 ** 17

const LEAST_HUGE_BIGINT = 2n ** BigInt(MAX_BIGINT_BITS)

/** Tells whether a bigint is longer than a coder writes. */
export function isHuge(bigint: bigint): boolean {
  return bigint >= LEAST_HUGE_BIGINT || bigint <= -LEAST_HUGE_BIGINT
}

/** The keys and indices that lead to a value. */
export type Path = readonly (string | number)[]

export function tooDeep(): CoderError {
  return new CoderError(
    `The value is nested more than ${MAX_DEPTH} levels deep. Flatten it, or store its parts under keys of their own.`,
  )
}

export function malformed(tag: string): CoderError {
  return new CoderError(`The stored value cannot be read: ${quoted(tag)} does not hold what it should.`)
}

/** The error for a bigint that is too long. */
export function hugeBigint(path: Path): CoderError {
  return new CoderError(
    `A bigint of more than ${MAX_BIGINT_BITS} bits cannot be stored (at ${pathText(path)}). Store it as text or bytes.`,
  )
}

/** The error for a function, symbol or instance that cannot be written. */
export function refusal(value: unknown, path: Path): CoderError {
  if (typeof value !== 'object' || value === null)
    return new CoderError(
      `A ${typeof value} cannot be stored (at ${pathText(path)}): only data can. Leave it out of the value.`,
    )
  return new UnknownEncoder(classNameOf(value), pathText(path))
}

/** The error for an instance that contains itself. */
export function selfContained(value: object, path: Path): CoderError {
  const name = classNameOf(value)
  return new CoderError(
    `An instance of ${name} contains itself (at ${pathText(path)}): its codec would need it before it is made. Let encode leave the way back out.`,
  )
}

/** Any failure of an encoder or decoder as a `CoderError`; errors of this package stay as they are. */
export function asCoderError(error: unknown, what: 'written' | 'read'): CacheError {
  if (error instanceof CacheError) return error
  // If the stack was nearly full before, it overflows before MAX_DEPTH levels.
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack')) return tooDeep()
  const reason = error instanceof Error ? error.message : String(error)
  return new CoderError(`The value cannot be ${what}: ${reason}`, { cause: error })
}

/** A path as it would be written in the source: `$.user.tags[0]`. */
function pathText(path: Path): string {
  return path.reduce<string>((text, step) => text + stepText(step), '$')
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`
  return /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${quoted(step)}]`
}

/** Thrown if a codec cannot be registered: its name or class is taken, or a part of it is missing. */
export class RegistryError extends CoderError {
  static override readonly name: string = 'RegistryError'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options, 'E_REGISTRY')
  }
}

/** Thrown for a value with an instance of a class that is not registered. */
export class UnknownEncoder extends CoderError {
  static override readonly name: string = 'UnknownEncoder'
  readonly className: string

  /** @param place the path to the instance, such as `$.user` */
  constructor(className: string, place: string) {
    super(
      `An instance of ${className} cannot be stored (at ${place}): its class is not registered. Register it with ` +
        `coder.register(${className}, { name, encode, decode }), or let a coder made with { unknownClass: 'plain' } store its own properties as a plain object.`,
      undefined,
      'E_UNKNOWN_ENCODER',
    )
    this.className = className
  }
}

/** Thrown for stored data with an instance of a class that is not registered here. */
export class UnknownDecoder extends CoderError {
  static override readonly name: string = 'UnknownDecoder'
  /** The name under which the writer registered the class. */
  readonly codec: string
  /** The names that can be read here. */
  readonly known: readonly string[]

  /** @param isWritten whether instances of that name are written here */
  constructor(codec: string, known: readonly string[], isWritten: boolean) {
    const missing = isWritten
      ? `of which only the encoder is registered here. Register decoder.register(${quoted(codec)})(decode).`
      : `which is not registered here. Registered are: ${known.map(quoted).join(', ') || 'none'}.`
    super(
      `The stored value has an instance of the class registered as ${quoted(codec)}, ${missing}`,
      undefined,
      'E_UNKNOWN_DECODER',
    )
    this.codec = codec
    this.known = known
  }
}
