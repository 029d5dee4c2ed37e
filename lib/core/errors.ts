import { quoted } from './quoted.ts'

/**
 * The errors of polycache. Each has a stable `code`, its facts as fields and its origin as `cause`; its message is a
 * sentence that names the thing and the way out, without a secret in it.
 */
export class CacheError extends Error {
  readonly code: string

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** A key was asked for that is missing or has expired, where a value was required. */
export class CacheNotFound extends CacheError {
  readonly key: string

  constructor(key: string) {
    super(`There is no entry under the key ${quoted(key)}.`, 'E_NOT_FOUND')
    this.key = key
  }
}

/** The cache was set up with something that does not work. */
export class ConfigError extends CacheError {
  constructor(message: string, code = 'E_CONFIG', options?: ErrorOptions) {
    super(message, code, options)
  }
}

/** No adapter has that name. */
export class UnknownAdapter extends ConfigError {
  readonly adapter: string
  readonly known: readonly string[]

  /** @param source where the name came from, when it was not the caller: an environment variable */
  constructor(adapter: string, known: readonly string[], source?: string) {
    const where = source === undefined ? '' : `${source} names an unknown adapter. `
    super(`${where}There is no adapter ${quoted(adapter)}. Known are: ${known.join(', ')}.`, 'E_UNKNOWN_ADAPTER')
    this.adapter = adapter
    this.known = known
  }
}

/** A client package is not installed. */
export class MissingDependency extends ConfigError {
  readonly dependency: string
  readonly neededBy: string

  constructor(dependency: string, neededBy: string, options?: ErrorOptions) {
    super(
      `${neededBy} needs the package "${dependency}". Install it: npm install ${dependency}`,
      'E_MISSING_DEPENDENCY',
      options,
    )
    this.dependency = dependency
    this.neededBy = neededBy
  }
}

/** What an `AdapterError` knows about itself. */
export interface AdapterErrorOptions extends ErrorOptions {
  /** The class of the adapter that failed. */
  adapter?: string | undefined
  /** The verb that failed. */
  verb?: string | undefined
  /** The key that it was about. */
  key?: string | undefined
}

/** The backend failed: the value is neither known to be there nor to be missing. */
export class AdapterError extends CacheError {
  adapter: string | undefined
  verb: string | undefined
  key: string | undefined

  constructor(message: string, options: AdapterErrorOptions = {}, code = 'E_ADAPTER') {
    super(message, code, options)
    this.adapter = options.adapter
    this.verb = options.verb
    this.key = options.key
  }

  /** Fills in what only the caller of the store knows: the user's own verb and key. */
  during(adapter: string, verb: string, key: string | undefined): this {
    this.adapter = adapter
    this.verb = verb
    this.key = key
    return this
  }
}

/** The backend did not answer in time. */
export class CacheTimeout extends AdapterError {
  constructor(message: string, options?: AdapterErrorOptions) {
    super(message, options, 'E_TIMEOUT')
  }
}

/** The backend could not be reached, or the connection broke. */
export class ConnectionFailed extends AdapterError {
  constructor(message: string, options?: AdapterErrorOptions) {
    super(message, options, 'E_CONNECTION')
  }
}

/**
 * The backend failed for some of the keys of one call: a node of several is down. The others were answered or changed.
 *
 * A store that spreads keys over nodes waits for all of them, and then throws this from `readMany`, `writeMany` or `drop`
 * (`loadMany` or `saveMany` of a byte store), so that living nodes count: `getOrSetMany` loads the failed keys only,
 * `remove` removes the others, and `onBackendError: 'miss'` misses no more than it has to. A call that passes on other
 * keys than it was given, or fewer, has to translate the positions.
 */
export class PartialFailure extends AdapterError {
  /** The positions of the keys that failed, among those of the call. */
  readonly failed: readonly number[]
  /**
   * The answer of the other nodes: of reads, one entry for each key, `undefined` for those that failed; of `drop`, how many
   * entries were removed; of writes, nothing.
   */
  readonly answer: unknown
  /** The keys that failed, as users spell them. The verb that was called fills them in. */
  keys: readonly string[] = []

  /** @param options with the failure of the first node as `cause` */
  constructor(message: string, failed: readonly number[], answer?: unknown, options?: AdapterErrorOptions) {
    super(message, options, 'E_PARTIAL')
    this.failed = failed
    this.answer = answer
  }
}

/** The backend takes no value of that size. */
export class ValueTooLarge extends AdapterError {
  constructor(message: string, options?: AdapterErrorOptions) {
    super(message, options, 'E_TOO_LARGE')
  }
}

/** The backend cannot do that at all. */
export class Unsupported extends AdapterError {
  constructor(verb: string, adapter: string, wayOut = '') {
    super(`${adapter} cannot do ${verb}.${wayOut && ` ${wayOut}`}`, { verb, adapter }, 'E_UNSUPPORTED')
  }
}

/** A value could not be written as bytes, or bytes could not be read as a value. */
export class CoderError extends CacheError {
  constructor(message: string, options?: ErrorOptions, code = 'E_CODER') {
    super(message, code, options)
  }
}

/** Bytes that were protected have been changed, cut or moved. */
export class Tampered extends CoderError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options, 'E_TAMPERED')
  }
}

/** A lock was not had, or has been lost. */
export class LockError extends CacheError {
  constructor(message: string, code = 'E_LOCK', options?: ErrorOptions) {
    super(message, code, options)
  }
}
