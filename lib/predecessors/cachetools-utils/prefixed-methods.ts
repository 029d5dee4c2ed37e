import type { Cache } from '../../index.ts'
import { memoize } from '../../memo/memoize.ts'
import type { AnyFunction } from '../../memo/types.ts'
import { unwrap } from '../../memo/wrapping.ts'
import { PrefixedCache } from '../../wrappers/prefixed/index.ts'
import { boundTo, type FunctionsIn, replaceFunctions, type WithMemoized } from './cache-methods.ts'
import { type CachedOptions, exactly } from './cached.ts'

/** Makes the cache of one function from the common one and the function's prefix. */
export type Generator = (new (cache: never, prefix: string) => Cache) | ((cache: never, prefix: string) => Cache)

/** The options of `cacheMethods` and `cacheFunctions`. */
export interface PrefixedOptions {
  /** The class, or function, that gives each function a cache. @default PrefixedCache */
  gen?: Generator | undefined
  /** The options of `cached` for all of them. */
  opts?: CachedOptions | undefined
}

/**
 * Memoizes methods of one object, each in a cache with a prefix, and returns the object. Calls among them go through the
 * cache. Throws a `TypeError` when a method is missing, and then has changed nothing.
 *
 * @example cacheMethods(cache, item, { compute1: 'c1.', compute2: 'c2.' }, { opts: { key: jsonKey } })
 */
export function cacheMethods<C extends Cache, T extends object, N extends FunctionsIn<T>>(
  cache: C,
  object: T,
  names: { readonly [K in N]: string },
  options: PrefixedOptions = {},
): WithMemoized<T, N, C> {
  const cacheOf = cacheGenerator(cache, options)
  return replaceFunctions(object, names, 'method', (method, prefix) =>
    cacheOf(prefix, boundTo(object, unwrap(method)) as AnyFunction),
  ) as WithMemoized<T, N, C>
}

/**
 * Memoizes functions in a record, each in a cache with a prefix, and returns the record. Calls among them go through the
 * cache where they go through the record.
 *
 * @example cacheFunctions(cache, api, { fun1: 'f1.', fun2: 'f2.' })
 */
export function cacheFunctions<C extends Cache, T extends object, N extends FunctionsIn<T>>(
  cache: C,
  record: T,
  names: { readonly [K in N]: string },
  options: PrefixedOptions = {},
): WithMemoized<T, N, C> {
  const cacheOf = cacheGenerator(cache, options)
  return replaceFunctions(record, names, 'function', (fn, prefix) => cacheOf(prefix, fn as AnyFunction)) as never
}

function cacheGenerator(cache: Cache, { gen = PrefixedCache, opts: { lock: _, ...opts } = {} }: PrefixedOptions) {
  return (prefix: string, fn: AnyFunction): unknown =>
    memoize(fn, { ...exactly(opts), cache: generated(gen, cache, prefix) } as never)
}

function generated(gen: Generator, cache: Cache, prefix: string): Cache {
  // A class has a prototype that cannot be replaced.
  const isClass = Object.getOwnPropertyDescriptor(gen, 'prototype')?.writable === false
  return isClass
    ? new (gen as new (cache: Cache, prefix: string) => Cache)(cache, prefix)
    : (gen as (cache: Cache, prefix: string) => Cache)(cache, prefix)
}
