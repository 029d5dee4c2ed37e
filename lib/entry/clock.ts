import { ConfigError } from '../core/errors.ts'
import type { Clock } from '../core/types.ts'

/** Reads the time, in whole ms since the epoch. */
export type Now = () => number

/** The system's clock. `Date.now` is looked up at every reading, so that fake timers of sinon, jest and node:test are seen. */
export function systemNow(): number {
  return Date.now()
}

/** The reading of a clock: the system's unless one is given. */
export function nowOf(clock: Clock | undefined): Now {
  if (clock === undefined) return systemNow
  // `Date` is both, and is meant as the object that it is.
  if ('now' in Object(clock)) return () => (clock as { now(): number }).now()
  if (typeof clock === 'function') return clock
  throw new ConfigError(
    'clock must be a function that gives the time in ms since the epoch, or an object with such a now().',
  )
}

let moment: number | undefined
/** What set the timer: when fake timers come or go, one that they have will never come by. */
let timers: typeof setTimeout | undefined

/**
 * The time to about a millisecond: it is read again when a timer of 1 ms has fired. Reading the clock costs more than the rest
 * of a hit, and most calls do without; but in a long synchronous run no timer fires, and the time stands still.
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
