import { shared } from '../core/process-state.ts'

/** A function of which only its caller knows the arguments. */
export type Fn = (...args: readonly unknown[]) => unknown

/** The wrapped functions by their wrappers, for every copy of this package in the process. */
const originals = shared('memo.originals', () => new WeakMap<object, object>())

/** Properties that a wrapper has itself and cannot take over. */
const FIXED: readonly PropertyKey[] = ['prototype', 'arguments', 'caller']

/** Makes `wrapper` look like `original`, with more properties, and remembers what it wraps. */
export function wrap(wrapper: Fn, original: Fn, properties?: Readonly<Record<string, unknown>>): Fn {
  originals.set(wrapper, original)
  return copyFunctionProperties(wrapper, original, properties)
}

/** The function behind a wrapper; any other function is its own. */
export function unwrap<F extends object>(fn: F): F {
  return (originals.get(fn) as F | undefined) ?? fn
}

/** Gives a function the name, the length and the own properties of another, and more properties that are not enumerable. */
export function copyFunctionProperties(fn: Fn, model: Fn, properties: Readonly<Record<string, unknown>> = {}): Fn {
  for (const name of Reflect.ownKeys(model)) {
    if (!FIXED.includes(name)) Object.defineProperty(fn, name, Object.getOwnPropertyDescriptor(model, name)!)
  }
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(fn, name, { value, configurable: true, writable: true })
  }
  return fn
}
