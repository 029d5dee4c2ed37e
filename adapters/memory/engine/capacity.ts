import { getHeapStatistics } from 'node:v8'
import { ConfigError } from '../../../lib/core/errors.ts'
import { estimate, type Weigher } from './estimate.ts'
import type { EvictionPolicy } from './policies/policy.ts'
import { longer, type Records } from './policies/records.ts'
import { NEVER, type Slots } from './slots.ts'

/** The bound of a store without other bounds, in entries. */
export const MAX_ENTRIES = 100_000

/** A share of the memory that the process may use, such as `'10%'`. */
export type Percentage = `${number}%`

/** The bounds of a store. */
export interface Bounds {
  /** The most entries that are ever kept; `null` for no bound. @default 100 000, or none if `maxBytes` is given */
  maxEntries?: number | null | undefined
  /**
   * The most that all entries may weigh together, in bytes or in the unit of the weigher; `null` for no bound. A percentage is
   * of V8's heap limit, or of the container's memory if that is less. @default null
   */
  maxBytes?: number | Percentage | null | undefined
  /** The most that one entry may weigh; a heavier one is not stored. @default `maxBytes` */
  maxEntryBytes?: number | Percentage | null | undefined
  /**
   * Returns the weight of an entry, a number that is not negative; called once, when the entry is stored. Fractions are
   * rounded up. An entry that weighs 0 is never evicted, but it expires and can be removed. @default an estimate of its bytes
   */
  weigher?: Weigher | undefined
}

/** The names of the bounds among the options. */
export const BOUNDS: readonly string[] = [
  'maxEntries',
  'maxBytes',
  'maxEntryBytes',
  'weigher',
] satisfies (keyof Bounds)[]

/** The bounds that `resize` changes. A bound that is not given stays. */
export type NewBounds = Pick<Bounds, 'maxEntries' | 'maxBytes'>

/** Bounds after validation; infinite where there is none. */
export interface Limits {
  readonly entries: number
  readonly bytes: number
  readonly entryBytes: number
  /** `undefined` if entries are not weighed. */
  readonly weigher: Weigher | undefined
}

/** Creates the policy of a store. */
export type PolicyMaker = (capacity: number, seed: number, records: Records) => EvictionPolicy

/** How far the total weight may be from the policy's capacity, as a share of it, before the policy is resized. */
const SLACK = 1 / 8

/**
 * How much may be stored, how much is stored, and the policy that chooses what to evict.
 *
 * If entries are weighed, the policy counts in weights, and never learns of entries that weigh nothing: so they are never
 * evicted. After a `resize` to less, the limit in force is what is there: it falls with every eviction until it reaches the
 * new bound, and never rises.
 */
export class Capacity {
  readonly limits: Limits
  readonly #makePolicy: PolicyMaker
  readonly #seed: number
  #records: Records
  /** `undefined` if nothing is bounded. Like the next three, it is written in this class only. */
  policy: EvictionPolicy | undefined
  maxEntries: number
  maxBytes: number
  /** The most entries that there may be at the moment: above `maxEntries` only while the store shrinks. */
  entryLimit: number
  /** The capacity that the policy has been given. */
  #policyCapacity = 0
  #byteLimit: number
  /** The weight of each slot, if entries are weighed. */
  #weights: Float64Array<ArrayBuffer> | undefined
  #slots = 0
  #entries = 0
  #weight = 0
  /** The number of entries that weigh nothing. */
  #pinned = 0

  constructor(limits: Limits, makePolicy: PolicyMaker, seed: number, records: Records) {
    this.limits = limits
    this.#makePolicy = makePolicy
    this.#seed = seed
    this.#records = records
    this.entryLimit = this.maxEntries = limits.entries
    this.#byteLimit = this.maxBytes = limits.bytes
    if (limits.weigher !== undefined) this.#weights = new Float64Array(0)
    this.#startPolicy()
  }

  /** Whether there are entries that weigh nothing, which the policy does not know. */
  get hasPinned(): boolean {
    return this.#pinned !== 0
  }

  /** The number of entries. */
  get entries(): number {
    return this.#entries
  }

  /** The total weight of the entries; their number if they are not weighed. */
  get weight(): number {
    return this.#weights === undefined ? this.#entries : this.#weight
  }

  weightOf(slot: number): number {
    return this.#weights === undefined ? 1 : this.#weights[slot]!
  }

  grow(slots: number): void {
    this.#slots = slots
    if (this.#weights !== undefined) this.#weights = longer(this.#weights, slots)
    this.policy?.grow?.(slots)
  }

  /** Whether an entry of this weight may be stored at all. */
  accepts(weight: number): boolean {
    return this.#weights === undefined || (weight <= this.maxBytes && weight <= this.limits.entryBytes)
  }

  /** Whether an entry of this weight can be added without an eviction. */
  fits(weight: number): boolean {
    return this.#entries < this.entryLimit && (this.#weights === undefined || this.#weight + weight <= this.#byteLimit)
  }

  /** Reports a use of an entry to the policy. */
  touch(slot: number): void {
    if (this.#pinned === 0 || this.#weights![slot] !== 0) this.policy?.touch(slot)
  }

  /** Reports a read of a missing key to the policy. */
  miss(hash: number): void {
    this.policy?.miss?.(hash)
  }

  /** Adds the entry in a slot. */
  add(slot: number, weight: number, hash: number): void {
    if (weight !== 0) this.policy?.admit(slot, hash, weight)
    this.#entries++
    if (this.#weights === undefined) return
    this.#weights[slot] = weight
    this.#weight += weight
    if (weight === 0) this.#pinned++
  }

  /** Removes the entry in a slot. */
  remove(slot: number): void {
    if (this.subtract(slot)) this.policy?.remove(slot)
  }

  /** Lets the policy choose a victim to make room for a weight. Returns its slot, or 0 if nothing may be evicted. */
  evict(weight: number): number {
    if (!this.canEvict) return 0
    if (this.#weights !== undefined && this.#entries >= this.entryLimit) this.#fitPolicy()
    return this.policy!.evict(weight)
  }

  get canEvict(): boolean {
    return this.policy !== undefined && this.#entries > this.#pinned
  }

  /** Subtracts an entry from the counts only. Returns whether the policy knows it. */
  subtract(slot: number): boolean {
    this.#entries--
    if (this.#weights === undefined) return true
    const weight = this.#weights[slot]!
    this.#weight -= weight
    if (weight === 0) this.#pinned--
    return weight !== 0
  }

  /** Forgets all entries, which were in `slots`. Later entries have other records. */
  clear(slots: Iterable<number>, records: Records): void {
    this.#records = records
    this.#entries = this.#weight = this.#pinned = 0
    this.#slots = 0
    const before = this.policy
    const weights = this.#weights
    if (weights !== undefined) this.#weights = new Float64Array(0)
    this.#startPolicy()
    if (before === undefined || this.policy !== before) return
    for (const slot of slots) if (weights === undefined || weights[slot] !== 0) before.remove(slot)
  }

  /** Changes the bounds. Entries that are now too many stay until the store evicts them. */
  resize({ maxEntries, maxBytes }: NewBounds, slots: Slots): void {
    const entries = maxEntries === undefined ? this.maxEntries : limitOf('maxEntries', maxEntries)
    const bytes = maxBytes === undefined ? this.maxBytes : bytesOf('maxBytes', maxBytes)
    if (bytes !== NEVER && this.#weights === undefined) {
      throw new ConfigError(
        'maxBytes can only be set if entries are weighed. Give maxBytes or a weigher to the constructor.',
      )
    }
    this.maxEntries = entries
    this.maxBytes = bytes
    this.tighten()
    if (this.policy === undefined || this.#capacity() === NEVER) this.#restartPolicy(slots)
    else this.#resizePolicy(this.#capacity())
  }

  /** Whether there is more than the bounds allow, after `resize` has lowered them. */
  get isExceeded(): boolean {
    return this.#entries > this.maxEntries || this.#weight > this.maxBytes
  }

  /** Lowers the limits in force to what is there, or to the bounds. */
  tighten(): void {
    this.entryLimit = Math.max(this.maxEntries, this.#entries)
    this.#byteLimit = Math.max(this.maxBytes, this.#weight)
  }

  #capacity(): number {
    return this.maxBytes === NEVER ? this.maxEntries : this.maxBytes
  }

  #startPolicy(): void {
    const capacity = this.#capacity()
    this.#policyCapacity = capacity
    this.policy = capacity === NEVER ? undefined : this.#makePolicy(capacity, this.#seed, this.#records)
    if (this.#slots !== 0) this.policy?.grow?.(this.#slots)
  }

  /** Starts a policy that knows the present entries. */
  #restartPolicy(slots: Slots): void {
    this.#startPolicy()
    for (const slot of slots.used()) {
      const weight = this.weightOf(slot)
      if (weight !== 0) this.policy?.admit(slot, slots.records.hash(slot), weight)
    }
  }

  #resizePolicy(capacity: number): void {
    this.#policyCapacity = capacity
    this.policy!.resize?.(capacity)
  }

  /** If weighed entries are bounded by number, the capacity of the policy is what that number of them weighs. */
  #fitPolicy(): void {
    if (this.maxBytes === NEVER || Math.abs(this.#weight / this.#policyCapacity - 1) < SLACK) return
    this.#resizePolicy(this.#weight)
  }
}

/** Validates bounds. Throws `ConfigError`. */
export function limitsOf({ maxEntries, maxBytes, maxEntryBytes, weigher }: Bounds): Limits {
  if (weigher !== undefined && typeof weigher !== 'function') {
    throw new ConfigError(`weigher must be a function that returns the weight of a value, not ${typeof weigher}.`)
  }
  const bytes = bytesOf('maxBytes', maxBytes ?? null)
  const entryBytes = bytesOf('maxEntryBytes', maxEntryBytes ?? null)
  const isWeighed = bytes !== NEVER || entryBytes !== NEVER || weigher !== undefined
  const entries = maxEntries === undefined && bytes === NEVER ? MAX_ENTRIES : (maxEntries ?? null)
  return {
    entries: limitOf('maxEntries', entries),
    bytes,
    entryBytes,
    weigher: isWeighed ? (weigher ?? estimate) : undefined,
  }
}

function limitOf(name: string, bound: number | null): number {
  if (bound === null || bound === NEVER) return NEVER
  if (Number.isSafeInteger(bound) && bound > 0) return bound
  throw new ConfigError(`${name} must be a whole number above 0, or null for no bound, not ${String(bound)}.`)
}

function bytesOf(name: string, bound: number | Percentage | null): number {
  if (typeof bound !== 'string') return limitOf(name, bound)
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(bound) ?? []
  const bytes = Math.floor((Number(percent) / 100) * memoryLimit())
  if (bytes >= 1 && Number(percent) <= 100) return bytes
  throw new ConfigError(
    `${name} must be a number of bytes, a percentage such as '10%', or null for no bound, not ${JSON.stringify(bound)}.`,
  )
}

/** The bytes that the process may use: V8's heap limit, or the memory of its container if that is less. */
function memoryLimit(): number {
  const heap = getHeapStatistics().heap_size_limit
  // 0 and absurdly large numbers mean that there is no constraint.
  const container = process.constrainedMemory?.() ?? 0
  return container > 0 ? Math.min(heap, container) : heap
}
