import { ConfigError } from '../../../lib/core/errors.ts'
import { bytesOf, type Limits, limitOf, type NewBounds } from './bounds.ts'
import { longer } from './policies/arrays.ts'
import type { EvictionPolicy } from './policies/policy.ts'
import type { Records } from './policies/records.ts'
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
export class Room {
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
