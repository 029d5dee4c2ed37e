import { ConfigError } from '../core/errors.ts'
import type { Timeout } from '../core/types.ts'

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const DURATION = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(ms|s|m|h|d)$/

/** The latest time that a Date can hold, in ms since the epoch. A later deadline means no limit. */
export const LAST_MOMENT = 8.64e15

/**
 * Converts a timeout to a whole number of milliseconds; `null` for no limit. A positive timeout is at least one millisecond.
 * Throws a `TypeError` or `RangeError` that names `argument` if the timeout is invalid.
 */
export function durationOf(timeout: Timeout, argument = 'timeout'): number | null {
  if (timeout === null || timeout === 'never') return null
  if (typeof timeout === 'number') return millisecondsOf(timeout * 1000, argument)
  if (typeof timeout !== 'string') throw new TypeError(`${argument} must be ${ALLOWED}, not ${described(timeout)}.`)

  const [, amount, unit] = DURATION.exec(timeout) ?? []
  if (amount === undefined) throw new TypeError(`${argument} must be ${ALLOWED}, not ${JSON.stringify(timeout)}.`)
  return millisecondsOf(Number(amount) * MS_PER_UNIT[unit as keyof typeof MS_PER_UNIT], argument)
}

/** The longest delay of a timer, about 25 days. It stands for no limit. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Returns the time limit for one operation of a backend, in ms. Throws `ConfigError` for zero. */
export function operationTimeoutOf(operationTimeout: Timeout = '2s'): number {
  const ms = durationOf(operationTimeout, 'operationTimeout')
  if (ms === 0) throw new ConfigError('operationTimeout must be greater than zero: no operation could succeed.')
  return Math.min(ms ?? LONGEST_WAIT_MS, LONGEST_WAIT_MS)
}

/** The valid forms of a timeout, for messages. */
export const ALLOWED = `a number of seconds, text with a unit (ms, s, m, h, d) such as '5m', null or 'never'`

function millisecondsOf(ms: number, argument: string): number | null {
  if (Number.isNaN(ms)) throw new RangeError(`${argument} must be ${ALLOWED}, not NaN.`)
  if (ms <= 0) return 0
  return ms >= LAST_MOMENT ? null : Math.max(1, Math.round(ms))
}

function described(value: unknown): string {
  return value instanceof Date ? 'a Date' : `of type ${typeof value}`
}
