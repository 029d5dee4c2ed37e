import { CoderError } from '../core/errors.ts'
import { type Bytes, bufferOf, bytesClassOf, bytesOf } from './bytes.ts'
import { checkGraphDepth } from './depth.ts'
import { bareError, errorParts } from './error-parts.ts'
import { asCoderError, isHuge, MAX_DEPTH, tooDeep } from './failures.ts'
import { coder, type JsonCoder } from './json.ts'
import { hasMoreThanFields, type Kind, kindOf } from './kinds.ts'
import { define, lengthen, put } from './own.ts'
import { isDense, isPlain, isPlainLeaf } from './plain.ts'

/**
 * A deep copy of a value, of the very same types: what the coders keep is copied as they would bring it back, cycles and
 * shared objects included, and what they refuse is refused with the same `CoderError`. Plain data that is frozen all
 * through is shared, as nobody can change it. 3 to 6 times faster than `structuredClone` on objects (node 20).
 * @param using has the registered classes
 */
export function clone<T>(value: T, using: JsonCoder = coder): T {
  if (isRefused(value)) using.check(value)
  if (typeof value !== 'object' || value === null || isFrozenData(value)) return value
  try {
    const cloning = new Cloning(using)
    const copy = cloning.copy(value, 0) as T
    if (cloning.hasShared) checkGraphDepth(value)
    return copy
  } catch (error) {
    // To say what is wrong and where is the coder's task; it finds the same.
    if (error === REFUSED) using.check(value)
    throw asCoderError(error, 'written')
  }
}

/**
 * Freezes a value through and through, and answers it. What the coders refuse is refused with the same `CoderError`, and
 * nothing is frozen then. JavaScript cannot freeze all that can be kept: bytes stay as they are, and so do RegExps, which
 * write to themselves when used; Maps, Sets and Dates can still be changed by their methods, but what is in a Map or Set is
 * frozen. An instance of a registered class is frozen, what it refers to is not.
 * @param using has the registered classes
 */
export function freeze<T>(value: T, using: JsonCoder = coder): T {
  if (isFrozenData(value)) return value
  using.check(value)
  freezeAll(value, new Set())
  return value
}

const REFUSED = new CoderError('The value cannot be copied.')

function isRefused(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol' || (typeof value === 'bigint' && isHuge(value))
}

class Cloning {
  readonly #using: JsonCoder
  readonly #copies = new Map<object, object>()
  readonly #unfinished = new Set<object>()
  /** Whether an object was met twice. */
  hasShared = false

  constructor(using: JsonCoder) {
    this.#using = using
  }

  copy(original: object, depth: number): object {
    const copy = this.#copies.get(original)
    if (copy !== undefined) {
      this.hasShared = true
      return copy
    }
    if (depth >= MAX_DEPTH) throw tooDeep()
    return this.#copyOf(original, kindOf(original), depth)
  }

  /** Depth is counted as in the text that the JSON coder would write. */
  #copyOf(original: object, kind: Kind, depth: number): object {
    switch (kind) {
      case 'record':
        return this.#fill(this.#begin(original, {}), original, depth + 1)
      case 'bare':
        return this.#fill(this.#begin(original, Object.create(null)), original, depth + 2)
      case 'array':
        return this.#copyArray(original as unknown[], depth)
      case 'map':
        return this.#copyMap(original as Map<unknown, unknown>, depth + 3)
      case 'set':
        return this.#copySet(original as Set<unknown>, depth + 2)
      case 'date':
        return this.#begin(original, new Date((original as Date).getTime()))
      case 'regexp':
        return this.#begin(original, new RegExp((original as RegExp).source, (original as RegExp).flags))
      case 'url':
        return this.#begin(original, new URL((original as URL).href))
      case 'bytes':
        return this.#begin(original, bytesOf(bytesClassOf(original as Bytes), bufferOf(original as Bytes)))
      default:
        return this.#copyInstance(original, kind, depth)
    }
  }

  /** Makes a copy known before it is filled, so that cycles find it. */
  #begin<T extends object>(original: object, copy: T): T {
    this.#copies.set(original, copy)
    return copy
  }

  #item(item: unknown, depth: number): unknown {
    if (typeof item === 'object' && item !== null) return this.copy(item, depth)
    if (isRefused(item)) throw REFUSED
    return item
  }

  #fill<T extends object>(copy: T, original: object, depth: number): T {
    for (const key of Object.keys(original))
      put(copy, key, this.#item((original as Record<string, unknown>)[key], depth))
    return copy
  }

  #copyArray(original: readonly unknown[], depth: number): unknown[] {
    if (!isDense(original)) {
      const sparse = this.#fill(this.#begin(original, [] as unknown[]), original, depth + 3)
      lengthen(sparse, original.length)
      return sparse
    }
    const copy = this.#begin(original, original.slice())
    for (let i = 0; i < copy.length; i++) {
      const item = copy[i]
      if (!isPlainLeaf(item)) copy[i] = this.#item(item, depth + 1)
    }
    return copy
  }

  #copyMap(original: ReadonlyMap<unknown, unknown>, depth: number): object {
    const copy = this.#begin(original, new Map<unknown, unknown>())
    for (const [key, item] of original) copy.set(this.#item(key, depth), this.#item(item, depth))
    return copy
  }

  #copySet(original: ReadonlySet<unknown>, depth: number): object {
    const copy = this.#begin(original, new Set<unknown>())
    for (const item of original) copy.add(this.#item(item, depth))
    return copy
  }

  #copyInstance(original: object, kind: Kind, depth: number): object {
    const { registry, unknownClass } = this.#using
    const encoding = registry.encodingOf(original)
    if (encoding !== undefined) {
      if (this.#unfinished.has(original)) throw REFUSED
      this.#unfinished.add(original)
      const payload = this.#item(encoding.encode(original), depth + 2)
      this.#unfinished.delete(original)
      return this.#begin(original, registry.decodingOf(encoding.name)(payload) as object)
    }
    if (kind === 'error') return this.#copyError(original as Error, depth + 3)
    if (unknownClass === 'error' || hasMoreThanFields(original)) throw REFUSED
    return this.#fill(this.#begin(original, {}), original, depth + 1)
  }

  #copyError(original: Error, depth: number): object {
    const { className, hidden, fields } = errorParts(original)
    const copy = this.#begin(original, bareError(className)!)
    for (const key of Object.keys(hidden)) define(copy, key, this.#item(hidden[key], depth), false)
    for (const key of Object.keys(fields)) define(copy, key, this.#item(fields[key], depth), true)
    return copy
  }
}

function freezeAll(value: unknown, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)

  const kind = kindOf(value)
  if (kind === 'bytes' || kind === 'regexp') return
  Object.freeze(value)
  if (kind === 'other') return
  if (kind === 'error') for (const item of Object.values(errorParts(value as Error).hidden)) freezeAll(item, seen)
  if (kind === 'map') for (const key of (value as Map<unknown, unknown>).keys()) freezeAll(key, seen)
  const items = kind === 'map' || kind === 'set' ? (value as Set<unknown>).values() : Object.values(value)
  for (const item of items) freezeAll(item, seen)
}

const frozenData = new WeakSet<object>()

/** Whether this is plain data that is frozen all through. It is looked at once: nobody can change it after. */
function isFrozenData(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return false
  if (frozenData.has(value)) return true
  if (!isPlain(value) || !isFrozenTree(value)) return false
  frozenData.add(value)
  return true
}

/** Whether a tree of plain data is frozen, and has no getter or symbol in it that would show something else some day. */
function isFrozenTree(tree: object): boolean {
  if (!Object.isFrozen(tree)) return false
  return Reflect.ownKeys(tree).every((key) => {
    const { value } = Object.getOwnPropertyDescriptor(tree, key)!
    return (
      typeof key === 'string' &&
      value !== undefined &&
      (typeof value !== 'object' || value === null || isFrozenTree(value))
    )
  })
}
