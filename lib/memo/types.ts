import type { Answer } from '../core/flow.ts'
import type { Cache, GetOrSetOptions, Key, Mode, Out, RegisteredMode, Timeout } from '../core/types.ts'

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown

/** The result of a function, awaited. */
export type ResultOf<F extends AnyFunction> = Awaited<ReturnType<F>>

/** The default cache of a function. */
export type DefaultCache<F extends AnyFunction> = Cache<
  ReturnType<F> extends PromiseLike<unknown> ? 'async' : RegisteredMode
>

/** The mode of a memoized function: that of the cache, or asynchronous if keys are promises. */
export type ModeOf<C extends Cache, K> = [K] extends [never]
  ? C['mode']
  : K extends PromiseLike<unknown>
    ? 'async'
    : C['mode']

/** The function behind which the cache failed. */
export interface MemoFailure {
  /** The name of the function. */
  readonly name: string
}

/** The options of `memoize`: those of `getOrSet`, and what concerns functions. */
export interface MemoOptions<
  F extends AnyFunction = AnyFunction,
  C extends Cache = Cache,
  K extends Answer<Key> = Answer<Key>,
> extends Omit<GetOrSetOptions, 'timeout' | 'shouldCache' | 'cacheErrors'> {
  /**
   * The cache of the results. A function that returns promises without being declared `async` cannot be told by its looks:
   * give it `asyncCached`. @default `asyncCached` for async functions, else `cached`
   */
  cache?: C | undefined
  /** The TTL of results, or a function that gives that of one; `undefined` means the default. @default that of the cache */
  timeout?: Timeout | ((result: ResultOf<F>, ...args: Parameters<F>) => Answer<Timeout | undefined>) | undefined
  /**
   * The name under which results of several functions are cleared together. `null`, which needs a `key`: results are stored
   * under the very key that `key` gives, for others to read, and cannot be cleared together. @default 'default'
   */
  namespace?: string | null | undefined
  /** Distinguishes the same data in different classes, such as a Buffer and a Uint8Array. @default false */
  typed?: boolean | undefined
  /** Makes the key of a call from its arguments, with its `this`. @default `hashKey`, or `typedKey` if `typed` */
  key?: ((...args: Parameters<F>) => K) | undefined
  /** The same, with `typed` and the function as first arguments. */
  keygen?: ((typed: boolean, fn: F, ...args: Parameters<F>) => K) | undefined
  /**
   * The name under which results are shared, in every process that shares the store and by every function of that name in
   * the namespace. @default none: results belong to this one memoized function
   */
  name?: string | undefined
  /** Decides whether a result is stored; a promise is awaited where results are promises. @default every one is */
  shouldCache?: ((result: ResultOf<F>, ...args: Parameters<F>) => Answer<boolean>) | undefined
  /**
   * How long an error of the function is stored and thrown again: a TTL, `true` for that of results, or a function that says
   * so for an error. @default false
   */
  cacheErrors?: Timeout | boolean | ((error: unknown) => Answer<Timeout | boolean>) | undefined
  /**
   * Receives failures of the cache, which are not thrown to the callers. @default one process warning per function, unless
   * the cache has an event for the failure
   */
  onError?: ((error: unknown, failure: MemoFailure) => void) | undefined
}

/** The counts of a memoized function. */
export interface MemoStats {
  /** Calls of it. */
  readonly calls: number
  /** Calls that were answered without running it, those that waited for another's run among them. */
  readonly hits: number
  /** Calls for which it ran. */
  readonly misses: number
  /** Hits among calls, from 0 to 1; 0 before the first. */
  readonly hitRate: number
  /** Failures of the cache. */
  readonly failures: number
}

/** A function with a cache in front of it. */
export type Memoized<F extends AnyFunction, M extends Mode = 'sync'> = Called<F, M> & MemoVerbs<F, M>

/** The signature of a function whose results are in a cache of mode `M`. */
export type Called<F extends AnyFunction, M extends Mode> = M extends 'sync'
  ? F
  : ReturnType<F> extends PromiseLike<unknown>
    ? F
    : Later<F> & Pick<F, keyof F>

/** The same function, returning a promise of its result. */
type Later<F extends AnyFunction> =
  unknown extends ThisParameterType<F>
    ? (...args: Parameters<F>) => Promise<ResultOf<F>>
    : (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<ResultOf<F>>

/** The verbs of a memoized function. `...args` are the arguments of a call. */
export interface MemoVerbs<F extends AnyFunction, M extends Mode> {
  /** The function itself. */
  readonly uncached: F
  /** True if there is a result for the arguments. */
  cacheIn(...args: Parameters<F>): Out<M, boolean>
  /** Removes the result for the arguments; tells whether there was one. */
  cacheDel(...args: Parameters<F>): Out<M, boolean>
  /** The key of the result for the arguments, in the cache. It changes when the function or its namespace is cleared. */
  cacheKey(...args: Parameters<F>): Out<M, string>
  /** Stores a result for the arguments. */
  cacheSet(value: ResultOf<F>, ...args: Parameters<F>): Out<M, void>
  /** Runs the function and replaces the stored result, which other callers get until then. */
  refresh(...args: Parameters<F>): ReturnType<Called<F, M>>
  /** Forgets every result of this function, in constant time. Throws `Unsupported` with `namespace: null`. */
  clear(): Out<M, void>
  /** Counts of this process. */
  stats(): MemoStats
}
