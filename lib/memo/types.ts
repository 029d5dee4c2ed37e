import type { Answer } from '../core/flow.ts'
import type { Cache, Key, Mode, Out, SetOptions, Timeout } from '../core/types.ts'
import type { AsyncCached, Cached } from '../global/cache-wrapper.ts'

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown

/** What a function gives, at once or later. */
export type ResultOf<F extends AnyFunction> = Awaited<ReturnType<F>>

/** The cache that a function has unless another is given. */
export type DefaultCache<F extends AnyFunction> = ReturnType<F> extends PromiseLike<unknown> ? AsyncCached : Cached

/** The colour of what is memoised: that of the cache, and asynchronous in any case where keys come as promises. */
export type ModeOf<C extends Cache, K> = [K] extends [never]
  ? C['mode']
  : K extends PromiseLike<unknown>
    ? 'async'
    : C['mode']

/** What a failure of the cache is told with. */
export interface MemoFailure {
  /** The name of the function. */
  readonly name: string
}

/** The options of everything that is memoised. What `set` takes beside a timeout (`tags`, `staleFor`) is taken too. */
export interface MemoOptions<
  F extends AnyFunction = AnyFunction,
  C extends Cache = Cache,
  K extends Answer<Key> = Answer<Key>,
> extends Omit<SetOptions, 'timeout'> {
  /**
   * Where results are kept. A function that is not declared `async` but gives promises is not known to do so: say
   * `asyncCached` for it. @default `asyncCached` for async functions, else `cached`
   */
  cache?: C | undefined
  /** How long a result is kept, or a function that says so for a result; `undefined` means the default. @default that of the cache */
  timeout?: Timeout | ((result: ResultOf<F>, ...args: Parameters<F>) => Timeout | undefined) | undefined
  /** What is cleared together. @default 'default' */
  namespace?: string | undefined
  /** Tells the same data in different classes apart: a Buffer and a Uint8Array, say. @default false */
  typed?: boolean | undefined
  /** The key of a call, from its arguments; `this` is that of the call. @default `hashKey`, or `typedKey` if `typed` */
  key?: ((...args: Parameters<F>) => K) | undefined
  /** The same, given `typed` and the function first. */
  keygen?: ((typed: boolean, fn: F, ...args: Parameters<F>) => K) | undefined
  /** What its entries are known by, in every process that shares the store. @default the function's own name */
  name?: string | undefined
  /** Whether a result is kept. @default every one */
  shouldCache?: ((result: ResultOf<F>, ...args: Parameters<F>) => boolean) | undefined
  /** Keeps also what the function throws, or those errors that a function says, and throws it again. @default false */
  cacheErrors?: boolean | ((error: unknown) => boolean) | undefined
  /**
   * Told of every failure of the cache, which is no concern of the callers. @default a warning of the process, once for
   * each function, unless the cache has an event for it
   */
  onError?: ((error: unknown, failure: MemoFailure) => void) | undefined
}

/** The counts of a memoised function. */
export interface MemoStats {
  /** How often it was called. */
  readonly calls: number
  /** Calls that were answered without running it, also those that waited for another's run. */
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

/** A function as it is called when its results are kept in a cache of mode `M`. */
export type Called<F extends AnyFunction, M extends Mode> = M extends 'sync'
  ? F
  : ReturnType<F> extends PromiseLike<unknown>
    ? F
    : Later<F> & Pick<F, keyof F>

/** The same function with a promise of its result. */
type Later<F extends AnyFunction> =
  unknown extends ThisParameterType<F>
    ? (...args: Parameters<F>) => Promise<ResultOf<F>>
    : (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<ResultOf<F>>

/** What a memoised function has beside its own properties. `...args` are those of a call. */
export interface MemoVerbs<F extends AnyFunction, M extends Mode> {
  /** The function itself. */
  readonly uncached: F
  /** Whether there is a result for the arguments. */
  cacheIn(...args: Parameters<F>): Out<M, boolean>
  /** Removes the result for the arguments, and answers whether there was one. */
  cacheDel(...args: Parameters<F>): Out<M, boolean>
  /** The key of the result for the arguments, in the cache. It changes when the function or its namespace is cleared. */
  cacheKey(...args: Parameters<F>): Out<M, string>
  /** Stores a result for the arguments. */
  cacheSet(value: ResultOf<F>, ...args: Parameters<F>): Out<M, void>
  /** Runs the function and stores its result in place of the one that is there, which is given to others until then. */
  refresh(...args: Parameters<F>): ReturnType<Called<F, M>>
  /** Forgets every result of this function, of no other, in a time that does not depend on how many there are. */
  clear(): Out<M, void>
  /** Counts of this process. */
  stats(): MemoStats
}
