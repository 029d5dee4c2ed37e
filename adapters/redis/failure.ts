import { AdapterError, CacheError, CacheTimeout, ConnectionFailed, ValueTooLarge } from '../../lib/core/errors.ts'

/** The server did not answer in time. Becomes a `CacheTimeout` for the caller. */
export class NoAnswer extends Error {}

/** The first word of the server's errors that say: not on this connection, or not now. */
const NOT_HERE = /^(NOAUTH|WRONGPASS|ERR invalid password|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN)\b/

/** How servers refuse a login; Redis 5 and older do it in the second way. */
const BAD_LOGIN = /^(WRONGPASS|ERR invalid password)\b/

/** Whether an error is what the server said, rather than a failure to hear it. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** Whether the server said an error that begins like this. */
export function says(error: unknown, beginning: string): error is Error {
  return isReply(error) && error.message.startsWith(beginning)
}

/** Whether an error says that the server, or this connection to it, is out of order, rather than the one operation. */
export function isOutage(error: unknown): boolean {
  if (isReply(error)) return NOT_HERE.test(error.message)
  return !(error instanceof TypeError || error instanceof RangeError || error instanceof CacheError)
}

/**
 * What the caller gets for a failure: a typed error that says which server, what happened, and what to do. It is a new one
 * for each caller.
 * @param server what to call the server
 */
export function failureOf(error: unknown, server: string, adapter: string): CacheError {
  if (error instanceof CacheError) return error
  const words = wordsOf(error)
  const options = { adapter, cause: causeOf(error) }
  const said = `${server} says: ${words}.`
  if (error instanceof NoAnswer) return new CacheTimeout(`${server} ${words}. ${IF_SLOW}`, options)
  if (says(error, 'NOAUTH')) return new ConnectionFailed(`${said} ${GIVE_PASSWORD}`, options)
  if (isReply(error) && BAD_LOGIN.test(words)) return new ConnectionFailed(`${said} ${CHECK_PASSWORD}`, options)
  if (says(error, 'ERR Protocol error: invalid bulk length')) return new ValueTooLarge(said, options)
  if (isReply(error)) return new (isOutage(error) ? ConnectionFailed : AdapterError)(said, options)
  if (isOutage(error)) return new ConnectionFailed(`${server} cannot be reached: ${words}. ${CHECK_SERVER}`, options)
  return new AdapterError(`${server} could not be asked: ${words}.`, options)
}

const IF_SLOW = 'If it is only slow, give it a longer `operationTimeout`.'
const GIVE_PASSWORD = 'Give the password in the URL (redis://:password@host:port) or in `options.password`.'
const CHECK_PASSWORD = 'Check the user and the password in the URL or in `options`.'
const CHECK_SERVER = 'Check that it runs there.'

function wordsOf(error: unknown): string {
  // A host with several addresses fails once for each, and says nothing itself.
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join(', ')
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

/** The error without the command that ioredis hangs on it: its arguments may be a password, or a value of many megabytes. */
export function causeOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('command' in error)) return error
  const cause = new Error(error.message)
  cause.name = error.name
  return cause
}
