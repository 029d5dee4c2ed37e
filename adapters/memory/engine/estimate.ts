import { ConfigError } from '../../../lib/core/errors.ts'

/** Says what a value weighs. */
export type Weigher<T = unknown> = (value: T, key: string) => number

/**
 * What an entry takes beside its key and value, its slot, its place in the index, and what bounds and policy know of it: 74 bytes
 * when the arrays are full, 145 when they have just grown (by the heap, 520 000 and 530 000 entries).
 */
const ENTRY = 100

/** The most values that are looked at within one. What there is beyond them is taken to be like them. */
const LOOKS = 256

/** The most characters of a text that are looked at to see whether it needs two bytes for each. */
const CHARACTERS = 32

/**
 * About how many bytes of memory an entry takes. It is an estimate, made for being fast and bounded: of what is large a part is
 * looked at, and an object that is in it twice, or in itself, counts once. Code of the value is not run, but for getters of its own.
 */
export function estimate(value: unknown, key: string): number {
  return ENTRY + sizeOfText(key) + new Estimate().of(value)
}

class Estimate {
  #looks = LOOKS
  #seen: Set<object> | undefined

  /** The bytes that a value takes beside the place that refers to it. */
  of(value: unknown): number {
    this.#looks--
    switch (typeof value) {
      case 'string':
        return sizeOfText(value)
      case 'number':
        return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 0 : 16
      case 'bigint':
        return 32
      case 'object':
        return value === null ? 0 : this.#ofObject(value)
      case 'function':
        return 64
      default:
        return 0
    }
  }

  #ofObject(object: object): number {
    if (this.#seen?.has(object)) return 0
    this.#seen ??= new Set()
    this.#seen.add(object)

    if (Array.isArray(object)) return 32 + 8 * object.length + this.#ofAll(object, object.length)
    if (ArrayBuffer.isView(object)) return 128 + object.byteLength
    if (object instanceof ArrayBuffer || object instanceof SharedArrayBuffer) return 96 + object.byteLength
    if (object instanceof Map) return 96 + 32 * object.size + this.#ofAll(flattened(object), 2 * object.size)
    if (object instanceof Set) return 96 + 20 * object.size + this.#ofAll(object, object.size)
    if (object instanceof Date) return 64
    return this.#ofFields(object)
  }

  /** What is in a collection, as far as it is looked at, and as if the rest were like that. */
  #ofAll(values: Iterable<unknown>, count: number): number {
    let bytes = 0
    let looked = 0
    for (const value of values) {
      if (this.#looks <= 0) break
      bytes += this.of(value)
      looked++
    }
    return looked === 0 ? 0 : (bytes * count) / looked
  }

  #ofFields(object: object): number {
    const names = Object.keys(object)
    return 24 + 8 * names.length + this.#ofAll(fieldsOf(object, names), names.length)
  }
}

function* fieldsOf(object: object, names: readonly string[]): Generator<unknown> {
  for (const name of names) {
    try {
      yield (object as Record<string, unknown>)[name]
    } catch {
      yield undefined
    }
  }
}

function* flattened(map: ReadonlyMap<unknown, unknown>): Generator<unknown> {
  for (const pair of map) yield* pair
}

/** The bytes of a text: one or two for each character, and its head. */
function sizeOfText(text: string): number {
  const step = Math.max(1, Math.floor(text.length / CHARACTERS))
  let isWide = false
  for (let i = 0; i < text.length && !isWide; i += step) isWide = text.charCodeAt(i) > 0xff
  return 8 * Math.ceil((12 + (isWide ? 2 : 1) * text.length) / 8)
}

/** What an entry weighs. What the weigher throws, or a weight that is none, is a `ConfigError` with the cause. */
export function weightOf(weigher: Weigher, value: unknown, key: string): number {
  let weight: unknown
  try {
    weight = weigher(value, key)
  } catch (cause) {
    throw new ConfigError(`The weigher failed for the key ${JSON.stringify(key)}.`, 'E_CONFIG', { cause })
  }
  if (typeof weight === 'number' && weight >= 0 && weight < Number.POSITIVE_INFINITY) return Math.ceil(weight)
  throw new ConfigError(`The weigher must give a number from 0 on, not ${String(weight)}.`)
}
