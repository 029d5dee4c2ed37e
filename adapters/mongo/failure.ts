import { AdapterError, CacheError, CacheTimeout, ConnectionFailed, ValueTooLarge } from '../../lib/core/errors.ts'

/** The server did not answer in time. Becomes a `CacheTimeout` for the caller. */
export class NoAnswer extends Error {}

const DUPLICATE_KEY = 11_000
/** Not authenticated, or not allowed to. */
const LOGIN: ReadonlySet<unknown> = new Set([11, 13, 18, 334, 8000])
/** Documents over 16 MB, and before MongoDB 4.2 keys over 1 KB. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([10_334, 17_280, 17_419, 17_420])
/** Not here, or not now: shutting down, stepping down, no primary, cut off from the others. */
const NOT_HERE: ReadonlySet<unknown> = new Set([6, 7, 89, 91, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436])

/** How the driver calls errors of its own that are about one operation, rather than about the way to the server. */
const OF_ONE =
  /^(Mongo(InvalidArgument|Parse|MissingCredentials|MissingDependency|Compatibility|Cursor\w*|API)Error|BSON\w*Error)$/

/** Whether an error is what the server said, rather than a failure to hear it. */
export function isReply(error: unknown): error is Error & { readonly code?: unknown } {
  return error instanceof Error && /^Mongo(Server|BulkWrite|WriteConcern)Error$/.test(error.name)
}

/** Whether the server says that there is a document with that key. */
export function isDuplicate(error: unknown): boolean {
  return isReply(error) && error.code === DUPLICATE_KEY
}

/** Whether an error says that the server is out of order or out of reach, rather than the one operation. */
export function isOutage(error: unknown): boolean {
  if (isReply(error)) return NOT_HERE.has(error.code) || error.code === 18
  if (error instanceof TypeError || error instanceof RangeError || error instanceof CacheError) return false
  return !(error instanceof Error && OF_ONE.test(error.name))
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
  if (isReply(error)) {
    if (LOGIN.has(error.code)) return new ConnectionFailed(`${said} ${CHECK_LOGIN}`, options)
    if (TOO_LARGE.has(error.code)) return new ValueTooLarge(said, options)
    return new (isOutage(error) ? ConnectionFailed : AdapterError)(said, options)
  }
  if (isOutage(error)) return new ConnectionFailed(`${server} cannot be reached: ${words}. ${CHECK_SERVER}`, options)
  return new AdapterError(`${server} could not be asked: ${words}.`, options)
}

const IF_SLOW = 'If it is only slow, give it a longer `operationTimeout`.'
const CHECK_LOGIN = 'Check the user, the password and the `authSource` in the URL or in `options`.'
const CHECK_SERVER = 'Check that it runs there.'

function wordsOf(error: unknown): string {
  // A host with several addresses fails once for each, and says nothing itself.
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join(', ')
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

/** The error without what the driver hangs on it: the operation, whose values may be of many megabytes. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof Error) || !error.name.startsWith('Mongo')) return error
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  const bare = new Error(message, cause === undefined ? {} : { cause: causeOf(cause) })
  return Object.assign(bare, { name, stack, ...(code === undefined ? {} : { code }) })
}
