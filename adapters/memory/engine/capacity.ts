import { getHeapStatistics } from 'node:v8'
import { ConfigError } from '../../../lib/core/errors.ts'
import { estimate, type Weigher } from './estimate.ts'
import type { EvictionPolicy } from './policies/policy.ts'
import type { Records } from './policies/records.ts'
import { longer } from './policies/records.ts'
import { NEVER, type Slots } from './slots.ts'

/** What makes the policy of a store. */
export type PolicyMaker = (capacity: number, seed: number, records: Records) => EvictionPolicy

/** By how much what is kept may differ from what the policy thinks that fits before it is told. */
const SLACK = 1 / 8

/**
 * How much there may be, how much there is, and the policy that says what goes. Where entries are weighed, the policy counts in
 * weights; what weighs nothing is none of its business, so that it is never given up.
 *
 * After `resize` to less there may be as much as there was, and ever less, until the new bounds are reached.
 */
export class Capacity {
  readonly limits: Limits
  readonly #makePolicy: PolicyMaker
  readonly #seed: number
  #records: Records
  #policy: EvictionPolicy | undefined
  /** What the policy was told that fits. */
  #capacity = 0
  #maxEntries: number
  #maxBytes: number
  #mostEntries: number
  #mostBytes: number
  #weights: Float64Array<ArrayBuffer> | undefined
  #slots = 0
  #entries = 0
  #weight = 0
  #pinned = 0

  constructor(limits: Limits, makePolicy: PolicyMaker, seed: number, records: Records) {
    this.limits = limits
    this.#makePolicy = makePolicy
    this.#seed = seed
    this.#records = records
    this.#mostEntries = this.#maxEntries = limits.entries
    this.#mostBytes = this.#maxBytes = limits.bytes
    if (limits.weigher !== undefined) this.#weights = new Float64Array(0)
    this.#beginPolicy()
  }

  get maxEntries(): number {
    return this.#maxEntries
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** What is kept at most at the moment. */
  get mostEntries(): number {
    return this.#mostEntries
  }

  get policy(): EvictionPolicy | undefined {
    return this.#policy
  }

  /** Whether there is something that the policy does not know of, as it weighs nothing. */
  get hasPinned(): boolean {
    return this.#pinned !== 0
  }

  /** How many entries there are. */
  get entries(): number {
    return this.#entries
  }

  /** What all entries weigh together: as many as there are where they are not weighed. */
  get weight(): number {
    return this.#weights === undefined ? this.#entries : this.#weight
  }

  weightOf(slot: number): number {
    return this.#weights === undefined ? 1 : this.#weights[slot]!
  }

  grow(slots: number): void {
    this.#slots = slots
    if (this.#weights !== undefined) this.#weights = longer(this.#weights, slots)
    this.#policy?.grow?.(slots)
  }

  /** Whether an entry could be kept if it were alone. */
  takes(weight: number): boolean {
    return this.#weights === undefined || (weight <= this.#maxBytes && weight <= this.limits.entryBytes)
  }

  /** Whether there is room for one more entry. */
  fits(weight: number): boolean {
    return (
      this.#entries < this.#mostEntries && (this.#weights === undefined || this.#weight + weight <= this.#mostBytes)
    )
  }

  /** A use of the entry in a slot. */
  touch(slot: number): void {
    if (this.#pinned === 0 || this.#weights![slot] !== 0) this.#policy?.touch(slot)
  }

  /** A key was read that is not there. */
  miss(hash: number): void {
    this.#policy?.miss?.(hash)
  }

  /** An entry is in a slot from now on. */
  come(slot: number, weight: number, hash: number): void {
    if (weight !== 0) this.#policy?.admit(slot, hash, weight)
    this.#entries++
    if (this.#weights === undefined) return
    this.#weights[slot] = weight
    this.#weight += weight
    if (weight === 0) this.#pinned++
  }

  /** The entry in a slot is gone. */
  go(slot: number): void {
    if (this.left(slot)) this.#policy?.remove(slot)
  }

  /** The slot of an entry that the policy gives up for another one of that weight; 0 when there is none that may go. */
  evict(weight: number): number {
    if (!this.canEvict) return 0
    if (this.#weights !== undefined && this.#entries >= this.#mostEntries) this.#fitPolicy()
    return this.#policy!.evict(weight)
  }

  get canEvict(): boolean {
    return this.#policy !== undefined && this.#entries > this.#pinned
  }

  /** Counts an entry out, and answers whether the policy knew it. */
  left(slot: number): boolean {
    this.#entries--
    if (this.#weights === undefined) return true
    const weight = this.#weights[slot]!
    this.#weight -= weight
    if (weight === 0) this.#pinned--
    return weight !== 0
  }

  /** Forgets all entries. `slots` are those in which they were; those to come have other records. */
  clear(slots: Iterable<number>, records: Records): void {
    this.#records = records
    this.#entries = this.#weight = this.#pinned = 0
    this.#slots = 0
    const before = this.#policy
    const weights = this.#weights
    if (weights !== undefined) this.#weights = new Float64Array(0)
    this.#beginPolicy()
    if (before === undefined || this.#policy !== before) return
    for (const slot of slots) if (weights === undefined || weights[slot] !== 0) before.remove(slot)
  }

  /** Sets other bounds for what is in the slots. */
  resize({ maxEntries, maxBytes }: NewBounds, slots: Slots): void {
    const entries = maxEntries === undefined ? this.#maxEntries : limitOf('maxEntries', maxEntries)
    const bytes = maxBytes === undefined ? this.#maxBytes : bytesOf('maxBytes', maxBytes)
    if (bytes !== NEVER && this.#weights === undefined) {
      throw new ConfigError(
        'maxBytes can be set only where entries are weighed: give maxBytes or a weigher from the start.',
      )
    }
    this.#maxEntries = entries
    this.#maxBytes = bytes
    this.settle()
    if (this.#policy === undefined || this.#ownCapacity() === NEVER) this.#adopt(slots)
    else this.#tellPolicy(this.#ownCapacity())
  }

  /** Whether there is more than the bounds allow since they were made less. */
  get isOver(): boolean {
    return this.#entries > this.#maxEntries || this.#weight > this.#maxBytes
  }

  /** What is there at the moment, or what the bounds allow if that is more, is the most from now on. */
  settle(): void {
    this.#mostEntries = Math.max(this.#maxEntries, this.#entries)
    this.#mostBytes = Math.max(this.#maxBytes, this.#weight)
  }

  #ownCapacity(): number {
    return this.#maxBytes === NEVER ? this.#maxEntries : this.#maxBytes
  }

  #beginPolicy(): void {
    this.#capacity = this.#ownCapacity()
    this.#policy = this.#capacity === NEVER ? undefined : this.#makePolicy(this.#capacity, this.#seed, this.#records)
    if (this.#slots !== 0) this.#policy?.grow?.(this.#slots)
  }

  /** Begins a policy that knows what is there. */
  #adopt(slots: Slots): void {
    this.#beginPolicy()
    for (const slot of slots.used()) {
      const weight = this.weightOf(slot)
      if (weight !== 0) this.#policy?.admit(slot, slots.records.hash(slot), weight)
    }
  }

  #tellPolicy(capacity: number): void {
    this.#capacity = capacity
    this.#policy!.resize?.(capacity)
  }

  /** When it is their number that bounds the entries, the policy shares out what so many weigh. */
  #fitPolicy(): void {
    if (this.#maxBytes === NEVER || Math.abs(this.#weight / this.#capacity - 1) < SLACK) return
    this.#tellPolicy(this.#weight)
  }
}

/** The most entries that are kept unless another bound is given. */
export const MAX_ENTRIES = 100_000

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
