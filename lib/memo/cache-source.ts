import { types } from 'node:util'
import { type Answer, type Flow, isPromise, run } from '../core/flow.ts'
import type { Cache } from '../core/types.ts'
import { currentAsync, currentSync } from '../global/active.ts'
import { asyncCached, cached } from '../global/cached.ts'

/** Whether a function is declared `async`. One that returns promises without saying so cannot be told by its looks. */
export function isAsyncFunction(fn: unknown): boolean {
  return types.isAsyncFunction(fn) && !types.isGeneratorFunction(fn)
}

/** The cache of a memoized function, looked up at each call: `cached` and `asyncCached` stand for the adapter of the moment. */
export class CacheSource {
  readonly #fixed: Cache | undefined
  readonly #isAsyncCached: boolean

  /** @param cache the option; without it, `asyncCached` for functions that are declared async, else `cached` */
  constructor(cache: Cache | undefined, fn?: unknown) {
    this.#isAsyncCached = cache === undefined ? isAsyncFunction(fn) : cache === asyncCached
    this.#fixed = this.#isAsyncCached || cache === cached ? undefined : cache
  }

  get cache(): Cache {
    // Not a function in a field: V8 inlines these.
    return this.#fixed ?? (this.#isAsyncCached ? currentAsync() : currentSync())
  }

  /** Whether it answers with promises: a synchronous adapter may stand behind `asyncCached`. */
  get isAsync(): boolean {
    return this.#isAsyncCached || this.cache.mode === 'async'
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
