import { CoderError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import { bytesOf, fromBase64 } from './bytes.ts'
import { checkGraphDepth } from './depth.ts'
import { bareError, isPrintable, setPart } from './error-parts.ts'
import { MAX_BIGINT_BITS, MAX_DEPTH, malformed, tooDeep } from './failures.ts'
import { DOLLAR, lengthen, put } from './plain.ts'
import type { Registry } from './registry.ts'
import { temporalOf } from './temporal.ts'

type Fields = Record<string, unknown>

const NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

/**
 * Turns the trees of a `Writer`, as `JSON.parse` returns them, into values. Plain parts become parts of the value as they are;
 * an unknown tag is a `CoderError`. Nothing in the text is executed, no prototype is touched, and nothing is allocated that the
 * text does not hold.
 */
export class Reader {
  readonly #registry: Registry
  // The parts of a graph: as trees, and as objects, which exist before they are filled so that cycles find them.
  #parts: readonly unknown[] = []
  readonly #made = new Map<number, unknown>()
  readonly #begun = new Set<number>()
  /** The number of tags that may still come. After the last one, nothing is left to do. */
  #tags: number

  /** @param tags the largest number of tags in the tree */
  constructor(registry: Registry, tags: number) {
    this.#registry = registry
    this.#tags = tags
  }

  /** The value of a tree. The tree becomes part of it. */
  read(tree: unknown): unknown {
    const parts = isObject(tree) && Object.keys(tree).length === 1 ? (tree as Fields).$graph : undefined
    if (parts === undefined) return this.#read(tree, 0)

    this.#parts = list(parts, '$graph')
    const value = this.#readPart(0, 0)
    checkGraphDepth(value)
    return value
  }

  /** @param part the index in the graph, if the tree is a part of one */
  #read(tree: unknown, depth: number, part?: number): unknown {
    if (!isObject(tree)) return tree
    // One level more than the writer allows, which does not count the tags of primitive values.
    if (depth > MAX_DEPTH) throw tooDeep()
    if (Array.isArray(tree)) return this.#readArray(tree, depth, part)

    let count = 0
    // Not Object.keys, which makes a list for every object: 90 ns against 50 (node 20).
    for (const key in tree) {
      if (count++ === 0) {
        if (key.charCodeAt(0) === DOLLAR) {
          this.#tags--
          if (isOnlyKey(tree)) return this.#readTag(key, (tree as Fields)[key], depth, part)
        }
        this.#begin(part, tree)
      }
      const item = (tree as Fields)[key]
      // JSON.parse made every key an own property, so that assigning to `__proto__` does not set the prototype.
      if (!isObject(item) || !Object.hasOwn(tree, key)) continue
      if (this.#tags <= 0) break
      ;(tree as Fields)[key] = this.#read(item, depth + 1)
    }
    if (count === 0) this.#begin(part, tree)
    return tree
  }

  #readArray(array: unknown[], depth: number, part?: number): unknown[] {
    this.#begin(part, array)
    for (let i = 0; i < array.length && this.#tags > 0; i++)
      if (isObject(array[i])) array[i] = this.#read(array[i], depth + 1)
    return array
  }

  #readTag(tag: string, payload: unknown, depth: number, part: number | undefined): unknown {
    switch (tag) {
      case '$undefined':
        return payload === true ? undefined : fail(tag)
      case '$number':
        return NUMBERS.get(payload) ?? fail(tag)
      case '$bigint':
        return bigintOf(text(payload, tag))
      case '$ref':
        return this.#readPart(payload, depth)
      case '$date':
        return dateOf(payload)
      case '$regexp':
        return regExpOf(list(payload, tag))
      case '$url':
        return urlOf(text(payload, tag))
      case '$bytes':
        return Array.isArray(payload)
          ? bytesOf(payload[0], fromBase64(payload[1]))
          : bytesOf('Buffer', fromBase64(payload))
      case '$map':
        return this.#readMap(list(payload, tag), depth, part)
      case '$set':
        return this.#readSet(list(payload, tag), depth, part)
      case '$array':
        return this.#readSparse(pair(payload, tag), depth, part)
      case '$bare':
        return this.#fill(this.#begin(part, Object.create(null)), fields(payload, tag), depth + 1)
      case '$error':
        return this.#readError(list(payload, tag), depth, part)
      case '$temporal':
        return temporalOf(pair(payload, tag))
      case '$class':
        return this.#readInstance(pair(payload, tag), depth)
      default:
        if (tag.startsWith('$$')) return this.#fill(this.#begin(part, {}), { [tag.slice(1)]: payload }, depth)
        throw new CoderError(
          `The stored value has a tag that is not known here: ${quoted(tag)}. A newer version may have written it.`,
        )
    }
  }

  /** Registers an object as a part of the graph before it is filled. */
  #begin<T extends object>(part: number | undefined, object: T): T {
    if (part !== undefined) this.#made.set(part, object)
    return object
  }

  #readPart(index: unknown, depth: number): unknown {
    if (typeof index !== 'number' || !(index in this.#parts)) throw malformed('$ref')
    if (this.#made.has(index)) return this.#made.get(index)
    // An instance exists only after its payload was read, so it cannot contain itself.
    if (this.#begun.has(index)) throw malformed('$ref')

    this.#begun.add(index)
    const value = this.#read(this.#parts[index], depth, index)
    this.#made.set(index, value)
    return value
  }

  #readMap(entries: unknown[], depth: number, part?: number): unknown {
    const map = this.#begin(part, new Map<unknown, unknown>())
    for (const entry of entries) {
      const [key, value] = pair(entry, '$map')
      map.set(this.#read(key, depth + 3), this.#read(value, depth + 3))
    }
    return map
  }

  #readSet(items: unknown[], depth: number, part?: number): unknown {
    const set = this.#begin(part, new Set<unknown>())
    for (const item of items) set.add(this.#read(item, depth + 2))
    return set
  }

  #readSparse([length, items]: unknown[], depth: number, part?: number): unknown {
    if (typeof length !== 'number' || Object.hasOwn(fields(items, '$array'), 'length')) throw malformed('$array')
    const array: unknown[] = this.#fill(this.#begin(part, []), fields(items, '$array'), depth + 2)
    if (length >>> 0 !== length || length < array.length) throw malformed('$array')
    lengthen(array, length)
    return array
  }

  #readError([className, hidden, own]: unknown[], depth: number, part?: number): unknown {
    const error = this.#begin(part, bareError(className, fields(hidden, '$error')) ?? fail('$error'))
    for (const [trees, isEnumerable] of [[hidden, false] as const, [own, true] as const]) {
      for (const [key, tree] of Object.entries(fields(trees, '$error'))) {
        const value = this.#read(tree, depth + 3)
        if (!isPrintable(key, value)) throw malformed('$error')
        setPart(error, key, value, isEnumerable)
      }
    }
    return error
  }

  #readInstance([name, tree]: unknown[], depth: number): unknown {
    const decode = this.#registry.decodingOf(name)
    return decode(this.#read(tree, depth + 2))
  }

  /** Reads the properties in `trees` into an object. */
  #fill<T extends object>(target: T, trees: Fields, depth: number): T {
    for (const key of Object.keys(trees)) put(target, key, this.#read(trees[key], depth + 1))
    return target
  }
}

function isOnlyKey(tree: object): boolean {
  return Object.keys(tree).length === 1
}

function isObject(tree: unknown): tree is object {
  return typeof tree === 'object' && tree !== null
}

function bigintOf(digits: string): bigint {
  // The length is checked first: ten million digits take seconds to read.
  return digits.length <= MOST_DIGITS && /^-?\d+$/.test(digits) ? BigInt(digits) : fail('$bigint')
}

/** The digits of the longest bigint that is written, with its sign. */
const MOST_DIGITS = Math.ceil(MAX_BIGINT_BITS * Math.log10(2)) + 1

function dateOf(payload: unknown): Date {
  if (payload === null) return new Date(Number.NaN)
  const date = new Date(text(payload, '$date'))
  return Number.isNaN(date.getTime()) ? fail('$date') : date
}

function regExpOf([source, flags]: unknown[]): RegExp {
  try {
    return new RegExp(text(source, '$regexp'), text(flags, '$regexp'))
  } catch {
    // The SyntaxError quotes the stored text.
    throw malformed('$regexp')
  }
}

function urlOf(href: string): URL {
  return URL.canParse(href) ? new URL(href) : fail('$url')
}

function text(payload: unknown, tag: string): string {
  return typeof payload === 'string' ? payload : fail(tag)
}

function list(payload: unknown, tag: string): unknown[] {
  return Array.isArray(payload) ? payload : fail(tag)
}

function pair(payload: unknown, tag: string): unknown[] {
  return Array.isArray(payload) && payload.length === 2 ? payload : fail(tag)
}

function fields(payload: unknown, tag: string): Fields {
  return isObject(payload) && !Array.isArray(payload) ? (payload as Fields) : fail(tag)
}

function fail(tag: string): never {
  throw malformed(tag)
}
