import { ConfigError } from '../core/errors.ts'
import type { Clock } from '../core/types.ts'

/** Reads the time, in whole ms since the epoch. */
export type Now = () => number

/** The system clock. Looks up `Date.now` on every call, so that it follows fake timers of sinon, jest and node:test. */
export function systemNow(): number {
  return Date.now()
}

/** Returns a function that reads a clock. @default the system clock */
export function nowOf(clock: Clock | undefined): Now {
  if (clock === undefined) return systemNow
  // `Date` is a function with a `now()`: use the method.
  if ('now' in Object(clock)) return () => (clock as { now(): number }).now()
  if (typeof clock === 'function') return clock
  throw new ConfigError(
    'clock must be a function that returns ms since the epoch, or an object with such a now() method.',
  )
}

let moment: number | undefined
/** The `setTimeout` that started the timer. If fake timers come or go, that timer may never fire. */
let timers: typeof setTimeout | undefined

/**
 * Returns the time to about a millisecond: it is read again after a timer of 1 ms. Reading the clock costs more than the
 * rest of a hit. In a long synchronous run no timer fires, and the time stands still.
 */
export function coarseNow(): number {
  if (moment === undefined || timers !== setTimeout) {
    moment = Date.now()
    timers = setTimeout
    setTimeout(forget, 1).unref?.()
  }
  return moment
}

function forget(): void {
  moment = undefined
}
