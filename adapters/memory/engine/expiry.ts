import { ConfigError } from '../../../lib/core/errors.ts'
import { NEVER } from './slots.ts'

/**
 * Says for each entry how long it lives, from what it is. Every function gets the key and the value, and answers how many ms are
 * left from now on: `null` for ever, 0 or less for not at all, `undefined` for as it is.
 *
 * `updateTimeout` gives the time that it says, whatever these say. What they throw is thrown at whoever stores or reads.
 *
 * @example
 * new MemoryCache({ expiry: { create: (key, user: User) => (user.isAdmin ? 60_000 : undefined) } })
 */
export interface Expiry<T = unknown> {
  /** An entry is stored under a key where there is none. `timeoutMs` is what it was stored with. */
  create?(key: string, value: T, timeoutMs: number | null): number | null | undefined
  /** A value is stored in place of another that has `leftMs` left to live. Without it, `create` is asked. */
  update?(key: string, value: T, timeoutMs: number | null, leftMs: number | null): number | null | undefined
  /** A value is read. Asking for it by `has`, `ttl`, `peek`, or listing its key is not reading. */
  read?(key: string, value: T, leftMs: number | null): number | null | undefined
}

/** Checks the options that say how long entries live. */
export function expiryOf(expiry: Expiry | undefined, touchOnGet: boolean | undefined): Expiry | undefined {
  if (expiry === undefined) return undefined
  if (typeof expiry !== 'object' || expiry === null) {
    throw new ConfigError(`expiry must have functions create, update or read, not be ${String(expiry)}.`)
  }
  if (touchOnGet && expiry.read !== undefined) {
    throw new ConfigError('expiry.read says what a read does to the life of an entry: leave touchOnGet out.')
  }
  return expiry
}

/** How long a new value lives, in ms from now; infinite for ever. `left` is what the one before has left, if there is one. */
export function lifeAtWrite(
  expiry: Expiry,
  key: string,
  value: unknown,
  ttl: number,
  left: number | undefined,
): number {
  const timeout = spelled(ttl)
  const { update } = expiry
  const isUpdate = left !== undefined && update !== undefined
  return meant(
    isUpdate ? update.call(expiry, key, value, timeout, spelled(left)) : expiry.create?.(key, value, timeout),
    ttl,
  )
}

/** How long a value lives on that was read; `undefined` to leave that as it is. */
export function lifeAtRead(expiry: Expiry, key: string, value: unknown, left: number): number | undefined {
  const answer = expiry.read?.(key, value, spelled(left))
  return answer === undefined ? undefined : meant(answer, left)
}

function spelled(ttl: number): number | null {
  return ttl === NEVER ? null : ttl
}

function meant(answer: number | null | undefined, usual: number): number {
  if (answer === undefined) return usual
  if (answer === null) return NEVER
  if (typeof answer === 'number' && !Number.isNaN(answer)) return answer <= 0 ? 0 : Math.max(1, Math.round(answer))
  throw new ConfigError(`expiry must answer a number of ms, null for ever, or undefined, not ${String(answer)}.`)
}
