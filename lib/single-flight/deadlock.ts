import { AsyncLocalStorage } from 'node:async_hooks'
import { CacheError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import type { Load } from './loads.ts'

/**
 * Who waits for whom: a maker that asks the cache for a value which (through whatever other makers) waits for its own
 * would wait for ever, and gets an error instead.
 *
 * Which maker is asking is known by an AsyncLocalStorage. On Node 20 that slows every `await` of the process (from 57 to
 * 150 ns), so it is switched off again soon after the last maker is done.
 */
const makers = new AsyncLocalStorage<readonly Load[]>()
const NOBODY: readonly Load[] = []
let running = 0
let isSwitchingOff = false

/** Calls the maker of one or more flights, which is known from then on to everything that it calls. Ends with `made()`. */
export function runLoader<T>(loads: readonly Load[], make: () => T): T {
  running++
  return makers.run(loads, make)
}

/** A maker is done. */
export function loaderDone(): void {
  running--
  if (isSwitchingOff) return
  isSwitchingOff = true
  setTimeout(() => {
    isSwitchingOff = false
    if (running === 0) makers.disable()
  }, 50).unref()
}

/** Notes that the one who asks now will wait for a flight, until `done()`; throws `E_RECURSION` when that would be for ever. */
export function waitFor(load: Load, key: string): () => void {
  const asking = running === 0 ? NOBODY : (makers.getStore() ?? NOBODY)
  if (load.promise === undefined || leadsTo(load, asking, new Set())) {
    throw new CacheError(
      `The maker of ${quoted(key)} asks for ${quoted(key)} itself, and would wait for itself for ever.`,
      'E_RECURSION',
    )
  }
  for (const maker of asking) maker.waitsFor.add(load)
  return () => {
    for (const maker of asking) maker.waitsFor.delete(load)
  }
}

function leadsTo(load: Load, makers: readonly Load[], seen: Set<Load>): boolean {
  if (makers.includes(load)) return true
  if (seen.has(load)) return false
  seen.add(load)
  for (const next of load.waitsFor) if (leadsTo(next, makers, seen)) return true
  return false
}
