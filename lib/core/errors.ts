import { quoted } from './quoted.ts'

/**
 * Base class of polycache's errors. Each has a stable `code`, the facts as fields and the origin as `cause`. Messages name
 * the problem and the way out, and contain no secrets.
 */
export class CacheError extends Error {
  static override readonly name: string = 'CacheError'
  readonly code: string

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** A value was required, but the key is missing or has expired. */
export class CacheNotFound extends CacheError {
  static override readonly name: string = 'CacheNotFound'
  readonly key: string

  constructor(key: string) {
    super(`There is no entry under the key ${quoted(key)}.`, 'E_NOT_FOUND')
    this.key = key
  }
}

/** The configuration is invalid. */
export class ConfigError extends CacheError {
  static override readonly name: string = 'ConfigError'
  constructor(message: string, code = 'E_CONFIG', options?: ErrorOptions) {
    super(message, code, options)
  }
}

/** No adapter has that name. */
export class UnknownAdapter extends ConfigError {
  static override readonly name: string = 'UnknownAdapter'
  readonly adapter: string
  readonly known: readonly string[]

  /** @param source the environment variable that the name came from, if it did */
  constructor(adapter: string, known: readonly string[], source?: string) {
    const where = source === undefined ? '' : ` in ${source}`
    super(`Unknown adapter ${quoted(adapter)}${where}. Expected one of: ${known.join(', ')}.`, 'E_UNKNOWN_ADAPTER')
    this.adapter = adapter
    this.known = known
  }
}

/** A client package is not installed. */
export class MissingDependency extends ConfigError {
  static override readonly name: string = 'MissingDependency'
  readonly dependency: string
  readonly neededBy: string

  constructor(dependency: string, neededBy: string, options?: ErrorOptions) {
    super(
      `${neededBy} needs the package "${dependency}". Install it with: npm install ${dependency}`,
      'E_MISSING_DEPENDENCY',
      options,
    )
    this.dependency = dependency
    this.neededBy = neededBy
  }
}

/** The facts of an `AdapterError`. */
export interface AdapterErrorOptions extends ErrorOptions {
  /** The class of the adapter that failed. */
  adapter?: string | undefined
  /** The verb that failed. */
  verb?: string | undefined
  /** The key concerned. */
  key?: string | undefined
}

/** The backend failed, so it is unknown whether the value exists. */
export class AdapterError extends CacheError {
  static override readonly name: string = 'AdapterError'
  adapter: string | undefined
  verb: string | undefined
  key: string | undefined

  constructor(message: string, options: AdapterErrorOptions = {}, code = 'E_ADAPTER') {
    super(message, code, options)
    this.adapter = options.adapter
    this.verb = options.verb
    this.key = options.key
  }

  /** Adds the adapter, verb and key of the call, which the store does not know. */
  during(adapter: string, verb: string, key: string | undefined): this {
    this.adapter = adapter
    this.verb = verb
    this.key = key
    return this
  }
}

/** The backend did not answer in time. */
export class CacheTimeout extends AdapterError {
  static override readonly name: string = 'CacheTimeout'
  constructor(message: string, options?: AdapterErrorOptions) {
    super(message, options, 'E_TIMEOUT')
  }
}

/** The backend could not be reached, or the connection broke. */
export class ConnectionFailed extends AdapterError {
  static override readonly name: string = 'ConnectionFailed'
  constructor(message: string, options?: AdapterErrorOptions) {
    super(message, options, 'E_CONNECTION')
  }
}

/**
 * The backend failed for some of the keys of one call: a node of several is down. The others were answered or changed.
 * A store that spreads keys over nodes waits for all of them, and then throws this from `readMany`, `writeMany` or `drop`
 * (`loadMany` or `saveMany` of a byte store), so that the results of healthy nodes count: `getOrSetMany` loads only the
 * failed keys, `remove` removes the others, and `onBackendError: 'miss'` turns only failed keys into misses. A wrapper that
 * passes on a different list of keys has to translate the positions.
 */
export class PartialFailure extends AdapterError {
  static override readonly name: string = 'PartialFailure'
  /** The positions of the failed keys in the list of the call. */
  readonly failed: readonly number[]
  /**
   * The result of the other nodes: for reads, one entry for each key, `undefined` for those that failed; for `drop`, the
   * number of removed entries; for writes, nothing.
   */
  readonly answer: unknown
  /** The keys that failed, as the user passed them. Filled in by the verb that was called. */
  keys: readonly string[] = []

  /** @param options with the failure of the first node as `cause` */
  constructor(message: string, failed: readonly number[], answer?: unknown, options?: AdapterErrorOptions) {
    super(message, options, 'E_PARTIAL')
    this.failed = failed
    this.answer = answer
  }
}

/** The value is larger than the backend accepts. */
export class ValueTooLarge extends AdapterError {
  static override readonly name: string = 'ValueTooLarge'
  constructor(message: string, options?: AdapterErrorOptions) {
    super(message, options, 'E_TOO_LARGE')
  }
}

/** The backend does not support the verb. */
export class Unsupported extends AdapterError {
  static override readonly name: string = 'Unsupported'
  constructor(verb: string, adapter: string, wayOut = '') {
    super(`${adapter} does not support ${verb}.${wayOut && ` ${wayOut}`}`, { verb, adapter }, 'E_UNSUPPORTED')
  }
}

/** A value could not be encoded, or stored bytes could not be decoded. */
export class CoderError extends CacheError {
  static override readonly name: string = 'CoderError'
  constructor(message: string, options?: ErrorOptions, code = 'E_CODER') {
    super(message, code, options)
  }
}

/** Authenticated bytes were changed, truncated or moved to another key. */
export class Tampered extends CoderError {
  static override readonly name: string = 'Tampered'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options, 'E_TAMPERED')
  }
}

/** A lock could not be acquired in time, or was lost. */
export class LockError extends CacheError {
  static override readonly name: string = 'LockError'
  constructor(message: string, code = 'E_LOCK', options?: ErrorOptions) {
    super(message, code, options)
  }
}

/**
 * Means that there is no value. A loader throws it or returns `NotFound.instance`. It is an answer, not a failure:
 * `getOrSet` returns `undefined`, and remembers that for `negativeTimeout`.
 */
export class NotFound extends CacheError {
  /** An instance for loaders to return. Its stack is meaningless. */
  static readonly instance = new NotFound()

  constructor(message = 'The value does not exist.') {
    super(message, 'E_NO_VALUE')
  }
}

/** A value does not match the `schema`. */
export class SchemaError extends CacheError {
  /** The issues that the schema reported. */
  readonly issues: readonly { readonly message: string }[]

  constructor(key: string, issues: readonly { readonly message: string }[]) {
    super(
      `The value under ${quoted(key)} does not match the schema: ${issues.map(({ message }) => message).join('; ')}`,
      'E_SCHEMA',
    )
    this.issues = issues
  }
}
