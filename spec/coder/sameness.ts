import { expect } from 'chai'
import { type Bytes, bufferOf } from '../../lib/coder/bytes.ts'

/** Fails unless two values are the same in every type, value and property, and in which objects are one object. */
export function expectSame(actual: unknown, expected: unknown): void {
  expect(difference(actual, expected, '$', new Map(), new Map())).to.equal(undefined)
}

type Pairs = Map<object, object>

/**
 * Where two values first differ, or `undefined`. It knows nothing of the coders, and more than chai's and Node's deep
 * equality: -0, holes, prototypes, hidden properties of errors, URLs, and shared objects on both sides.
 */
function difference(a: unknown, b: unknown, path: string, there: Pairs, back: Pairs): string | undefined {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null)
    return Object.is(a, b) ? undefined : `${path}: ${typeof a} ${String(a)} is not ${typeof b} ${String(b)}`
  if (there.has(a) || back.has(b))
    return there.get(a) === b && back.get(b) === a ? undefined : `${path}: shared with another object`
  there.set(a, b)
  back.set(b, a)

  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: other prototype`
  const [one, other] = [contentOf(a), contentOf(b)]
  if (one.length !== other.length) return `${path}: ${one.length} parts are not ${other.length}`
  for (const [i, part] of one.entries()) {
    const found = difference(part, other[i], `${path}<${i}>`, there, back)
    if (found !== undefined) return found
  }
  return differenceOfProperties(a, b, path, there, back)
}

/** The content of an object beside its properties. */
function contentOf(value: object): unknown[] {
  if (value instanceof Date) return [value.getTime()]
  if (value instanceof RegExp) return [value.source, value.flags]
  if (value instanceof URL) return [value.href]
  if (value instanceof Set) return [...value]
  // Each access makes new entries, so their content is compared, not their identity.
  if (value instanceof Map) return [...value].flat(1)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return [bufferOf(value as Bytes).toString('hex')]
  return []
}

function differenceOfProperties(a: object, b: object, path: string, there: Pairs, back: Pairs): string | undefined {
  const keys = propertiesOf(a)
  if (keys.join() !== propertiesOf(b).join()) return `${path}: keys ${keys.join()} are not ${propertiesOf(b).join()}`
  for (const key of keys) {
    if (isEnumerable(a, key) !== isEnumerable(b, key)) return `${path}.${key}: enumerable or not`
    const found = difference(a[key as never], b[key as never], `${path}.${key}`, there, back)
    if (found !== undefined) return found
  }
  return undefined
}

function propertiesOf(value: object): string[] {
  if (ArrayBuffer.isView(value)) return []
  const names = Object.getOwnPropertyNames(value)
  // The order of an error's hidden properties is nobody's business.
  return value instanceof Error ? names.sort() : names
}

function isEnumerable(value: object, key: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, key)
}
