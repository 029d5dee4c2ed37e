import { errorClass } from './kinds.ts'
import { define } from './plain.ts'

/** An error taken apart. */
export interface ErrorParts {
  /** The nearest built-in class. */
  readonly className: string
  /** The non-enumerable properties, such as message, stack and cause. */
  readonly hidden: Record<string, unknown>
  /** The own enumerable properties, such as `code`. */
  readonly fields: Record<string, unknown>
}

const HIDDEN = ['message', 'stack', 'cause', 'errors', 'error', 'suppressed', 'name']

/**
 * Takes an error apart. An error of a class that is not built in becomes one of its nearest built-in class, and keeps its name
 * and message, which may come from a getter of the class.
 */
export function errorParts(error: Error): ErrorParts {
  const Class = nearestClass(error)
  const hidden: Record<string, unknown> = {}
  for (const name of HIDDEN) {
    const own = Object.getOwnPropertyDescriptor(error, name)
    if (own !== undefined && !own.enumerable) hidden[name] = error[name as keyof Error]
  }
  for (const name of ['name', 'message'] as const)
    if (!Object.hasOwn(error, name) && error[name] !== usual(Class, name)) hidden[name] = error[name]
  const fields: Record<string, unknown> = { ...error }
  // Error.prepareStackTrace can make the stack anything, such as call sites.
  if (typeof hidden.stack !== 'string') delete hidden.stack
  for (const parts of [hidden, fields])
    for (const name of TEXTS) if (!isPrintable(name, parts[name])) delete parts[name]
  return { className: Class.name, hidden, fields }
}

/** The value that errors of a class inherit. A DOMException has both in slots, and its prototype throws. */
function usual(Class: { readonly name: string; readonly prototype: Error }, part: 'name' | 'message'): unknown {
  return Class.name === 'DOMException' ? undefined : Class.prototype[part]
}

/** Restores a part of an error. */
export function setPart(error: Error, part: string, value: unknown, enumerable: boolean): void {
  const isInSlot = !enumerable && (part === 'name' || part === 'message') && error instanceof DOMException
  if (!isInSlot) define(error, part, value, enumerable)
}

const TEXTS = ['name', 'message', 'stack']

/**
 * Tells whether a part of an error can be printed. `util.inspect` throws if the name, message or stack is an object without a
 * text, and then logging the error would fail.
 */
export function isPrintable(part: string, value: unknown): boolean {
  return typeof value !== 'object' || value === null || !TEXTS.includes(part)
}

/**
 * An error of a built-in class without any own property, for `setPart` to fill.
 * @param hidden has the name and message of a DOMException, which go into its slots
 */
export function bareError(className: unknown, hidden: Record<string, unknown>): Error | undefined {
  const Class = errorClass(className)
  if (Class === undefined) return undefined
  const { stackTraceLimit } = Error
  // Without a stack that nobody reads: 3 µs an error against 10 (node 20). `Reflect.set`, because Error may be frozen.
  Reflect.set(Error, 'stackTraceLimit', 0)
  const error = (
    className === 'DOMException'
      ? new Class(String(hidden.message ?? ''), String(hidden.name ?? 'Error'))
      : // AggregateError insists on a list, which the others take for an empty message.
        new Class([])
  ) as Error
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  for (const name of Object.getOwnPropertyNames(error)) delete error[name as keyof Error]
  return error
}

function nearestClass(error: Error): { readonly name: string; readonly prototype: Error } {
  for (let proto: object | null = error; proto !== null; proto = Object.getPrototypeOf(proto)) {
    const maker: unknown = Object.getOwnPropertyDescriptor(proto, 'constructor')?.value
    // By name, not by identity: the error may be of another realm.
    if (typeof maker === 'function' && maker.prototype === proto && errorClass(maker.name) !== undefined)
      return maker as never
  }
  return Error
}
