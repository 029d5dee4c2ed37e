import { ConfigError } from '../../../lib/core/errors.ts'
import type { Entry } from '../../../lib/core/types.ts'
import { Capacity, type Limits, type PolicyMaker } from './capacity.ts'
import { estimate, weightOf } from './estimate.ts'
import { KeyIndex } from './key-index.ts'
import { hashOf, secretOf } from './policies/hash.ts'
import { concat } from './policies/lists.ts'
import { EVICTED, EXPIRED, type Owner, REPLACED, Removals } from './removals.ts'
import { Slots } from './slots.ts'

/**
 * Entries by key, within bounds: victims are evicted before a new entry is added, so the bounds hold at every moment.
 *
 * An entry is identified by its slot, a number above 0, as long as it is stored; 0 stands for no entry. Four parts must agree
 * on which slots are used: `slots` has the keys and values, `index` leads from keys to slots, `capacity` has the counts, and
 * its policy the order of eviction. `insert`, `replace` and `remove` are the only places that change more than one of them.
 *
 * Stack overflows. JavaScript may throw a `RangeError` at any call, also in the middle of a change, after which the parts no
 * longer agree. Restoring them would need calls, which fail in the same way. So the catch blocks do nothing but assign
 * `emptyIndex`: from then on no key is found, which is a correct state of a cache, and the next change starts with an empty
 * store. Every catch block in the engine must keep to assignments.
 */
export abstract class Entries {
  readonly removals = new Removals()
  /** Whether values may vanish from the store on their own, as weak ones do. */
  readonly isWeak: boolean = false
  protected readonly capacity: Capacity
  /** What is in each slot. */
  slots: Slots
  protected index: KeyIndex
  readonly #secret: number
  /** The index of a damaged store. */
  protected readonly emptyIndex: KeyIndex
  /** The cache that used the store last. It hears of removals that happen between its calls. */
  protected owner: Owner | undefined
  #evictedWeight = 0

  constructor(limits: Limits, makePolicy: PolicyMaker, seed: number) {
    this.slots = new Slots()
    this.index = new KeyIndex(this.slots)
    this.emptyIndex = new KeyIndex(this.slots)
    this.capacity = new Capacity(limits, makePolicy, seed, this.slots.records)
    this.#secret = secretOf(seed)
  }

  /** Whether an error has interrupted a change. */
  protected get isDamaged(): boolean {
    return this.index === this.emptyIndex
  }

  /** The total weight of all evicted entries. */
  get evictedWeight(): number {
    return this.#evictedWeight
  }

  /** The most entries that are kept; infinite without a bound. */
  get maxEntries(): number {
    return this.capacity.maxEntries
  }

  /** The most that the entries may weigh together; infinite without a bound. */
  get maxBytes(): number {
    return this.capacity.maxBytes
  }

  /** The weight of an entry: by a weigher from its value, by the estimate from its stored form; 1 if entries are not weighed. */
  weigh(value: unknown, kept: unknown, key: string): number {
    const { weigher } = this.capacity.limits
    if (weigher === undefined) return 1
    return weigher === estimate ? estimate(kept, key) : weightOf(weigher, value, key)
  }

  /** The slot of an entry, fresh or not; 0 if there is none. Not a use of the entry. */
  find(id: string, hash = this.hashOf(id)): number {
    return this.index.find(id, hash)
  }

  /** The hash of a key, as the index and the policy know it. */
  hashOf(id: string): number {
    return hashOf(id, this.#secret)
  }

  /** The used slots, in no particular order. The entries may change meanwhile. */
  protected *used(): Generator<number, undefined, undefined> {
    const { slots } = this
    for (const slot of slots.used()) {
      if (this.slots !== slots) return undefined
      yield slot
    }
    return undefined
  }

  /** Counts a read of a missing key. */
  miss(hash: number): void {
    const { index } = this
    try {
      this.capacity.miss(hash)
    } catch (error) {
      this.index = this.emptyIndex
      throw this.repaired(error, index)
    }
  }

  /** Counts a use of an entry. */
  touch(slot: number): void {
    const { index } = this
    try {
      this.capacity.touch(slot)
    } catch (error) {
      this.index = this.emptyIndex
      throw this.repaired(error, index)
    }
  }

  /** Restores the index after an error that is not a stack overflow: the engine itself is consistent then. */
  protected repaired(error: unknown, index: KeyIndex): unknown {
    if (!(error instanceof RangeError)) {
      this.index = index
    }
    return error
  }

  /** The used slots in the order of eviction, the next victim first; in no order if the policy has none. */
  coldest(): Iterable<number> {
    this.finish()
    const { policy, hasPinned } = this.capacity
    const slots = policy?.coldest?.()
    if (slots === undefined) return this.used()
    return hasPinned ? concat(slots, this.#pinned()) : slots
  }

  /** The used slots in the opposite order; `undefined` if the policy does not offer it. */
  hottest(): Iterable<number> | undefined {
    this.finish()
    const { policy, hasPinned } = this.capacity
    const slots = policy?.hottest?.()
    return slots !== undefined && hasPinned ? concat(this.#pinned(), slots) : slots
  }

  /** Completes pending work, so that the caller sees the store as its bounds say. */
  protected abstract finish(): void

  keyAt(slot: number): string {
    return this.slots.keyAt(slot)!
  }

  valueAt(slot: number): unknown {
    return this.slots.valueAt(slot)
  }

  weightAt(slot: number): number {
    return this.capacity.weightOf(slot)
  }

  entryAt(slot: number): Entry {
    return this.slots.entryAt(slot)
  }

  /** Whether a slot is unchanged since `entryAt` returned this entry. */
  isAt(slot: number, entry: Entry): boolean {
    return this.slots.isAt(slot, entry)
  }

  /** Adds a key, and returns its slot; 0 if there can be no room for it. */
  protected insert(id: string, hash: number, weight: number, now: number): number {
    const { capacity } = this
    if (!capacity.accepts(weight)) return 0
    // The slot of the last victim is used again directly, without a detour over the list of free slots.
    let slot = 0
    while (!capacity.fits(weight)) {
      if (slot !== 0) this.slots.vacate(slot)
      slot = this.#takeVictim(weight, now)
      if (slot === 0) return 0
    }
    if (slot === 0) slot = this.#freeSlot()
    this.#add(slot, weight, hash)
    this.slots.take(slot, id, hash)
    this.index.add(slot, hash)
    return slot
  }

  /** Prepares a slot for another value. Returns 0 if the value is too heavy; then the old entry is gone as well. */
  protected replace(slot: number, id: string, value: unknown, weight: number, now: number): number {
    const { slots, capacity } = this
    const before = slots.valueAt(slot)
    const isOver = slots.isOver(slot, now)
    if (isOver || !Object.is(before, value)) this.removals.add(id, before, isOver ? EXPIRED : REPLACED)
    if (capacity.weightOf(slot) === weight) {
      capacity.touch(slot)
      return slot
    }
    // For the policy, an entry with another weight is a new entry.
    capacity.remove(slot)
    if (!this.#makeRoom(weight, now)) {
      this.#detach(slot)
      return 0
    }
    this.#add(slot, weight, slots.records.hash(slot))
    return slot
  }

  /** Evicts one entry to make room for a weight. Returns false if nothing may be evicted. */
  protected evict(weight: number, now: number): boolean {
    const slot = this.#takeVictim(weight, now)
    if (slot === 0) return false
    this.slots.vacate(slot)
    return true
  }

  protected remove(slot: number, now: number, cause: number): void {
    const { index } = this
    try {
      this.capacity.remove(slot)
      this.#noteRemoval(slot, now, cause)
      this.#detach(slot)
    } catch (error) {
      this.index = this.emptyIndex
      throw this.repaired(error, index)
    }
  }

  /** Adds a slot to the counts and the policy. If a user's policy throws, the slot is free again. */
  #add(slot: number, weight: number, hash: number): void {
    try {
      this.capacity.add(slot, weight, hash)
    } catch (error) {
      this.#detach(slot)
      throw error
    }
  }

  #makeRoom(weight: number, now: number): boolean {
    const { capacity } = this
    if (!capacity.accepts(weight)) return false
    while (!capacity.fits(weight)) if (!this.evict(weight, now)) return false
    return true
  }

  /** Evicts an entry, and returns its slot, which still has to be vacated or taken; 0 if nothing may be evicted. */
  #takeVictim(weight: number, now: number): number {
    const { slots, capacity } = this
    const slot = capacity.evict(weight)
    if (slot === 0) return 0
    if (!this.index.remove(slot, slots.records.hash(slot))) {
      throw new ConfigError(`The policy evicted the slot ${slot}, which is not used.`)
    }
    capacity.subtract(slot)
    this.#evictedWeight += capacity.weightOf(slot)
    this.#noteEviction(slot, now)
    return slot
  }

  /** Most evictions are only counted: the key and value of a victim are not in the processor's cache. */
  #noteEviction(slot: number, now: number): void {
    const { owner, removals } = this
    if (owner === undefined || removals.hasListeners || owner.hearsEvicted() || this.slots.isOver(slot, now)) {
      this.#noteRemoval(slot, now, EVICTED)
    } else {
      removals.count(EVICTED, 1)
      owner.countEvicted()
    }
  }

  /** An entry whose time is over has expired, whatever removes it. */
  #noteRemoval(slot: number, now: number, cause: number): void {
    const { slots } = this
    this.removals.add(slots.keyAt(slot)!, slots.valueAt(slot), slots.isOver(slot, now) ? EXPIRED : cause)
  }

  /** The slots of entries that weigh nothing. */
  *#pinned(): Generator<number, void, undefined> {
    for (const slot of this.used()) if (this.capacity.weightOf(slot) === 0) yield slot
  }

  #detach(slot: number): void {
    this.index.remove(slot, this.slots.records.hash(slot))
    this.slots.vacate(slot)
  }

  #freeSlot(): number {
    const { slots } = this
    const slot = slots.vacant()
    if (slot !== 0) return slot
    const length = slots.grow(this.capacity.entryLimit)
    this.index.grow(length)
    this.capacity.grow(length)
    return slots.vacant()
  }
}
