import type { Mode } from '../core/types.ts'
import { type Declared, textOfName } from './method.ts'
import type { Fn } from './options.ts'
import type { AnyFunction } from './types.ts'

/** What TC39 decorators are told of a method or getter, as far as is needed here. */
export interface MethodContext {
  readonly kind: 'method' | 'getter'
  readonly name: string | symbol
  readonly static: boolean
}

/** What can be decorated where results are kept in a cache of mode `M`: in an asynchronous one, what gives promises. */
type Decorable<M extends Mode> = M extends 'sync' ? AnyFunction : (...args: never[]) => PromiseLike<unknown>

/** A decorator of methods and getters, static ones too, both of TC39 and of TypeScript's `experimentalDecorators`. */
export interface Decorator<M extends Mode = 'sync'> {
  <F extends Decorable<M>>(method: F, context: MethodContext): F
  <T extends M extends 'sync' ? unknown : Decorable<M> | PromiseLike<unknown>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): TypedPropertyDescriptor<T>
}

/** Whether a function is called as a decorator, by what it is given. */
export function isDecoration([target, second]: readonly unknown[]): boolean {
  if (isContext(second)) return true
  const isName = typeof second === 'string' || typeof second === 'symbol'
  return isName && ((typeof target === 'object' && !Array.isArray(target)) || typeof target === 'function')
}

/** Decorates, in whichever way it was called. */
export function decorate(
  [target, second, descriptor]: readonly unknown[],
  wrap: (fn: Fn, declared: Declared) => Fn,
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
  return new TypeError(`Only methods and getters can be memoised by a decorator, and ${textOfName(name)} is a ${kind}.`)
}
