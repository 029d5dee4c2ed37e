import { performance } from 'node:perf_hooks'
import { AdapterError, CoderError } from '../core/errors.ts'
import { type Answer, type Flow, isPromise, run, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { type LoadHooks, type ResolvedTtl, ttlOfLoaded } from '../entry/ttl.ts'
import { loaderDone, runLoader, waitFor } from '../single-flight/deadlock.ts'
import type { Load } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { found, read } from './get.ts'
import { put } from './set.ts'

/** Makes the value of a key. */
export type Loader<T> = (key: string) => Answer<T>

/**
 * The value under a key, made when it is missing. The flight begins before the store is read, so that between a miss and
 * its maker there is no gap into which a second maker could slip.
 */
export function getOrSet<T>(cache: CacheCore, key: string, value: Answer<T> | Loader<T>, ttl: ResolvedTtl): Answer<T> {
  const make = typeof value === 'function' ? (value as Loader<T>) : () => value
  // A promise that turns out not to be needed must not end the process by being rejected.
  if (isPromise(value)) value.catch(() => {})

  const load = cache.loads.find(cache.prefix + key)
  if (load === undefined || isAtHand(cache, value)) return startLoad(cache, key, make, ttl)
  return run(join<T>(cache, key, load))
}

/** Whether a synchronous caller brings the value itself: it need not, and cannot, wait for another's. */
function isAtHand(cache: CacheCore, value: unknown): boolean {
  return cache.mode === 'sync' && typeof value !== 'function' && !isPromise(value)
}

function startLoad<T>(cache: CacheCore, key: string, make: Loader<T>, ttl: ResolvedTtl): Answer<T> {
  const load = cache.loads.start(cache.prefix + key, cache)
  const value = run(runLoad(cache, key, load, make, ttl))
  if (isPromise(value)) load.promise = () => value
  return value
}

function* runLoad<T>(cache: CacheCore, key: string, load: Load, make: Loader<T>, ttl: ResolvedTtl): Flow<T> {
  try {
    const entry = yield* readOrBypass(cache, key, ttl)
    if (found(cache, key, entry)) {
      load.found = true
      return entry.value as T
    }
    const value = yield* callLoader(cache, key, load, make)
    yield* storeLoaded(cache, key, load, value, ttl)
    return value
  } finally {
    cache.loads.end(load)
  }
}

/** Waits for a value that someone else is having made. */
export function* join<T>(cache: CacheCore, key: string, load: Load): Flow<T> {
  const done = waitFor(load, key)
  try {
    const value = yield* wait(cache.loads.promiseOf(load))
    cache.events.emit(load.found ? 'hit' : 'miss', key)
    return value as T
  } finally {
    done()
  }
}

function* readOrBypass(cache: CacheCore, key: string, { hooks }: ResolvedTtl): Flow<Entry | undefined> {
  try {
    return yield* wait(read(cache, 'getOrSet', key, (entry) => entry))
  } catch (error) {
    bypass(cache, error, hooks)
    return undefined
  }
}

function* callLoader<T>(cache: CacheCore, key: string, load: Load, make: Loader<T>): Flow<T> {
  cache.events.emit('make', key)
  const start = cache.loaded === undefined ? 0 : performance.now()
  try {
    return yield* wait(runLoader([load], () => make(key)))
  } catch (error) {
    cache.events.emit('makeError', key, { error, verb: 'getOrSet' })
    throw error
  } finally {
    loaderDone()
    cache.loaded?.(performance.now() - start)
  }
}

/**
 * Keeps what was made, unless something newer happened to the key meanwhile. What cannot be kept is an event: the caller
 * has a value to be given all the same.
 */
export function* storeLoaded(cache: CacheCore, key: string, load: Load, value: unknown, ttl: ResolvedTtl): Flow<void> {
  if (load.invalidated) return
  try {
    const its = ttlOfLoaded(value, ttl)
    if (its === undefined) return
    load.writer = cache
    yield* wait(put(cache, 'getOrSet', key, value, its))
    if (load.superseded) yield* wait(callStore(cache, 'getOrSet', key, () => cache.drop([load.id])))
  } catch (error) {
    if (error instanceof CoderError) uncodable(cache, key, error, ttl.hooks)
    else bypass(cache, error, ttl.hooks)
  }
}

/** Lets a failure of the backend pass, unless the cache is set to throw it. It has been counted where it happened. */
export function bypass(cache: CacheCore, error: unknown, hooks?: LoadHooks): void {
  if (hooks !== undefined) hooks.onCacheError(error)
  else if (!(error instanceof AdapterError) || cache.onBackendError === 'throw') throw error
}

let warned = false

function uncodable(cache: CacheCore, key: string, error: CoderError, hooks: LoadHooks | undefined): void {
  cache.events.emit('encodeError', key, { error, verb: 'getOrSet' })
  hooks?.onCacheError(error)
  if (warned) return
  warned = true
  process.emitWarning(`${error.message} The value was given to its caller, but not kept.`, {
    code: 'POLYCACHE_UNCODABLE',
  })
}
