import type { Answer } from '../../core/flow.ts'
import type { Cache, Key, Out } from '../../core/types.ts'
import { durationOf } from '../../entry/timeout.ts'
import type { CacheWrapper } from '../../global/cache-wrapper.ts'
import { type ClearingOptions, clearDefaults, clearIn, clearing, type Names, optionsFrom } from '../../memo/clear.ts'
import { type CacheableOptions, cacheable, cacheClear, type Decorator, isDecoration } from '../../memo/decorators.ts'
import { memoize } from '../../memo/memoize.ts'
import { cacheOf } from '../../memo/options.ts'
import type { AnyFunction, Called, DefaultCache, Memoized, MemoOptions, ModeOf } from '../../memo/types.ts'
import type { Fn } from '../../memo/wrapping.ts'

/** The options of a callable of `createMemo`: those of `memoize`; `per` is for methods. */
export interface TtlOptions<K extends Answer<Key> = Answer<Key>> extends Omit<CacheableOptions<Cache, K>, 'cache'> {
  /**
   * The TTL, in place of `timeout`: seconds, text with a unit, a duration such as `{ days: 1 }`, `Infinity` or `null` for
   * none, or a function that gives that of a result. @default none
   */
  ttl?: CacheableOptions['timeout'] | DurationParts
}

/** A duration in parts, as Python's `timedelta` and `Temporal.Duration` have them. */
export type DurationParts = { readonly [U in keyof typeof UNITS]?: number | undefined }

/** The units of a duration, in seconds. */
const UNITS = {
  weeks: 604_800,
  days: 86_400,
  hours: 3600,
  minutes: 60,
  seconds: 1,
  milliseconds: 0.001,
  microseconds: 0.000_001,
}

/** The cache of what `createMemo` memoizes: `C`, or a default one. */
type CacheFor<C, F extends AnyFunction> = C extends Cache ? C : DefaultCache<F>
type CacheForMethods<C> = C extends Cache ? C : CacheWrapper

/** The result of `cache(options)`: memoizes a function, or decorates a method. */
export type Memoizer<C, K = Key> = (<F extends AnyFunction>(fn: F) => Memoized<F, ModeOf<CacheFor<C, F>, K>>) &
  Decorator<ModeOf<CacheForMethods<C>, K>>

/** The result of `cache.clear(options)`: wraps a function, or decorates a method. */
export type Clearer<C> = (<F extends AnyFunction>(fn: F) => Called<F, CacheFor<C, F>['mode']>) &
  Decorator<CacheForMethods<C>['mode']>

/** A cache as a function that memoizes, after the manner of cachetoolz. */
export type MemoCache<C extends Cache | undefined> = Memoizer<C> & {
  <K extends Answer<Key> = Key>(options?: TtlOptions<K>): Memoizer<C, K>
  /**
   * Clears namespaces when a function has succeeded: `clear(fn)`, `clear({ namespaces, when })(fn)`,
   * `clear('users', 'teams')(fn)`, or as a decorator.
   */
  readonly clear: Clearer<C> &
    ((options?: Omit<ClearingOptions, 'cache'>) => Clearer<C>) &
    ((...namespaces: Names) => Clearer<C>)
  /** Clears namespaces now. */
  clearNamespaces(...namespaces: Names): C extends Cache ? Out<C['mode'], void> : Promise<void>
  /** The cache; `undefined` for the default ones. */
  readonly backend: C
}

/**
 * Makes a cache a function that memoizes: `cache(fn)`, `cache({ ttl, namespace, typed, keygen })(fn)`, `@cache` and
 * `@cache(options)` on methods. Results have no TTL unless there is a `ttl`. Without a cache, functions use the default
 * ones, as with `memoize`.
 *
 * @example
 * const cache = createMemo(new AsyncRedisCache())
 * const findUser = cache({ ttl: '5m', namespace: 'users' })(async function findUser(id: number) { return await db.find(id) })
 * const saveUser = cache.clear({ namespaces: ['users'] })(async function saveUser(user: User) { await db.save(user) })
 */
export function createMemo<C extends Cache | undefined = undefined>(cache?: C): MemoCache<C> {
  cacheOf(cache)
  const callable = either((options: TtlOptions, given) => {
    if (isDecoration(given)) return Reflect.apply(cacheable(optionsOf(options, cache)) as Fn, undefined, given)
    const { per, ...others } = optionsOf(options, cache)
    return memoize(given[0] as AnyFunction, others as MemoOptions)
  })
  const clear = either((options: ClearingOptions, given) => {
    if (isDecoration(given)) return Reflect.apply(cacheClear({ ...options, cache }) as Fn, undefined, given)
    return clearing(given[0] as Fn, { ...options, cache })
  })
  const clearNamespaces = (...namespaces: Names): unknown =>
    cache === undefined ? clearDefaults(namespaces) : clearIn(cache, namespaces)
  return Object.assign(callable, { clear, clearNamespaces, backend: cache }) as unknown as MemoCache<C>
}

/** `createMemo()` over the default caches: `cached`, and `asyncCached` for async functions. */
export const cache: MemoCache<undefined> = createMemo()

/** A function that takes the function to wrap, or options first. */
function either<O extends object>(wrap: (options: O, given: readonly unknown[]) => unknown) {
  return (...given: readonly unknown[]): unknown => {
    if (typeof given[0] === 'function' || isDecoration(given)) return wrap({} as O, given)
    const options = optionsFrom<O>(given)
    return (...wrapped: readonly unknown[]) => wrap(options, wrapped)
  }
}

function optionsOf(
  { ttl, timeout = timeoutIn(ttl), ...options }: TtlOptions,
  cache: Cache | undefined,
): CacheableOptions {
  if (timeout !== undefined && typeof timeout !== 'function') durationOf(timeout, ttl === undefined ? 'timeout' : 'ttl')
  return { ...options, timeout: timeout === undefined ? null : timeout, cache }
}

/** Reads a `ttl`: a duration becomes seconds. */
function timeoutIn(ttl: TtlOptions['ttl']): CacheableOptions['timeout'] {
  if (typeof ttl !== 'object' || ttl === null) return ttl
  const units = Object.keys(UNITS) as (keyof typeof UNITS)[]
  // Those of Temporal.Duration are getters of its prototype.
  const given = units.filter((unit) => ttl[unit] !== undefined)
  const unknown = Object.keys(ttl).find((unit) => !Object.hasOwn(UNITS, unit))
  if (given.length === 0 || unknown !== undefined) {
    throw new TypeError(`A ttl in parts is made of ${units.join(', ')}, not of ${unknown ?? 'nothing'}.`)
  }
  return given.reduce((seconds, unit) => seconds + ttl[unit]! * UNITS[unit], 0)
}
