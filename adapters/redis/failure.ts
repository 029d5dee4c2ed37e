import { AdapterError, CacheError, ConnectionFailed, ValueTooLarge } from '../../lib/core/errors.ts'
import { BadReply, type Dialect } from '../shared/failure.ts'

/** The beginnings of replies that say: not on this connection, or not now. */
const NOT_HERE =
  /^(NOAUTH|WRONGPASS|ERR invalid password|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MOVED|CROSSSLOT|ERR DB index is out of range|ERR invalid DB index)\b/

/** What to do about a reply. Redis 5 and older refuse a login in the second way. */
const ADVICE: readonly (readonly [reply: RegExp, advice: string])[] = [
  [/^NOAUTH\b/, 'Give the password in the URL (redis://:password@host:port) or in `options.password`.'],
  [/^(WRONGPASS|ERR invalid password)\b/, 'Check the user and the password in the URL or in `options`.'],
  [
    /^(MOVED|CROSSSLOT)\b/,
    'It is a node of a Redis Cluster: set `cluster: true`, or use a URL redis+cluster://host:port,...',
  ],
  [
    /^ERR (DB index is out of range|invalid DB index)\b/,
    'Choose a database that the server has (0 to 15 by default; a Cluster has 0 only).',
  ],
]

/** Tells the errors of ioredis apart. */
export const dialect: Dialect = {
  isReply,

  isOutage(error) {
    if (isReply(error)) return NOT_HERE.test(error.message)
    if (error instanceof BadReply) return false
    return !(error instanceof TypeError || error instanceof RangeError || error instanceof CacheError)
  },

  replied(error, said, options) {
    const [, advice] = ADVICE.find(([reply]) => reply.test(error.message)) ?? []
    if (advice !== undefined) return new ConnectionFailed(`${said} ${advice}`, options)
    if (says(error, 'ERR Protocol error: invalid bulk length')) return new ValueTooLarge(said, options)
    return new (dialect.isOutage(error) ? ConnectionFailed : AdapterError)(said, options)
  },

  causeOf(error) {
    if (!(error instanceof Error) || !('command' in error)) return error
    const cause = new Error(error.message)
    cause.name = error.name
    return cause
  },
}

/** Whether an error is the server's reply. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** Whether an error is a reply that begins like this. */
export function says(error: unknown, beginning: string): error is Error {
  return isReply(error) && error.message.startsWith(beginning)
}
