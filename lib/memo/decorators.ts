import type { Answer } from '../core/flow.ts'
import type { Cache, Key, Mode } from '../core/types.ts'
import type { Cached } from '../global/cache-wrapper.ts'
import { type ClearingOptions, clearing, clearingAside, type Names, optionsFrom, whenOf } from './clear.ts'
import { type Decorator, decorate, isDecoration } from './decorating.ts'
import { verbsOf } from './memoize.ts'
import { type Declared, Method, type MethodOptions, type Per, textOfName } from './method.ts'
import type { Fn } from './options.ts'
import type { AnyFunction, MemoOptions, MemoVerbs, ModeOf } from './types.ts'
import { originalOf } from './unwrap.ts'

/** A method of which the decorator does not know yet what it takes and gives: callbacks say it themselves. */
type SomeMethod = (...args: never[]) => never

/** The options of `cacheable` and `cachePut`: those of `memoize`, and whose results are apart. */
export interface CacheableOptions<C extends Cache = Cache, K extends Answer<Key> = Answer<Key>>
  extends MemoOptions<SomeMethod, C, K> {
  /**
   * `'instance'`: each object has its own results, which nobody else finds, no other process either; it is not kept alive
   * by them. `'class'`: all objects of a class have them in common: for methods that do not depend on `this`. A function
   * names the object, by its id for example: those of the same name have them in common, in all processes. Static methods
   * are the class's. @default 'instance'
   */
  per?: Per | undefined
}

/** The options of `cacheClear`: namespaces, or with `name` the one result that a `cacheable` of that name has for the arguments. */
export interface CacheClearOptions<C extends Cache = Cache> extends ClearingOptions<C> {
  /** The `name` of the `cacheable` whose result for the arguments is removed, rather than namespaces cleared. */
  name?: string | undefined
  /** The arguments' key. @default as for `cacheable` */
  key?: CacheableOptions['key']
  /** The same, given `typed` and the method first. */
  keygen?: CacheableOptions['keygen']
  typed?: boolean | undefined
  per?: Per | undefined
}

/** What is called as a decorator, or with options to give one. */
export type CacheableDecorator = Decorator &
  (<C extends Cache = Cached, K extends Answer<Key> = Key>(options?: CacheableOptions<C, K>) => Decorator<ModeOf<C, K>>)

/** What is called as a decorator, or with namespaces or options to give one. */
export type CacheClearDecorator = Decorator &
  (<C extends Cache = Cached>(options: CacheClearOptions<C>) => Decorator<C['mode']>) &
  ((...namespaces: Names) => Decorator)

/**
 * Memoises a method or getter, as `memoize` does a function: `@cacheable` or `@cacheable(options)`, in both kinds of
 * decorators. Results are kept under the name `User#load` for a class `User`, `User.load` where it is static. `memoOf` gives
 * what memoised functions have beside.
 *
 * @example
 * class Users {
 *   @cacheable({ timeout: '5m', per: 'class' })
 *   async load(id: number) { return await db.users.find(id) }
 * }
 */
export const cacheable: CacheableDecorator = decorator((options: MethodOptions, fn, declared) => {
  return new Method(originalOf(fn), declared, options, (memo, self, args) => memo.call(self, args)).front
})

/**
 * Runs the method always, and stores its result where a `cacheable` of the same `name`, `namespace` and key finds it.
 *
 * @example @cachePut({ name: 'user', key: (user: User) => user.id })
 */
export const cachePut: CacheableDecorator = decorator((options: MethodOptions, fn, declared) => {
  return new Method(originalOf(fn), declared, options, (memo, self, args) => memo.refresh(self, args)).front
})

/**
 * Clears namespaces when the method has succeeded, the namespace 'default' unless others are named: `@cacheClear`,
 * `@cacheClear('users', 'teams')` or `@cacheClear({ namespaces, when })`. With `{ name, key }` it removes one result of a
 * `cacheable` of that name instead.
 */
export const cacheClear: CacheClearDecorator = decorator((options: LooseClearOptions, fn, declared) => {
  const { namespaces, when, name, ...others } = options
  if (name === undefined) return clearing(fn, options)
  if (namespaces !== undefined) throw new TypeError('Give cacheClear either namespaces or the name of a cacheable.')
  const method = new Method(fn, declared, { ...others, name }, () => undefined)
  const clear = (self: unknown, args: readonly unknown[]): unknown =>
    method.memoFor(self)?.change(self, args, (cache, key) => cache.remove(key))
  return clearingAside(fn, { clear, when: whenOf(when), onError: options.onError, cache: options.cache })
}) as CacheClearDecorator

type LooseClearOptions = MethodOptions & Pick<ClearingOptions, 'namespaces' | 'when'>

/**
 * What a decorated method has beside, for one object (for the class where it is static): `memoOf(user, 'load').cacheDel(1)`.
 * `clear()` is for all objects of the class. Throws a `TypeError` when there is no such method.
 */
export function memoOf<T extends object, N extends keyof T>(object: T, name: N): MemoVerbs<FunctionIn<T[N]>, Mode> {
  const memo = Method.of(object, name)?.memoFor(object)
  if (memo === undefined) throw new TypeError(`${textOfName(name)} is no method that was memoised by a decorator.`)
  return verbsOf(memo, object) as unknown as MemoVerbs<FunctionIn<T[N]>, Mode>
}

/** A method, or a getter as the function that it is. */
type FunctionIn<T> = T extends AnyFunction ? T : () => T

/** A function that is a decorator itself, and gives one when it is called with options. */
function decorator<O extends object>(wrap: (options: O, fn: Fn, declared: Declared) => Fn) {
  return (...given: readonly unknown[]): never => {
    const decorated = (options: O, decoration: readonly unknown[]): unknown =>
      decorate(decoration, (fn, declared) => wrap(options, fn, declared))
    if (isDecoration(given)) return decorated({} as O, given) as never
    return ((...decoration: readonly unknown[]) => decorated(optionsFrom(given), decoration)) as never
  }
}
