import {
  AdapterError,
  CacheError,
  CacheNotFound,
  CacheTimeout,
  CoderError,
  ConfigError,
  ConnectionFailed,
  LockError,
  MissingDependency,
  PartialFailure,
  Tampered,
  UnknownAdapter,
  Unsupported,
  ValueTooLarge,
} from '../../lib/core/errors.ts'

/**
 * Errors that cross a thread boundary, where structured clone would reduce them to a bare `Error`: class, code, fields,
 * message, causes and stack come back as they were, and the stack shows both sides.
 */

/** An error as plain data. */
export interface PackedError {
  /** The names of its class and of those above it, up to `Error`. */
  readonly lineage: readonly string[]
  readonly name: string
  readonly message: string
  readonly stack: string
  /** Its own fields, if they are plain: the request that a client attaches may hold secrets. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly cause?: Packed
  /** The parts of an `AggregateError`. */
  readonly errors?: readonly Packed[]
}

/** A thrown value as plain data. */
export type Packed = { readonly error: PackedError } | { readonly value: unknown }

const LONGEST_CHAIN = 8
const KNOWN: ReadonlyMap<string, object> = new Map(
  [
    AdapterError,
    CacheError,
    CacheNotFound,
    CacheTimeout,
    CoderError,
    ConfigError,
    ConnectionFailed,
    LockError,
    MissingDependency,
    PartialFailure,
    Tampered,
    UnknownAdapter,
    Unsupported,
    ValueTooLarge,
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
    AggregateError,
  ]
    .filter((value) => value === Error || value.prototype instanceof Error)
    .map((type) => [type.name, type.prototype]),
)

/** A thrown value as data that crosses. */
export function pack(thrown: unknown, depth = 0): Packed {
  if (!(thrown instanceof Error)) return { value: isPlain(thrown) ? thrown : Object.prototype.toString.call(thrown) }
  const { name, message, stack = '' } = thrown
  const inner = (error: unknown): Packed => pack(depth < LONGEST_CHAIN ? error : String(error), depth + 1)
  return {
    error: {
      lineage: lineageOf(thrown),
      name: String(name),
      message: String(message),
      stack: String(stack),
      fields: {
        ...Object.fromEntries(Object.entries(thrown).filter(([field, value]) => !OWN.has(field) && isPlain(value))),
        // The answers of living nodes are bytes.
        ...(thrown instanceof PartialFailure ? { answer: thrown.answer } : {}),
      },
      ...('cause' in thrown ? { cause: inner(thrown.cause) } : {}),
      ...(thrown instanceof AggregateError ? { errors: thrown.errors.map(inner) } : {}),
    },
  }
}

const OWN: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', 'errors'])

// Its own name comes last: an error of another copy of a class may only have the name.
function lineageOf(error: Error): string[] {
  const names: string[] = []
  for (let at = Object.getPrototypeOf(error); at !== Error.prototype; at = Object.getPrototypeOf(at)) {
    names.push(String(at.constructor.name))
  }
  return [...names, String(error.name)]
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((part) => isPlain(part) && !Array.isArray(part))
  return (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') || value === null
}

/**
 * The value that was thrown on the other side: of the same class if that is known here, else of the nearest above it.
 * @param caller the function at which the stack of this side begins; without it, only the other side's stack is shown
 */
export function unpack(packed: Packed, caller?: (...args: never[]) => unknown): unknown {
  if ('value' in packed) return packed.value
  const { lineage, name, message, stack, fields, cause, errors } = packed.error
  const error = new Error(message, cause && { cause: unpack(cause) })
  Object.setPrototypeOf(error, KNOWN.get(lineage.find((type) => KNOWN.has(type)) ?? 'Error')!)
  Object.assign(error, fields)
  if (error.name !== name) hidden(error, 'name', name)
  if (errors !== undefined)
    hidden(
      error,
      'errors',
      errors.map((part) => unpack(part)),
    )
  hidden(error, 'stack', caller === undefined ? stack : bothStacks(error, stack, caller))
  return error
}

/** The bridge's own frames on the caller's side, which must not displace the caller's. */
const BRIDGE_FRAMES = 5

function bothStacks(error: Error, far: string, caller: (...args: never[]) => unknown): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = limit + BRIDGE_FRAMES
  Error.captureStackTrace(error, caller)
  Error.stackTraceLimit = limit
  const frames = far.indexOf('\n    at ')
  return frames < 0 ? error.stack! : `${error.stack}\n    at the worker thread:${far.slice(frames)}`
}

function hidden(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, configurable: true, enumerable: false })
}

/** The facts of an event as data that crosses. */
export function packFacts(facts: object = {}): object {
  const entries = Object.entries(facts).filter(([name, value]) => name === 'error' || isPlain(value))
  return Object.fromEntries(entries.map(([name, value]) => [name, name === 'error' ? pack(value) : value]))
}

/** The facts of an event as they were. */
export function unpackFacts(facts: object): object {
  return 'error' in facts ? { ...facts, error: unpack(facts.error as Packed) } : facts
}
