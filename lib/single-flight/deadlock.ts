import { AsyncLocalStorage } from 'node:async_hooks'
import { CacheError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import type { Flight } from './loads.ts'

/**
 * Who waits for whom: a maker that asks the cache for a value which (through whatever other makers) waits for its own
 * would wait for ever, and gets an error instead.
 *
 * Which maker is asking is known by an AsyncLocalStorage. On Node 20 that slows every `await` of the process (from 57 to
 * 150 ns), so it is switched off again soon after the last maker is done.
 */
const makers = new AsyncLocalStorage<readonly Flight[]>()
const NOBODY: readonly Flight[] = []
let running = 0
let isSwitchingOff = false

/** Calls the maker of one or more flights, which is known from then on to everything that it calls. Ends with `made()`. */
export function making<T>(flights: readonly Flight[], make: () => T): T {
  running++
  return makers.run(flights, make)
}

/** A maker is done. */
export function made(): void {
  running--
  if (isSwitchingOff) return
  isSwitchingOff = true
  setTimeout(() => {
    isSwitchingOff = false
    if (running === 0) makers.disable()
  }, 50).unref()
}

/** Notes that the one who asks now will wait for a flight, until `done()`; throws `E_RECURSION` when that would be for ever. */
export function waitFor(flight: Flight, key: string): () => void {
  const asking = running === 0 ? NOBODY : (makers.getStore() ?? NOBODY)
  if (flight.landing === undefined || leadsTo(flight, asking, new Set())) {
    throw new CacheError(
      `The maker of ${quoted(key)} asks for ${quoted(key)} itself, and would wait for itself for ever.`,
      'E_RECURSION',
    )
  }
  for (const maker of asking) maker.waitsFor.add(flight)
  return () => {
    for (const maker of asking) maker.waitsFor.delete(flight)
  }
}

function leadsTo(flight: Flight, makers: readonly Flight[], seen: Set<Flight>): boolean {
  if (makers.includes(flight)) return true
  if (seen.has(flight)) return false
  seen.add(flight)
  for (const next of flight.waitsFor) if (leadsTo(next, makers, seen)) return true
  return false
}
