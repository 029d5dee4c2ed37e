import {
  AdapterError,
  type AdapterErrorOptions,
  CacheError,
  CacheTimeout,
  ConnectionFailed,
  ValueTooLarge,
} from '../../lib/core/errors.ts'

/** The server did not answer in time. Becomes a `CacheTimeout` for the caller. */
export class NoAnswer extends Error {}

/** The server answered something that the protocol does not allow here. The connection cannot be trusted any further. */
export class BadReply extends Error {}

/** How a client's errors are told apart. */
export interface Dialect {
  /** Whether an error is the server's reply, rather than a failure to hear one. */
  isReply(error: unknown): boolean
  /** Whether an error says that the server, or the way to it, is out of order, rather than the one operation. */
  isOutage(error: unknown): boolean
  /** The typed error of a reply. @param said the sentence that quotes the server */
  replied(error: Error, said: string, options: AdapterErrorOptions): CacheError
  /** The error without what the client attached to it: commands may hold passwords, or values of many megabytes. */
  causeOf(error: unknown): unknown
}

const IF_SLOW = 'If it is only slow, give it a longer `operationTimeout`.'
const CHECK_SERVER = 'Check that it runs there.'

/**
 * The typed error of a failure: which server, what happened, what to do. It is a new one for each caller.
 * @param server the name of the server, for messages
 */
export function failureOf(error: unknown, server: string, adapter: string, dialect: Dialect): CacheError {
  if (error instanceof CacheError) return error
  const words = wordsOf(error)
  const options = { adapter, cause: dialect.causeOf(error) }
  if (error instanceof NoAnswer) return new CacheTimeout(`${server} ${words}. ${IF_SLOW}`, options)
  if (error instanceof BadReply) return new ConnectionFailed(`${server} ${words}. ${CHECK_PROTOCOL}`, options)
  if (dialect.isReply(error)) return dialect.replied(error as Error, `${server} says: ${words}.`, options)
  if (dialect.isOutage(error)) {
    return new ConnectionFailed(`${server} cannot be reached: ${words}. ${CHECK_SERVER}`, options)
  }
  return new AdapterError(`${server} could not be asked: ${words}.`, options)
}

const CHECK_PROTOCOL = 'Check what listens there; the connection was closed.'

/** The message of an error, without its full stop. */
export function wordsOf(error: unknown): string {
  // A host with several addresses fails once for each, and says nothing itself.
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join(', ')
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

/** A copy of a failure for another caller: each call adds its own verb and key to its error. */
export function copyOf(error: unknown, adapter?: string): AdapterError {
  const { message, cause = error } = error as Error
  const options = { adapter: adapter ?? (error as AdapterError).adapter, cause }
  if (error instanceof CacheTimeout) return new CacheTimeout(message, options)
  if (error instanceof ConnectionFailed) return new ConnectionFailed(message, options)
  if (error instanceof ValueTooLarge) return new ValueTooLarge(message, options)
  return new AdapterError(message, options)
}
