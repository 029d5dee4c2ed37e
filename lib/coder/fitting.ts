import { checkGraphDepth } from './depth.ts'
import { isHuge, MAX_DEPTH } from './failures.ts'
import { isBuiltIn, type Kind, kindOf } from './kinds.ts'
import { isDense } from './plain.ts'

/** What a binary format brings back exactly as it was, beyond booleans, null, undefined and bigints. */
export interface Format {
  /** Objects that are met twice stay one object, cycles among them. */
  readonly keepsIdentity: boolean
  /** Knows objects by their internal slots, not by their constructor: then those of another realm too. */
  readonly keepsForeign: boolean
  keepsText(text: string): boolean
  keepsKey(key: string): boolean
  keepsNumber(number: number): boolean
  /** Objects that are no arrays and have no values in them that would have to be looked at. */
  keepsLeaf(value: object, kind: Kind): boolean
}

/** Whether a format brings a whole value back exactly as it is: nothing is written, every part is looked at. */
export function fits(value: unknown, format: Format): boolean {
  const fitting = new Fitting(format)
  if (!fitting.fits(value, 0)) return false
  if (fitting.hasShared) checkGraphDepth(value)
  return true
}

class Fitting {
  readonly #format: Format
  readonly #seen = new Set<object>()
  /** Whether an object was met twice. */
  hasShared = false

  constructor(format: Format) {
    this.#format = format
  }

  fits(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        return this.#format.keepsText(value)
      case 'number':
        return this.#format.keepsNumber(value)
      case 'object':
        return value === null || this.#fitsObject(value, depth)
      case 'boolean':
      case 'undefined':
        return true
      case 'bigint':
        return !isHuge(value)
      default:
        return false
    }
  }

  #fitsObject(value: object, depth: number): boolean {
    const { size } = this.#seen
    if (depth >= MAX_DEPTH) return false
    if (this.#seen.add(value).size === size) {
      this.hasShared = true
      return this.#format.keepsIdentity
    }

    const kind = kindOf(value)
    if (!this.#format.keepsForeign && isForeign(value, kind)) return false
    switch (kind) {
      case 'record':
        return this.#fitsRecord(value as Record<string, unknown>, depth)
      // Depth is counted as in the text that the JSON coder would write.
      case 'array':
        return isDense(value as unknown[]) && this.#fitsAll(value as unknown[], depth + 1)
      case 'set':
        return this.#fitsAll(value as Set<unknown>, depth + 2)
      case 'map':
        return this.#fitsMap(value as Map<unknown, unknown>, depth + 3)
      default:
        return this.#format.keepsLeaf(value, kind)
    }
  }

  #fitsRecord(record: Record<string, unknown>, depth: number): boolean {
    for (const key of Object.keys(record))
      if (!this.#format.keepsKey(key) || !this.fits(record[key], depth + 1)) return false
    return true
  }

  #fitsMap(map: ReadonlyMap<unknown, unknown>, depth: number): boolean {
    for (const [key, value] of map) if (!this.fits(key, depth) || !this.fits(value, depth)) return false
    return true
  }

  #fitsAll(values: Iterable<unknown>, depth: number): boolean {
    for (const value of values) if (!this.fits(value, depth)) return false
    return true
  }
}

/** Whether an object is of another realm, as those that cross between vm contexts are, and jest's test files. */
function isForeign(value: object, kind: Kind): boolean {
  return kind !== 'record' && kind !== 'array' && !isBuiltIn(Object.getPrototypeOf(value) ?? Object.prototype)
}
