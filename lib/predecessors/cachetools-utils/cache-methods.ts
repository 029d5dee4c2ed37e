import type { Cache } from '../../core/types.ts'
import { memoize } from '../../memo/memoize.ts'
import type { AnyFunction, Memoized, MemoOptions } from '../../memo/types.ts'
import { copyFunctionProperties, type Fn, unwrap } from '../../memo/wrapping.ts'

/** The options of `cacheMethods` and `cacheFunctions`: those of `memoize` that fit every function. */
export type ManyOptions = Omit<MemoOptions<(...args: never[]) => never>, 'cache' | 'name'>

/** The names of the functions in an object. */
export type FunctionsIn<T> = { [N in keyof T]-?: T[N] extends AnyFunction ? N : never }[keyof T]

/** An object with some functions memoized. */
export type WithMemoized<T, N, C extends Cache> = {
  [K in keyof T]: K extends N ? (T[K] extends AnyFunction ? Memoized<T[K], C['mode']> : T[K]) : T[K]
}

/**
 * Memoizes methods of one object, each under the name that is given for it, and returns the object. They are bound to the
 * object, and calls among them go through the cache. Methods that are memoized already are unwrapped first. Throws a
 * `TypeError` when a method is missing, and then has changed nothing.
 *
 * @example cacheMethods(cache, service, { load: 'service.load', find: 'service.find' }, { timeout: '5m' })
 */
export function cacheMethods<C extends Cache, T extends object, N extends FunctionsIn<T>>(
  cache: C,
  object: T,
  names: { readonly [K in N]: string },
  options: ManyOptions = {},
): WithMemoized<T, N, C> {
  const memoized = memoizer(cache, options)
  return replaceFunctions(object, names, 'method', (method, name) =>
    memoized(boundTo(object, unwrap(method)), name),
  ) as never
}

const bound = new WeakMap<object, WeakMap<Fn, Fn>>()

/** A method bound to an object: one function for both, so that memoizing it again is not taken for another function. */
export function boundTo(object: object, method: Fn): Fn {
  const ofObject = bound.get(object) ?? new WeakMap<Fn, Fn>()
  bound.set(object, ofObject)
  const known = ofObject.get(method) ?? copyFunctionProperties(method.bind(object) as Fn, method)
  ofObject.set(method, known).set(known, known)
  return known
}

/**
 * Memoizes functions in a record, each under the name that is given for it, and returns the record. Calls among them go
 * through the cache where they go through the record. The rest is as in `cacheMethods`.
 *
 * @example cacheFunctions(cache, api, { load: 'api.load' })
 */
export function cacheFunctions<C extends Cache, T extends object, N extends FunctionsIn<T>>(
  cache: C,
  record: T,
  names: { readonly [K in N]: string },
  options: ManyOptions = {},
): WithMemoized<T, N, C> {
  return replaceFunctions(record, names, 'function', memoizer(cache, options)) as WithMemoized<T, N, C>
}

/** Makes the replacement of a function. */
type Replace = (fn: Fn, name: string) => unknown

function memoizer(cache: Cache, options: ManyOptions): Replace {
  return (fn, name) => memoize(fn as AnyFunction, { ...options, cache, name } as MemoOptions)
}

/** Replaces functions of an object by their names, each together with the text that the names map it to. */
export function replaceFunctions(
  object: object,
  names: Readonly<Record<string, string>>,
  kind: string,
  replace: Replace,
): object {
  const replacements = Object.entries(names).map(([property, name]) => {
    const fn = (object as Readonly<Record<string, unknown>>)[property]
    if (typeof fn !== 'function') throw new TypeError(`The missing ${kind} ${property} cannot be memoized.`)
    const { enumerable = false } = Object.getOwnPropertyDescriptor(object, property) ?? {}
    return [property, { value: replace(fn as Fn, name), configurable: true, enumerable, writable: true }] as const
  })
  return Object.defineProperties(object, Object.fromEntries(replacements))
}
