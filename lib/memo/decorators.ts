import type { Answer } from '../core/flow.ts'
import type { Cache, Key, Mode } from '../core/types.ts'
import type { CacheWrapper } from '../global/cache-wrapper.ts'
import { type ClearingOptions, clearing, clearingWith, type Names, optionsFrom, whenOf } from './clear.ts'
import { verbsOf } from './memoize.ts'
import { type Declaration, Method, type MethodOptions, type Per, textOfName } from './method.ts'
import type { AnyFunction, MemoOptions, MemoVerbs, ModeOf } from './types.ts'
import { type Fn, unwrap } from './wrapping.ts'

/** A method whose arguments and result the decorator does not know yet: callbacks declare them. */
type SomeMethod = (...args: never[]) => never

/** The options of `cacheable` and `cachePut`: those of `memoize`, and `per`. */
export interface CacheableOptions<C extends Cache = Cache, K extends Answer<Key> = Answer<Key>>
  extends MemoOptions<SomeMethod, C, K> {
  /**
   * Scope in which results are shared. `'instance'`: each object has its own, which end with it and which no other process finds.
   * `'class'`: all objects of the class share them; for methods that do not depend on `this`. A function: objects for which
   * it gives the same text share them. Other processes find results only under a `name`. Static methods are the class's.
   * @default 'instance'
   */
  per?: Per | undefined
}

/** The options of `cacheClear`: namespaces, or with `name` the one result that a `cacheable` of that name has for the arguments. */
export interface CacheClearOptions<C extends Cache = Cache> extends ClearingOptions<C> {
  /** The `name` of a `cacheable` whose result for the arguments is removed, instead of clearing namespaces. */
  name?: string | undefined
  /** Makes the arguments' key. @default as for `cacheable` */
  key?: CacheableOptions['key']
  /** The same, with `typed` and the method as first arguments. */
  keygen?: CacheableOptions['keygen']
  typed?: boolean | undefined
  per?: Per | undefined
}

/** The part of a TC39 decorator context that is used here. */
export interface MethodContext {
  readonly kind: 'method' | 'getter'
  readonly name: string | symbol
  readonly static: boolean
}

/** Functions that can be decorated for a cache of mode `M`: for an asynchronous one, those that return promises. */
type Decorable<M extends Mode> = M extends 'sync' ? AnyFunction : (...args: never[]) => PromiseLike<unknown>

/** A decorator of methods and getters, static or not, of TC39 and of TypeScript's `experimentalDecorators`. */
export interface Decorator<M extends Mode = 'sync'> {
  <F extends Decorable<M>>(method: F, context: MethodContext): F
  <T extends M extends 'sync' ? unknown : Decorable<M> | PromiseLike<unknown>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): TypedPropertyDescriptor<T>
}

/** A decorator, or with options a function that returns one. */
export type CacheableDecorator = Decorator &
  (<C extends Cache = CacheWrapper, K extends Answer<Key> = Key>(
    options?: CacheableOptions<C, K>,
  ) => Decorator<ModeOf<C, K>>)

/** A decorator, or with namespaces or options a function that returns one. */
export type CacheClearDecorator = Decorator &
  (<C extends Cache = CacheWrapper>(options: CacheClearOptions<C>) => Decorator<C['mode']>) &
  ((...namespaces: Names) => Decorator)

/**
 * Memoizes a method or getter, as `memoize` does a function: `@cacheable` or `@cacheable(options)`, in both kinds of
 * decorators. `memoOf` gives its verbs.
 *
 * @example
 * class Users {
 *   @cacheable({ name: 'Users.load', per: 'class', timeout: '5m' })
 *   async load(id: number) { return await db.users.find(id) }
 * }
 */
export const cacheable: CacheableDecorator = decorator((options: MethodOptions, fn, declaration) => {
  return new Method(unwrap(fn), declaration, options, (memo, self, args) => memo.call(self, args)).wrapper
})

/**
 * Always runs the method, and stores its result where a `cacheable` of the same `name`, `namespace` and key finds it.
 *
 * @example @cachePut({ name: 'user', key: (user: User) => user.id })
 */
export const cachePut: CacheableDecorator = decorator((options: MethodOptions, fn, declaration) => {
  if (options.name === undefined && options.namespace !== null) {
    throw new TypeError(
      "cachePut needs the name of the cacheable whose results it stores: @cachePut({ name: 'user' }).",
    )
  }
  const use = { isGuest: true, ...options }
  return new Method(unwrap(fn), declaration, use, (memo, self, args) => memo.refresh(self, args)).wrapper
})

/**
 * Clears namespaces when the method has succeeded, by default the namespace 'default': `@cacheClear`,
 * `@cacheClear('users', 'teams')` or `@cacheClear({ namespaces, when })`. With `{ name, key }` it removes one result of the
 * `cacheable` of that name instead.
 */
export const cacheClear: CacheClearDecorator = decorator((options: LooseClearOptions, fn, declaration) => {
  const { namespaces, when, name, ...others } = options
  if (name === undefined) return clearing(fn, options as ClearingOptions)
  if (namespaces !== undefined) throw new TypeError('Give cacheClear either namespaces or the name of a cacheable.')
  const method = new Method(fn, declaration, { ...others, name, isGuest: true }, () => undefined)
  const clear = (self: unknown, args: readonly unknown[]): unknown =>
    method.memoFor(self)?.change(self, args, (cache, key) => cache.remove(key))
  return clearingWith(fn, { clear, when: whenOf(when), onError: options.onError, cache: options.cache })
}) as CacheClearDecorator

type LooseClearOptions = MethodOptions & Pick<ClearingOptions, 'namespaces' | 'when'>

/**
 * The verbs of a decorated method for one object, or for the class if it is static: `memoOf(user, 'load').cacheDel(1)`.
 * `clear()` is for all objects of the class. Throws a `TypeError` when there is no such method.
 */
export function memoOf<T extends object, N extends keyof T>(object: T, name: N): MemoVerbs<FunctionIn<T[N]>, Mode> {
  const memo = Method.of(object, name)?.memoFor(object)
  if (memo === undefined) throw new TypeError(`${textOfName(name)} is no method that was memoized by a decorator.`)
  return verbsOf(memo, object) as unknown as MemoVerbs<FunctionIn<T[N]>, Mode>
}

/** A method, or a getter as the function that it is. */
type FunctionIn<T> = T extends AnyFunction ? T : () => T

/** A function that is a decorator, and returns one when it is called with options. */
function decorator<O extends object>(wrap: (options: O, fn: Fn, declaration: Declaration) => Fn) {
  return (...given: readonly unknown[]): never => {
    const decorated = (options: O, decoration: readonly unknown[]): unknown =>
      decorate(decoration, (fn, declaration) => wrap(options, fn, declaration))
    if (isDecoration(given)) return decorated({} as O, given) as never
    return ((...decoration: readonly unknown[]) => decorated(optionsFrom(given), decoration)) as never
  }
}

/** True if a function is called as a decorator, judging by its arguments. */
export function isDecoration([target, second]: readonly unknown[]): boolean {
  if (isContext(second)) return true
  const isName = typeof second === 'string' || typeof second === 'symbol'
  return isName && ((typeof target === 'object' && !Array.isArray(target)) || typeof target === 'function')
}

function decorate(
  [target, second, descriptor]: readonly unknown[],
  wrap: (fn: Fn, declaration: Declaration) => Fn,
): unknown {
  if (isContext(second)) {
    if (second.kind !== 'method' && second.kind !== 'getter') throw refusal(second.kind, second.name)
    return wrap(target as Fn, { name: second.name, isStatic: second.static })
  }
  const name = second as string | symbol
  const isStatic = typeof target === 'function'
  const old = (descriptor ?? Object.getOwnPropertyDescriptor(target, name) ?? {}) as PropertyDescriptor
  if (typeof old.value === 'function') return { ...old, value: wrap(old.value, { name, isStatic }) }
  if (old.get !== undefined) return { ...old, get: wrap(old.get as Fn, { name, isStatic }) }
  throw refusal('field', name)
}

function isContext(
  x: unknown,
): x is { readonly kind: string; readonly name: string | symbol; readonly static: boolean } {
  return typeof x === 'object' && x !== null && typeof (x as { kind?: unknown }).kind === 'string'
}

function refusal(kind: string, name: PropertyKey): TypeError {
  return new TypeError(`Only methods and getters can be memoized by a decorator, and ${textOfName(name)} is a ${kind}.`)
}
