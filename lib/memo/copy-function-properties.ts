import type { Fn } from './options.ts'

/** What every function has of its own, and none may be given. */
const FIXED: readonly PropertyKey[] = ['prototype', 'arguments', 'caller']

/** Makes a function look like another: its name, its length and its properties, and what is given beside these. */
export function lookAlike(fn: Fn, model: Fn, properties: Readonly<Record<string, unknown>> = {}): Fn {
  for (const name of Reflect.ownKeys(model)) {
    if (!FIXED.includes(name)) Object.defineProperty(fn, name, Object.getOwnPropertyDescriptor(model, name)!)
  }
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(fn, name, { value, configurable: true, writable: true })
  }
  return fn
}
