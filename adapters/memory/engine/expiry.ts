import { ConfigError } from '../../../lib/core/errors.ts'
import { NEVER } from './slots.ts'

/**
 * Functions that choose the TTL of each entry from its key and value. They return ms from now: `null` for no limit, 0 or less
 * to let the entry expire at once, `undefined` to leave the TTL as it is.
 *
 * `updateTimeout` sets the timeout that it is given, whatever these return. Errors that they throw reach the caller that
 * stores or reads.
 *
 * @example
 * new MemoryCache({ expiry: { create: (key, user: User) => (user.isAdmin ? 60_000 : undefined) } })
 */
export interface Expiry<T = unknown> {
  /** Called when an entry is stored under a new key. `timeoutMs` is the timeout with which it was stored. */
  create?(key: string, value: T, timeoutMs: number | null): number | null | undefined
  /** Called when a value replaces another that would have stayed for `leftMs`. Without it, `create` is called. */
  update?(key: string, value: T, timeoutMs: number | null, leftMs: number | null): number | null | undefined
  /** Called when a value is read. `has`, `ttl`, `peek` and listing are not reads. */
  read?(key: string, value: T, leftMs: number | null): number | null | undefined
}

/** Checks the options `expiry` and `touchOnGet`. */
export function expiryOf(expiry: Expiry | undefined, touchOnGet: boolean | undefined): Expiry | undefined {
  if (expiry === undefined) return undefined
  if (typeof expiry !== 'object' || expiry === null) {
    throw new ConfigError(`expiry must be an object with create, update or read, not ${String(expiry)}.`)
  }
  if (touchOnGet && expiry.read !== undefined) {
    throw new ConfigError('expiry.read and touchOnGet both set the TTL at a read. Leave touchOnGet out.')
  }
  return expiry
}

/** The TTL of a value that is stored, in ms from now. `leftMs` is that of the value it replaces, if there is one. */
export function ttlAtWrite(
  expiry: Expiry,
  key: string,
  value: unknown,
  ttl: number,
  leftMs: number | undefined,
): number {
  const timeout = orNull(ttl)
  const { update } = expiry
  const isUpdate = leftMs !== undefined && update !== undefined
  return checked(
    isUpdate ? update.call(expiry, key, value, timeout, orNull(leftMs)) : expiry.create?.(key, value, timeout),
    ttl,
  )
}

/** The TTL of a value that was read, in ms from now; `undefined` if it keeps its deadline. */
export function ttlAtRead(expiry: Expiry, key: string, value: unknown, leftMs: number): number | undefined {
  const answer = expiry.read?.(key, value, orNull(leftMs))
  return answer === undefined ? undefined : checked(answer, leftMs)
}

function orNull(ms: number): number | null {
  return ms === NEVER ? null : ms
}

function checked(answer: number | null | undefined, otherwise: number): number {
  if (answer === undefined) return otherwise
  if (answer === null) return NEVER
  if (typeof answer === 'number' && !Number.isNaN(answer)) return answer <= 0 ? 0 : Math.max(1, Math.round(answer))
  throw new ConfigError(`expiry must return a number of ms, null for no limit, or undefined, not ${String(answer)}.`)
}
