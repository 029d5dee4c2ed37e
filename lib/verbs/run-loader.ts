import { performance } from 'node:perf_hooks'
import { CoderError, NotFound } from '../core/errors.ts'
import { type Answer, type Flow, isPromise, run, wait } from '../core/flow.ts'
import type { Entry, LoadContext } from '../core/types.ts'
import { special } from '../entry/entry.ts'
import { THROTTLE_MS } from '../entry/load-options.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import { enterLoader, leaveLoader, loaderDone, loaders } from '../single-flight/deadlock.ts'
import type { Load } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'
import { errorMs, outputOf } from './judge.ts'
import { Context, NOT_MODIFIED } from './load-context.ts'
import { bypass, postpone, storeEntry, storeLoaded } from './store-loaded.ts'
import { snapshot } from './tags.ts'

/** Loads the value of a key. */
export type Loader<T> = (key: string, context: LoadContext) => Answer<T>

/**
 * A call of `getOrSet` that starts a load, with the state of its loader's run. One object, because the frames between a
 * loader and one that it calls have to be few and small: loaders nest as deeply as the stack lets them.
 */
export class Call<T> {
  readonly cache: CacheCore
  readonly key: string
  readonly value: Answer<T> | Loader<T>
  readonly ttl: ResolvedTtl
  readonly load: Load
  /** The answer to the caller, if the loader is not needed for it. */
  answer: { readonly value: Answer<T> } | undefined
  context!: Context
  given: Answer<T> | undefined
  failure: { readonly error: unknown } | undefined
  #start = 0
  #askers: readonly Load[] = []
  #depth = 0

  constructor(cache: CacheCore, key: string, value: Answer<T> | Loader<T>, ttl: ResolvedTtl, load: Load) {
    this.cache = cache
    this.key = key
    this.value = value
    this.ttl = ttl
    this.load = load
  }

  /** The loader is called next. */
  enter(): void {
    const { cache, key, ttl } = this
    cache.events.emit('make', key)
    this.context = new Context(key, this.load)
    if (cache.loaded !== undefined || ttl.load?.beta) this.#start = performance.now()
    this.#askers = enterLoader([this.load])
    this.#depth = depth++
  }

  /** The loader has returned or thrown. */
  leave(): void {
    depth = this.#depth
    leaveLoader(this.#askers)
  }

  /** The loader is done. Returns how long it took, in ms, if anybody asks. */
  done(): number {
    loaderDone()
    if (this.#start === 0) return 0
    const ms = performance.now() - this.#start
    this.cache.loaded?.(ms)
    return ms
  }
}

/**
 * How deep loaders of asynchronous caches nest on one stack. A loader that asks for another key calls deeper and deeper
 * until something waits, and an overflow there would be a rejection that nobody can catch.
 */
const DEEPEST = 50
let depth = 0

/** Whether a loader had better be called on another stack. */
export function isDeep(cache: CacheCore): boolean {
  return depth >= DEEPEST && cache.mode === 'async'
}

/** Notes the versions of the tags before the loader reads its data, where they matter. */
export function noteTags<T>({ cache, load, ttl }: Call<T>): Answer<void> {
  if (load.tags !== undefined || (ttl.tags === undefined && !cache.loads.looksAtTags)) return undefined
  return run(takeSnapshot(cache, load, ttl))
}

function* takeSnapshot(cache: CacheCore, load: Load, { tags, hooks }: ResolvedTtl): Flow<void> {
  try {
    load.tags = yield* wait(snapshot(cache, tags))
  } catch (error) {
    bypass(cache, error, hooks)
  }
}

/** Runs the loader, and stores its value. */
export function callLoader<T>(call: Call<T>): Answer<T> {
  call.enter()
  try {
    call.given = typeof call.value === 'function' ? (call.value as Loader<T>)(call.key, call.context) : call.value
  } catch (error) {
    call.failure = { error }
  }
  call.load.ended = true
  loaders.running--
  return conclude(call)
}

/** The answer after the loader has returned or thrown, and its load has been ended. A promise lets the load go on. */
export function conclude<T>(call: Call<T>): Answer<T> {
  call.leave()
  const { given, failure } = call
  if (failure === undefined && isPromise(given)) return awaitLoader(call, given as Promise<T>)
  const ms = call.done()
  return run(failure === undefined ? finish(call, given as T, ms) : failCall(call, failure.error))
}

async function awaitLoader<T>(call: Call<T>, given: Promise<T>): Promise<T> {
  call.load.ended = false
  loaders.running++
  try {
    let value: T
    try {
      value = await given
    } catch (error) {
      return await run(failCall(call, error))
    } finally {
      loaders.running--
    }
    return await run(finish(call, value, call.done()))
  } finally {
    loaderDone()
    call.cache.loads.end(call.load)
  }
}

/** Checks and stores a loaded value. */
function* finish<T>(call: Call<T>, given: T, ms: number): Flow<T> {
  const { cache, key, load, ttl } = call
  if (given instanceof NotFound) return (yield* rememberNone(cache, key, load, ttl)) as T
  let value = given
  try {
    if (ttl.load?.schema !== undefined) value = (yield* outputOf(key, ttl.load.schema, given)) as T
  } catch (error) {
    return yield* failCall(call, error)
  }
  const how = call.context.resolve(ttl)
  if (how === undefined) return value
  const shouldCache = ttl.load?.shouldCache as ((value: unknown) => unknown) | undefined
  if (shouldCache !== undefined && !(yield* wait(shouldCache(value)))) return value
  yield* storeLoaded(cache, { key, load, value, ttl: how, cost: ttl.load?.beta ? ms : undefined })
  return value
}

function* failCall<T>({ cache, key, load, ttl, context }: Call<T>, error: unknown): Flow<T> {
  if (error !== NOT_MODIFIED) return yield* fail<T>(cache, key, load, ttl, error)
  const value = load.stale!.value
  const how = context.resolve(ttl)
  if (how !== undefined) yield* storeLoaded(cache, { key, load, value, ttl: how })
  return value as T
}

/** The answer when the loader failed: the stale entry if there is one, a default, or the error. */
export function* fail<T>(
  cache: CacheCore,
  key: string,
  load: Load,
  ttl: ResolvedTtl,
  error: unknown,
  isTold = false,
): Flow<T> {
  if (error instanceof NotFound) return (yield* rememberNone(cache, key, load, ttl)) as T
  if (!isTold) cache.events.emit('makeError', key, { error, verb: 'getOrSet' })
  if (load.inBackground) cache.events.emit('refreshError', key, { error, verb: 'getOrSet' })
  const { stale } = load
  if (stale !== undefined) {
    yield* postpone(cache, key, load, ttl.load === undefined ? THROTTLE_MS : ttl.load.throttleMs)
    load.servedStale = true
    if (!load.inBackground) cache.events.emit('stale', key, { reason: 'error' })
    return stale.value as T
  }
  if (ttl.load?.hasFailSafeDefault) return ttl.load.failSafeDefault as T
  const ms = ttl.load === undefined ? 0 : errorMs(ttl.load.cacheErrors, error, ttl)
  if (ms !== 0) yield* remember(cache, key, load, special('error', error, ms, cache.now()), ttl)
  throw error
}

/** Remembers for a while that there is no value. */
export function* rememberNone(cache: CacheCore, key: string, load: Load, ttl: ResolvedTtl): Flow<undefined> {
  const ms = ttl.load === undefined ? 0 : ttl.load.negativeMs
  if (ms !== 0) yield* remember(cache, key, load, special('none', null, ms, cache.now()), ttl)
  return undefined
}

function* remember(cache: CacheCore, key: string, load: Load, entry: Entry, { hooks }: ResolvedTtl): Flow<void> {
  try {
    yield* storeEntry(cache, key, load, entry)
  } catch (error) {
    // An error that cannot be written as bytes is not remembered.
    if (!(error instanceof CoderError)) bypass(cache, error, hooks)
  }
}
