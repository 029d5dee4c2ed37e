import { MAX_DEPTH } from './failures.ts'

/**
 * Whether JSON.stringify writes a value such that JSON.parse gives it back as it was, and such that it cannot be taken for a
 * tag: a tree of plain objects and dense arrays, with text, numbers, booleans and null in the leaves.
 *
 * One walk that writes nothing, as every value is asked this first. It says `false` at the first oddity, and at the second
 * sight of an object: then the value is a cycle or shares parts, whose identity JSON text would lose.
 */
export function isPlain(value: unknown): boolean {
  if (isPlainLeaf(value)) return true
  return typeof value === 'object' && !isPolluted() && isPlainContainer(value as object, undefined, 0)
}

/** Whether someone has put enumerable keys on `Object.prototype`, which every `for..in` loop would meet. */
export function isPolluted(): boolean {
  for (const _ in EMPTY) return true
  return false
}

const EMPTY = {}

/** Whether this is text, a number, a boolean or null that JSON writes as it is. */
export function isPlainLeaf(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return isPlainNumber(value)
    default:
      return value === null
  }
}

/** Whether JSON writes a number as it is: not NaN, Infinity or -0. */
export function isPlainNumber(value: number): boolean {
  return value - value === 0 && (value !== 0 || 1 / value > 0)
}

/** Whether an array has no holes, and no properties but its items. */
export function isDense(array: readonly unknown[]): boolean {
  if (!hasOnlyItems(array)) return false
  // As many holes as other properties would make up for each other. Indices are keys that come first and in order.
  return !array.includes(undefined) || Object.keys(array).at(-1) === String(array.length - 1)
}

/** Whether an array, if it has no holes, has no properties but its items. */
function hasOnlyItems(array: readonly unknown[]): boolean {
  // Not Object.keys: 2.7 µs against 11.7 for 1500 strings, as no index becomes text (node 20).
  return Object.values(array).length === array.length
}

/** Whether an object with these keys would be read as a tag. */
export function looksLikeTag(keys: readonly string[]): boolean {
  return keys.length === 1 && keys[0]!.charCodeAt(0) === DOLLAR
}

/** The code of `$`, which begins a tag. */
export const DOLLAR = 36

/** @param seen the objects met so far; `undefined` for the root, as one that holds no other needs none: 20 ns of 70 (node 20). */
function isPlainContainer(container: object, seen: Set<object> | undefined, depth: number): boolean {
  return Array.isArray(container)
    ? isPlainArray(container, seen, depth)
    : isPlainRecord(container as Record<string, unknown>, seen, depth)
}

function isPlainArray(array: readonly unknown[], seen: Set<object> | undefined, depth: number): boolean {
  if (Object.getPrototypeOf(array) !== Array.prototype) return false
  let known = seen
  for (let i = 0; i < array.length; i++) {
    const item = array[i]
    if (isPlainLeaf(item)) continue
    // A hole reads as undefined, and ends here too.
    if (typeof item !== 'object') return false
    known ??= new Set<object>().add(array)
    if (!isPlainTree(item as object, known, depth + 1)) return false
  }
  return hasOnlyItems(array)
}

function isPlainRecord(
  record: Readonly<Record<string, unknown>>,
  seen: Set<object> | undefined,
  depth: number,
): boolean {
  if (Object.getPrototypeOf(record) !== Object.prototype) return false
  let known = seen
  let count = 0
  let first = ''
  // Not Object.keys: 11 µs against 14 for 10 KB (node 20).
  for (const key in record) {
    if (count++ === 0) first = key
    const item = record[key]
    if (isPlainLeaf(item)) continue
    if (typeof item !== 'object') return false
    known ??= new Set<object>().add(record)
    if (!isPlainTree(item as object, known, depth + 1)) return false
  }
  return count !== 1 || first.charCodeAt(0) !== DOLLAR
}

function isPlainTree(container: object, seen: Set<object>, depth: number): boolean {
  const { size } = seen
  return depth < MAX_DEPTH && seen.add(container).size > size && isPlainContainer(container, seen, depth)
}
