import { types } from 'node:util'
import { type Answer, type Flow, isPromise, run } from '../core/flow.ts'
import type { Cache } from '../core/types.ts'
import { currentAsync, currentSync } from '../global/active.ts'
import { AsyncCacheWrapper, CacheWrapper } from '../global/cache-wrapper.ts'
import { asyncCached, cached } from '../global/cached.ts'

/** True if a function is declared `async`. One that returns promises without saying so cannot be told by its looks. */
export function isAsyncFunction(fn: unknown): boolean {
  return types.isAsyncFunction(fn) && !types.isGeneratorFunction(fn)
}

/** The cache of a memoized function. `cached` and other wrappers are looked up at each call: they stand for the adapter of the moment. */
export class CacheSource {
  readonly #fixed: Cache | undefined
  readonly #wrapper: CacheWrapper | AsyncCacheWrapper | undefined
  readonly #isAsyncWrapper: boolean

  /** @param cache the option; without it, `asyncCached` for functions that are declared async, else `cached` */
  constructor(cache: Cache | undefined, fn?: unknown) {
    const given = cache ?? (isAsyncFunction(fn) ? asyncCached : cached)
    this.#isAsyncWrapper = given instanceof AsyncCacheWrapper
    const isGlobal = given === cached || given === asyncCached
    this.#wrapper = !isGlobal && (this.#isAsyncWrapper || given instanceof CacheWrapper) ? (given as never) : undefined
    this.#fixed = isGlobal || this.#wrapper !== undefined ? undefined : given
  }

  get cache(): Cache {
    // Not a function in a field: V8 inlines these.
    if (this.#fixed !== undefined) return this.#fixed
    if (this.#wrapper !== undefined) return this.#wrapper.adapterGet()
    return this.#isAsyncWrapper ? currentAsync() : currentSync()
  }

  /** True if it answers with promises: a synchronous adapter may stand behind `asyncCached`. */
  get isAsync(): boolean {
    return this.#isAsyncWrapper || this.cache.mode === 'async'
  }
}

/** Drives a flow and answers in a mode: where `isAsync` says so, a value becomes a promise and a throw a rejection. */
export function inMode<T>(isAsync: () => boolean, flow: Flow<T>): Answer<T> {
  try {
    const answer = run(flow)
    return !isPromise(answer) && isAsync() ? Promise.resolve(answer) : answer
  } catch (error) {
    if (isAsync()) return Promise.reject(error)
    throw error
  }
}
