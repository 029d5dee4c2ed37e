import { performance } from 'node:perf_hooks'
import { AdapterError, CoderError } from '../core/errors.ts'
import { type Answer, type Flow, isPromise, run, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { type Keeper, type Life, lifeOfMade } from '../entry/ttl.ts'
import { made, making, waitFor } from '../single-flight/deadlock.ts'
import type { Flight } from '../single-flight/loads.ts'
import type { Core } from './cache-core.ts'
import { ask } from './call-store.ts'
import { found, read } from './get.ts'
import { put } from './set.ts'

/** Makes the value of a key. */
export type Make<T> = (key: string) => Answer<T>

/**
 * The value under a key, made when it is missing. The flight begins before the store is read, so that between a miss and
 * its maker there is no gap into which a second maker could slip.
 */
export function getOrSet<T>(cache: Core, key: string, value: Answer<T> | Make<T>, life: Life): Answer<T> {
  const make = typeof value === 'function' ? (value as Make<T>) : () => value
  // A promise that turns out not to be needed must not end the process by being rejected.
  if (isPromise(value)) value.catch(() => {})

  const flight = cache.flights.find(cache.prefix + key)
  if (flight === undefined || isAtHand(cache, value)) return depart(cache, key, make, life)
  return run(join<T>(cache, key, flight))
}

/** Whether a synchronous caller brings the value itself: it need not, and cannot, wait for another's. */
function isAtHand(cache: Core, value: unknown): boolean {
  return cache.mode === 'sync' && typeof value !== 'function' && !isPromise(value)
}

function depart<T>(cache: Core, key: string, make: Make<T>, life: Life): Answer<T> {
  const flight = cache.flights.begin(cache.prefix + key, cache)
  const value = run(fly(cache, key, flight, make, life))
  if (isPromise(value)) flight.landing = () => value
  return value
}

function* fly<T>(cache: Core, key: string, flight: Flight, make: Make<T>, life: Life): Flow<T> {
  try {
    const entry = yield* readOrBypass(cache, key, life)
    if (found(cache, key, entry)) {
      flight.found = true
      return entry.value as T
    }
    const value = yield* create(cache, key, flight, make)
    yield* keep(cache, key, flight, value, life)
    return value
  } finally {
    cache.flights.end(flight)
  }
}

/** Waits for a value that someone else is having made. */
export function* join<T>(cache: Core, key: string, flight: Flight): Flow<T> {
  const done = waitFor(flight, key)
  try {
    const value = yield* wait(cache.flights.landing(flight))
    cache.events.emit(flight.found ? 'hit' : 'miss', key)
    return value as T
  } finally {
    done()
  }
}

function* readOrBypass(cache: Core, key: string, { keeper }: Life): Flow<Entry | undefined> {
  try {
    return yield* wait(read(cache, 'getOrSet', key, (entry) => entry))
  } catch (error) {
    bypass(cache, error, keeper)
    return undefined
  }
}

function* create<T>(cache: Core, key: string, flight: Flight, make: Make<T>): Flow<T> {
  cache.events.emit('make', key)
  const start = cache.loaded === undefined ? 0 : performance.now()
  try {
    return yield* wait(making([flight], () => make(key)))
  } catch (error) {
    cache.events.emit('makeError', key, { error, verb: 'getOrSet' })
    throw error
  } finally {
    made()
    cache.loaded?.(performance.now() - start)
  }
}

/**
 * Keeps what was made, unless something newer happened to the key meanwhile. What cannot be kept is an event: the caller
 * has a value to be given all the same.
 */
export function* keep(cache: Core, key: string, flight: Flight, value: unknown, life: Life): Flow<void> {
  if (flight.voided) return
  try {
    const its = lifeOfMade(value, life)
    if (its === undefined) return
    flight.writer = cache
    yield* wait(put(cache, 'getOrSet', key, value, its))
    if (flight.overtaken) yield* wait(ask(cache, 'getOrSet', key, () => cache.drop([flight.id])))
  } catch (error) {
    if (error instanceof CoderError) uncodable(cache, key, error, life.keeper)
    else bypass(cache, error, life.keeper)
  }
}

/** Lets a failure of the backend pass, unless the cache is set to throw it. It has been counted where it happened. */
export function bypass(cache: Core, error: unknown, keeper?: Keeper): void {
  if (keeper !== undefined) keeper.failed(error)
  else if (!(error instanceof AdapterError) || cache.onBackendError === 'throw') throw error
}

let warned = false

function uncodable(cache: Core, key: string, error: CoderError, keeper: Keeper | undefined): void {
  cache.events.emit('encodeError', key, { error, verb: 'getOrSet' })
  keeper?.failed(error)
  if (warned) return
  warned = true
  process.emitWarning(`${error.message} The value was given to its caller, but not kept.`, {
    code: 'POLYCACHE_UNCODABLE',
  })
}
