import { types } from 'node:util'

/**
 * The classes of objects that coders tell apart. `'record'` is a plain object, `'bare'` one without prototype, `'bytes'` a
 * Buffer, typed array, ArrayBuffer or DataView, and `'other'` an instance of a class that is not built in.
 */
export type Kind = 'record' | 'array' | 'bare' | 'date' | 'map' | 'set' | 'regexp' | 'url' | 'bytes' | 'error' | 'other'

// A class that this Node lacks is left out: Float16Array came with Node 24.
const BYTES = [
  'Buffer',
  'ArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const
const ERRORS = [
  'Error',
  'AggregateError',
  'DOMException',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SuppressedError',
  'SyntaxError',
  'TypeError',
  'URIError',
] as const

type Constructor = new (...args: unknown[]) => object

const builtIn = (name: string): Constructor | undefined => (globalThis as never as Record<string, Constructor>)[name]

const KIND_OF_CLASS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['Object', 'record'],
  ['Array', 'array'],
  ['Date', 'date'],
  ['Map', 'map'],
  ['Set', 'set'],
  ['RegExp', 'regexp'],
  ['URL', 'url'],
  ...BYTES.map((name) => [name, 'bytes'] as const),
  ...ERRORS.map((name) => [name, 'error'] as const),
])

const KIND_OF_PROTOTYPE = new Map<object, Kind>()
for (const [name, kind] of KIND_OF_CLASS) {
  const Class = builtIn(name)
  if (Class !== undefined) KIND_OF_PROTOTYPE.set(Class.prototype, kind)
}

/** The built-in classes that hold bytes, by name, as far as this Node has them. */
export const bytesClass = (name: unknown): Constructor | undefined => oneOf(BYTES, name)

/** The built-in error classes, by name, as far as this Node has them. */
export const errorClass = (name: unknown): Constructor | undefined => oneOf(ERRORS, name)

function oneOf(names: readonly string[], name: unknown): Constructor | undefined {
  return typeof name === 'string' && names.includes(name) ? builtIn(name) : undefined
}

/** Recognizes the prototype of a built-in class of this realm. */
export function isBuiltIn(prototype: object): boolean {
  return KIND_OF_PROTOTYPE.has(prototype)
}

/** The kind of an object, by its direct prototype: an instance of a subclass is never mistaken for one of the base class. */
export function kindOf(value: object): Kind {
  const prototype: object | null = Object.getPrototypeOf(value)
  // Nearly every object is one of these two; the look into the Map takes longer than both.
  if (prototype === Object.prototype) return Array.isArray(value) ? 'other' : 'record'
  if (prototype === Array.prototype) return Array.isArray(value) ? 'array' : 'other'
  if (prototype === null) return Array.isArray(value) ? 'other' : 'bare'
  const kind = KIND_OF_PROTOTYPE.get(prototype) ?? kindElsewhere(prototype) ?? (isError(value) ? 'error' : 'other')
  if (kind === 'bare' && hasMoreThanFields(value)) return 'other'
  return IS_REALLY[kind]?.(value) === false || Array.isArray(value) !== (kind === 'array') ? 'other' : kind
}

// `Object.create(Date.prototype)` is no Date: it would be written as something else, or not at all.
const IS_REALLY: { readonly [kind in Kind]?: (value: unknown) => boolean } = {
  date: types.isDate,
  map: types.isMap,
  set: types.isSet,
  regexp: types.isRegExp,
  bytes: (value) => ArrayBuffer.isView(value) || types.isArrayBuffer(value),
}

function isError(value: object): boolean {
  return types.isNativeError(value) || value instanceof Error
}

const elsewhere = new WeakMap<object, Kind | 'none'>()

/** The kind of another realm's built-in prototype: values cross between vm contexts, which jest runs every test file in. */
function kindElsewhere(prototype: object): Kind | undefined {
  const known = elsewhere.get(prototype)
  const kind = known ?? kindOfNative(prototype) ?? 'none'
  if (known === undefined) elsewhere.set(prototype, kind)
  return kind === 'none' ? undefined : kind
}

function kindOfNative(prototype: object): Kind | undefined {
  // The objects of parsers (cookies, query strings): made by an empty class without prototype, so that `toString` and
  // `__proto__` are data in them.
  if (Object.getPrototypeOf(prototype) === null && Reflect.ownKeys(prototype).every((key) => key === 'constructor'))
    return 'bare'
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof maker !== 'function' || maker.prototype !== prototype) return undefined
  // The source text of a class of the user is never this, whatever its name.
  const isNative = Function.prototype.toString.call(maker).endsWith('{ [native code] }')
  return isNative ? KIND_OF_CLASS.get(maker.name) : undefined
}

/** The name of an object's class, for messages. */
export function classNameOf(value: object): string {
  const maker: unknown = Object.getPrototypeOf(value)?.constructor
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'an anonymous class'
}

const HOLDERS = [
  Array.isArray,
  ArrayBuffer.isView,
  types.isAnyArrayBuffer,
  types.isBoxedPrimitive,
  types.isDate,
  types.isMap,
  types.isPromise,
  types.isRegExp,
  types.isSet,
  types.isWeakMap,
  types.isWeakSet,
]

/** Recognizes objects with content that their properties do not show, which would be lost in a plain object. */
export function hasMoreThanFields(value: object): boolean {
  return HOLDERS.some((holds) => holds(value))
}
