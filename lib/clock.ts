import type { Clock } from './contract.ts'

/** Reads the time, in whole ms since the epoch. */
export type Now = () => number

/** The system's clock. `Date.now` is looked up at every reading, so that fake timers of sinon, jest and node:test are seen. */
export function systemNow(): number {
  return Date.now()
}

/** The reading of a clock: the system's unless one is given. */
export function nowOf(clock: Clock | undefined): Now {
  if (clock === undefined) return systemNow
  return typeof clock === 'function' ? clock : () => clock.now()
}
