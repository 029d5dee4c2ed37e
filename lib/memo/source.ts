import type { Cache } from '../core/types.ts'
import { currentAsync, currentSync } from '../global/active.ts'
import { asyncCached, cached } from '../global/cached.ts'

const AsyncFunction = (async () => {}).constructor

/** Whether a function is declared `async`. One that gives promises without saying so is not known by its looks. */
export function isAsyncFunction(fn: unknown): boolean {
  return fn instanceof AsyncFunction
}

/** Where the cache of a function is to be had: the faces stand for whatever adapter is behind them at the moment. */
export class Source {
  readonly #fixed: Cache | undefined
  readonly #isAsyncFace: boolean

  /** @param cache what was given; without it, `asyncCached` for functions that are declared async, else `cached` */
  constructor(cache: Cache | undefined, fn?: unknown) {
    this.#isAsyncFace = cache === undefined ? isAsyncFunction(fn) : cache === asyncCached
    this.#fixed = this.#isAsyncFace || cache === cached ? undefined : cache
  }

  get cache(): Cache {
    // No function in a field: V8 sees through these.
    return this.#fixed ?? (this.#isAsyncFace ? currentAsync() : currentSync())
  }

  /** Whether it is asked with promises, whatever adapter there is: a synchronous one may be behind `asyncCached`. */
  get isAsync(): boolean {
    return this.#isAsyncFace || this.cache.mode === 'async'
  }
}
