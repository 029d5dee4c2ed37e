import type { Answer } from '../../core/flow.ts'
import type { Cache, Key } from '../../index.ts'
import { hashKey } from '../../key-text/index.ts'
import { cacheable, type Decorator, isDecoration } from '../../memo/decorators.ts'
import { memoize } from '../../memo/memoize.ts'
import type { AnyFunction, Memoized, MemoOptions, ModeOf } from '../../memo/types.ts'
import type { Fn } from '../../memo/wrapping.ts'

/** A function of which the options do not know yet what it takes and returns. */
type SomeFunction = (...args: never[]) => never

/** The options of `cached`: those of `memoize` but the ones that make up keys. */
export interface CachedOptions<K extends Answer<Key> = Answer<Key>>
  extends Omit<MemoOptions<SomeFunction, Cache, K>, 'cache' | 'namespace' | 'keygen' | 'name'> {
  /** Accepted and not needed: concurrent callers of one key share one run. */
  lock?: unknown
}

/** Puts a cache in front of a function, or of a method as a decorator. */
export type CachedBy<C extends Cache, K> = (<F extends AnyFunction>(fn: F) => Memoized<F, ModeOf<C, K>>) &
  Decorator<ModeOf<C, K>>

/**
 * Memoizes functions, after `CacheToolsUtils.cached`: `cached(cache, { key })(fn)`. Results are stored under the very key that
 * `key` gives, so functions that share a cache need different prefixes. The function has `cacheIn(...args)` and
 * `cacheDel(...args)`.
 *
 * @example const repeat = cached(new AutoPrefixedCache(cache), { key: jsonKey })((s: string, n: number) => s.repeat(n))
 */
export function cached<C extends Cache, K extends Answer<Key> = Key>(
  cache: C,
  { lock: _, ...options }: CachedOptions<K> = {},
): CachedBy<C, K> {
  const all = { ...exactly(options), cache }
  return ((...given: readonly unknown[]): unknown => {
    if (isDecoration(given)) return Reflect.apply(cacheable(all as never) as Fn, undefined, given)
    return memoize(given[0] as AnyFunction, all as never)
  }) as CachedBy<C, K>
}

/** Options by which results are stored under the very key that `key` gives. */
export function exactly<O extends { readonly key?: unknown; readonly typed?: boolean | undefined }>(options: O) {
  return { key: hashKey, ...options, namespace: null }
}
