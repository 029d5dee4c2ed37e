import { getHeapStatistics } from 'node:v8'
import { ConfigError } from '../../../lib/core/errors.ts'
import { estimate } from './estimate.ts'

/** The most entries that are kept unless another bound is given. */
export const MAX_ENTRIES = 100_000

/** Says what a value weighs. */
export type Weigher<T = unknown> = (value: T, key: string) => number

/** A share of the memory that the process may use, such as `'10%'`. */
export type Percentage = `${number}%`

/** What a store may hold. */
export interface Bounds {
  /** The most entries that are ever kept; `null` for no bound. @default 100 000, or none where `maxBytes` is given */
  maxEntries?: number | null | undefined
  /**
   * What the entries may weigh together at most, in bytes unless a weigher has another measure; `null` for no bound. A percentage
   * is of V8's heap limit, or of the container's memory if that is less. @default null
   */
  maxBytes?: number | Percentage | null | undefined
  /** What one entry may weigh at most: a heavier one is not kept. @default `maxBytes` */
  maxEntryBytes?: number | Percentage | null | undefined
  /**
   * Says what an entry weighs, once, when it is stored: a number from 0 on, of which fractions count as whole. What weighs 0 is
   * never given up for others; it still expires and can be removed. @default an estimate of the bytes that it takes
   */
  weigher?: Weigher | undefined
}

/** The names of the bounds. */
export const BOUNDS: readonly string[] = [
  'maxEntries',
  'maxBytes',
  'maxEntryBytes',
  'weigher',
] satisfies (keyof Bounds)[]

/** What `resize` may change. What is not given stays. */
export interface NewBounds {
  maxEntries?: number | null | undefined
  maxBytes?: number | Percentage | null | undefined
}

/** The bounds of a store, checked; infinite where there is none. */
export interface Limits {
  readonly entries: number
  readonly bytes: number
  readonly entryBytes: number
  /** Absent when entries need not be weighed. */
  readonly weigher: Weigher | undefined
}

/** The limits that are meant by bounds. Throws `ConfigError` when they are none. */
export function limitsOf({ maxEntries, maxBytes, maxEntryBytes, weigher }: Bounds): Limits {
  if (weigher !== undefined && typeof weigher !== 'function') {
    throw new ConfigError(`weigher must be a function that says what a value weighs, not ${typeof weigher}.`)
  }
  const bytes = bytesOf('maxBytes', maxBytes ?? null)
  const entryBytes = bytesOf('maxEntryBytes', maxEntryBytes ?? null)
  const isWeighed =
    bytes !== Number.POSITIVE_INFINITY || entryBytes !== Number.POSITIVE_INFINITY || weigher !== undefined
  const entries = maxEntries === undefined && bytes === Number.POSITIVE_INFINITY ? MAX_ENTRIES : (maxEntries ?? null)
  return {
    entries: limitOf('maxEntries', entries),
    bytes,
    entryBytes,
    weigher: isWeighed ? (weigher ?? estimate) : undefined,
  }
}

/** A bound as a number. */
export function limitOf(name: string, bound: number | null): number {
  if (bound === null || bound === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
  if (Number.isSafeInteger(bound) && bound > 0) return bound
  throw new ConfigError(`${name} must be a whole number above 0, or null for no bound, not ${String(bound)}.`)
}

/** A bound of weights as a number. */
export function bytesOf(name: string, bound: number | Percentage | null): number {
  if (typeof bound !== 'string') return limitOf(name, bound)
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(bound) ?? []
  const bytes = Math.floor((Number(percent) / 100) * memoryLimit())
  if (bytes >= 1 && Number(percent) <= 100) return bytes
  throw new ConfigError(
    `${name} must be a number of bytes, a percentage such as '10%', or null for no bound, not ${JSON.stringify(bound)}.`,
  )
}

/** The bytes that the process may use: V8's heap limit, or the memory of its container if that is less. */
export function memoryLimit(): number {
  const heap = getHeapStatistics().heap_size_limit
  // 0 and absurd numbers stand for no constraint.
  const container = process.constrainedMemory?.() ?? 0
  return container > 0 ? Math.min(heap, container) : heap
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
