import { CacheError, CoderError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import { classNameOf } from './kinds.ts'
import { UnknownEncoder } from './registry-errors.ts'

/**
 * How deep arrays and objects may lie in each other in the JSON text of a value. It bounds the stack: on an empty one the
 * writer gets to 1300 levels before V8 has optimised it, `JSON.stringify` to 4100 (node 20).
 */
export const MAX_DEPTH = 1000

/**
 * How long a bigint may be. It bounds time: to read one of ten million digits takes 13 s, to read many of this length 0.1 µs
 * a digit (node 20).
 */
export const MAX_BIGINT_BITS = 2 ** 17

const LEAST_HUGE_BIGINT = 2n ** BigInt(MAX_BIGINT_BITS)

/** Whether a bigint is longer than a coder writes. */
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

/** Why a long bigint cannot be written. */
export function hugeBigint(path: Path): CoderError {
  return new CoderError(
    `A bigint of more than ${MAX_BIGINT_BITS} bits cannot be stored (at ${pathText(path)}). Store it as text or bytes.`,
  )
}

/** Why a function, symbol or instance cannot be written. */
export function refusal(value: unknown, path: Path): CoderError {
  if (typeof value !== 'object' || value === null)
    return new CoderError(
      `A ${typeof value} cannot be stored (at ${pathText(path)}): only data can. Leave it out of the value.`,
    )
  return new UnknownEncoder(classNameOf(value), pathText(path))
}

/** Why an instance that contains itself cannot be written. */
export function selfContained(value: object, path: Path): CoderError {
  const name = classNameOf(value)
  return new CoderError(
    `An instance of ${name} contains itself (at ${pathText(path)}): its codec would need it before it is made. Let encode leave the way back out.`,
  )
}

/** Whatever an encoder or decoder ran into, as a `CoderError`; an error of ours stays what it is. */
export function asCoderError(error: unknown, what: 'written' | 'read'): CacheError {
  if (error instanceof CacheError) return error
  // A stack that was nearly full already overflows before MAX_DEPTH levels.
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
