import { CoderError } from '../core/errors.ts'
import { type Bytes, bufferOf, bytesClassOf, bytesOf } from './bytes.ts'
import { checkGraphDepth } from './depth.ts'
import { bareError, errorParts, setPart } from './error-parts.ts'
import { asCoderError, isHuge, MAX_DEPTH, tooDeep } from './failures.ts'
import { coder, type JsonCoder } from './json.ts'
import { hasMoreThanFields, type Kind, kindOf } from './kinds.ts'
import { isDense, isPlain, isPlainLeaf, lengthen, put } from './plain.ts'
import { temporalParts } from './temporal.ts'

/**
 * A deep copy of a value, with the same types. Values that the coders keep are copied as they would bring them back, with
 * cycles and shared objects; values that they refuse are refused with the same `CoderError`. Plain data that is deeply frozen
 * is shared, since nobody can change it. 3 to 6 times faster than `structuredClone` on objects (node 20).
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
    // The coder refuses the same value, and its error says what is wrong and where.
    if (error === REFUSED) using.check(value)
    throw asCoderError(error, 'written')
  }
}

/**
 * A value that nobody can change, for a cache that gives it to many. Refuses what the coders refuse, with the same
 * `CoderError`, and freezes nothing then.
 *
 * Objects, arrays, Maps, Sets, Dates and errors are frozen in place, all the way down: the methods that change a Map, Set or
 * Date throw a `TypeError`. Bytes cannot be frozen in JavaScript, nor RegExps, which write to themselves when used, nor Maps,
 * Sets and Dates that were made non-extensible before: a value that holds one is copied instead, here and in every `thawed`.
 * An instance of a registered class is frozen, what it refers to is not.
 * @param using has the registered classes
 */
export function freeze<T>(value: T, using: JsonCoder = coder): T {
  if (isFrozenData(value)) return value
  using.check(value)
  if (!isFreezable(value, new Set())) {
    const copy = clone(value, using)
    unfreezable.add(copy as object)
    return copy
  }
  freezeAll(value, new Set())
  return value
}

/** The form in which to give away a value that `freeze` returned: itself, or a copy if it could not be frozen. */
export function thawed<T>(value: T, using: JsonCoder = coder): T {
  return typeof value === 'object' && value !== null && unfreezable.has(value) ? clone(value, using) : value
}

const unfreezable = new WeakSet<object>()

const REFUSED = new CoderError('The value cannot be copied.')

function isRefused(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol' || (typeof value === 'bigint' && isHuge(value))
}

class Cloning {
  readonly #using: JsonCoder
  readonly #copies = new Map<object, object>()
  readonly #unfinished = new Set<object>()
  /** An object was met twice. */
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

  /** Depth counts the levels of the text that the JSON coder would write. */
  #copyOf(original: object, kind: Kind, depth: number): object {
    switch (kind) {
      case 'record':
        return this.#fill(this.#begin(original, {}), original, depth + 1)
      case 'bare':
        if (Object.getPrototypeOf(original) !== null) return this.#copyInstance(original, kind, depth)
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

  /** Registers a copy before it is filled, so that cycles find it. */
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
    // Not `original.slice()`: an array of another realm would make an array of that realm.
    const copy = this.#begin(original, Array.prototype.slice.call(original))
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
    if (kind === 'bare') return this.#fill(this.#begin(original, Object.create(null)), original, depth + 2)
    if (kind === 'error') return this.#copyError(original as Error, depth + 3)
    // Temporal objects are immutable.
    if (temporalParts(original) !== undefined) return original
    if (unknownClass === 'error' || hasMoreThanFields(original)) throw REFUSED
    return this.#fill(this.#begin(original, {}), original, depth + 1)
  }

  #copyError(original: Error, depth: number): object {
    const { className, hidden, fields } = errorParts(original)
    const copy: Error = this.#begin(original, bareError(className, hidden)!)
    for (const key of Object.keys(hidden)) setPart(copy, key, this.#item(hidden[key], depth), false)
    for (const key of Object.keys(fields)) setPart(copy, key, this.#item(fields[key], depth), true)
    return copy
  }
}

/** The methods that change an object in spite of `Object.freeze`, replaced by methods that throw. */
const CHANGING: { readonly [kind in Kind]?: PropertyDescriptorMap } = {
  map: refusing(Map, /^(set|delete|clear|getOrInsert.*)$/),
  set: refusing(Set, /^(add|delete|clear)$/),
  date: refusing(Date, /^set/),
}

function refusing({ name, prototype }: { name: string; prototype: object }, methods: RegExp): PropertyDescriptorMap {
  const refuse = (): never => {
    throw new TypeError(`This ${name} is frozen, as the cache gives it to others too. Change a copy of it.`)
  }
  const names = Object.getOwnPropertyNames(prototype).filter((method) => methods.test(method))
  return Object.fromEntries(names.map((method) => [method, { value: refuse }]))
}

function isFreezable(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== 'object' || value === null || seen.has(value)) return true
  seen.add(value)

  const kind = kindOf(value)
  if (kind === 'bytes' || kind === 'regexp') return false
  if (CHANGING[kind] !== undefined && !Object.isExtensible(value) && !isProtected(value, kind)) return false
  return partsOf(value, kind).every((part) => isFreezable(part, seen))
}

function freezeAll(value: unknown, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)

  const kind = kindOf(value)
  const changing = CHANGING[kind]
  if (changing !== undefined && !isProtected(value, kind)) Object.defineProperties(value, changing)
  Object.freeze(value)
  for (const part of partsOf(value, kind)) freezeAll(part, seen)
}

/** Tells whether a Map, Set or Date was frozen here before. */
function isProtected(value: object, kind: Kind): boolean {
  return Object.keys(CHANGING[kind]!).every((method) => Object.hasOwn(value, method))
}

/** The values inside a value that are frozen with it. */
function partsOf(value: object, kind: Kind): unknown[] {
  if (kind === 'other') return []
  if (kind === 'map') return [...(value as Map<unknown, unknown>)].flat()
  if (kind === 'set') return [...(value as Set<unknown>)]
  if (kind === 'error') return [...Object.values(errorParts(value as Error).hidden), ...Object.values(value)]
  return Object.values(value)
}

const frozenData = new WeakSet<object>()

/** Recognizes plain data that is deeply frozen. The answer is remembered, since such data cannot change. */
function isFrozenData(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return false
  if (frozenData.has(value)) return true
  if (!isPlain(value) || !isFrozenTree(value)) return false
  frozenData.add(value)
  return true
}

/** Tells whether a tree of plain data is frozen, and has no getters or symbols, whose values may still change. */
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
