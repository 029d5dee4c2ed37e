import { AdapterError, CacheError, ConnectionFailed, ValueTooLarge } from '../../lib/core/errors.ts'
import { BadReply, type Dialect } from '../shared/failure.ts'

const DUPLICATE_KEY = 11_000
/** Not authenticated, or not allowed to. */
const LOGIN: ReadonlySet<unknown> = new Set([11, 13, 18, 334, 8000])
/** Documents over 16 MB, and before MongoDB 4.2 keys over 1 KB. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([10_334, 17_280, 17_419, 17_420])
/** Not here, or not now: shutting down, stepping down, no primary, cut off from the others. */
const NOT_HERE: ReadonlySet<unknown> = new Set([6, 7, 89, 91, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436])

/** The names of the driver's own errors about one operation, rather than about the way to the server. */
const OF_ONE =
  /^(Mongo(InvalidArgument|Parse|MissingCredentials|MissingDependency|Compatibility|Cursor\w*|API)Error|BSON\w*Error)$/

const CHECK_LOGIN = 'Check the user, the password and the `authSource` in the URL or in `options`.'

/** Tells the errors of the driver apart. */
export const dialect: Dialect = {
  isReply,

  isOutage(error) {
    if (isReply(error)) return NOT_HERE.has(error.code) || error.code === 18
    if (error instanceof TypeError || error instanceof RangeError || error instanceof CacheError) return false
    return !(error instanceof BadReply || (error instanceof Error && OF_ONE.test(error.name)))
  },

  replied(error, said, options) {
    const { code } = error as { code?: unknown }
    if (LOGIN.has(code)) return new ConnectionFailed(`${said} ${CHECK_LOGIN}`, options)
    if (TOO_LARGE.has(code)) return new ValueTooLarge(said, options)
    return new (dialect.isOutage(error) ? ConnectionFailed : AdapterError)(said, options)
  },

  causeOf(error) {
    if (!(error instanceof Error) || !error.name.startsWith('Mongo')) return error
    const { name, message, stack, cause } = error
    const { code } = error as { code?: unknown }
    const bare = new Error(message, cause === undefined ? {} : { cause: dialect.causeOf(cause) })
    return Object.assign(bare, { name, stack, ...(code === undefined ? {} : { code }) })
  },
}

/** Whether an error is the server's reply. */
export function isReply(error: unknown): error is Error & { readonly code?: unknown } {
  return error instanceof Error && /^Mongo(Server|BulkWrite|WriteConcern)Error$/.test(error.name)
}

/** Whether the server says that there is a document with that key. */
export function isDuplicate(error: unknown): boolean {
  return isReply(error) && error.code === DUPLICATE_KEY
}
