import { ConfigError } from '../../../lib/core/errors.ts'
import type { Entry } from '../../../lib/core/types.ts'

import { Capacity, type Limits, type PolicyMaker } from './capacity.ts'
import { estimate, weightOf } from './estimate.ts'
import { KeyIndex } from './key-index.ts'
import { hashOf, secretOf } from './policies/hash.ts'
import { chained } from './policies/lists.ts'
import { EVICTED, EXPIRED, type Owner, REPLACED, Removals } from './removals.ts'
import { NEVER, Slots } from './slots.ts'

/**
 * Entries by their keys, within bounds: what has to go goes before a new one comes. An entry is known by its slot, a number, as
 * long as it is there; 0 is none.
 */
export abstract class Entries {
  readonly removals = new Removals()
  protected readonly capacity: Capacity
  protected slots: Slots
  protected index: KeyIndex
  readonly #secret: number
  /**
   * Whether an error came in the middle of a change: the stack or the memory was at its end. Nothing is found from then on, and the
   * next change begins with an empty store. Where it happens no function can be called any more, so there are assignments only.
   */
  protected get isDamaged(): boolean {
    return this.index === this.emptyIndex
  }

  /** Stands in for the index of a damaged store. */
  protected readonly emptyIndex: KeyIndex
  /** Who used the store last: what is removed is told to it. */
  protected owner: Owner | undefined
  #evictedWeight = 0

  constructor(limits: Limits, makePolicy: PolicyMaker, seed: number) {
    this.slots = new Slots()
    this.index = new KeyIndex(this.slots)
    this.emptyIndex = new KeyIndex(this.slots)
    this.capacity = new Capacity(limits, makePolicy, seed, this.slots.records)
    this.#secret = secretOf(seed)
  }

  /** What all that was evicted weighed. */
  get evictedWeight(): number {
    return this.#evictedWeight
  }

  /** The most entries that are kept; infinite without a bound. */
  get maxEntries(): number {
    return this.capacity.maxEntries
  }

  /** What the entries may weigh together; infinite without a bound. */
  get maxBytes(): number {
    return this.capacity.maxBytes
  }

  /** What an entry weighs: a weigher is given its value, the estimate what is kept of it; 1 where entries are not weighed. */
  weigh(value: unknown, kept: unknown, key: string): number {
    const { weigher } = this.capacity.limits
    if (weigher === undefined) return 1
    return weigher === estimate ? estimate(kept, key) : weightOf(weigher, value, key)
  }

  /** The slot of an entry, be it fresh or not; 0 when there is none. Does not count as a use. */
  find(key: string, hash = this.hashOf(key)): number {
    return this.index.find(key, hash)
  }

  /** The hash of a key, as it is known to the index and to the policy. */
  hashOf(key: string): number {
    return hashOf(key, this.#secret)
  }

  /** The slots in which entries are, in no order. They may change meanwhile. */
  protected *used(): Generator<number, undefined, undefined> {
    const { slots } = this
    for (const slot of slots.used()) {
      if (this.slots !== slots) return undefined
      yield slot
    }
    return undefined
  }

  /** Tells the policy that a key was read that is not there. */
  miss(hash: number): void {
    const { index } = this
    try {
      this.capacity.miss(hash)
    } catch (error) {
      this.index = this.emptyIndex
      throw this.judged(error, index)
    }
  }

  /** The slots of what is kept, those that would go first at the front; in no order where there is none. */
  coldest(): Iterable<number> {
    this.finish()
    const { policy, hasPinned } = this.capacity
    const slots = policy?.coldest?.()
    if (slots === undefined) return this.used()
    return hasPinned ? chained(slots, this.pinned()) : slots
  }

  /** Does at once what is left to do, for somebody who wants to know what is there. */
  protected abstract finish(): void

  /** Counts a use of an entry. */
  touch(slot: number): void {
    const { index } = this
    try {
      this.capacity.touch(slot)
    } catch (error) {
      this.index = this.emptyIndex
      throw this.judged(error, index)
    }
  }

  /** Takes the damage back if an error is none of the engine's: of a policy of the user, or a mistake. */
  protected judged(error: unknown, index: KeyIndex): unknown {
    if (!(error instanceof RangeError)) {
      this.index = index
    }
    return error
  }

  keyAt(slot: number): string {
    return this.slots.keyAt(slot)!
  }

  valueAt(slot: number): unknown {
    return this.slots.valueAt(slot)
  }

  weightAt(slot: number): number {
    return this.capacity.weightOf(slot)
  }

  /** The tags of the entry in a slot. */
  tagsAt(slot: number): readonly string[] | undefined {
    return this.slots.tagsAt(slot)
  }

  /** Whether the entry in a slot will stop being fresh: if not, nobody has to look at the clock. */
  isMortal(slot: number): boolean {
    return this.slots.isMortal(slot)
  }

  /** Whether the entry in a mortal slot is fresh for certain; of one that lives for more than 31 days it is not always. */
  isFresh(slot: number, now: number): boolean {
    return this.slots.isFresh(slot, now)
  }

  /** When the entry in a slot stops being fresh; `NEVER` is infinite. */
  expiresAt(slot: number): number {
    return this.slots.expiresAt(slot)
  }

  /** How long the entry in a slot was given to live; known after `keepLives`. */
  lifeAt(slot: number): number {
    return this.slots.lives?.[slot] ?? NEVER
  }

  /** Keeps in mind from now on how long entries were given to live. */
  keepLives(): void {
    this.slots.keepLives()
  }

  /** The entry in a slot, as others know entries. */
  entryAt(slot: number): Entry {
    return this.slots.entryAt(slot)
  }

  /** Whether a slot still is as when this entry was taken from it. */
  isAt(slot: number, entry: Entry): boolean {
    return this.slots.isAt(slot, entry)
  }

  /** A slot for a new key; 0 when there can be no room for it. */
  protected insert(key: string, hash: number, weight: number, now: number): number {
    const { capacity } = this
    if (!capacity.takes(weight)) return 0
    // The slot of what goes for it is used again at once, past the list of free ones.
    let slot = 0
    while (!capacity.fits(weight)) {
      if (slot !== 0) this.slots.vacate(slot)
      slot = this.#giveUp(weight, now)
      if (slot === 0) return 0
    }
    if (slot === 0) slot = this.#vacant()
    this.#come(slot, weight, hash)
    this.slots.take(slot, key, hash)
    this.index.add(slot, hash)
    return slot
  }

  /** The slot for another value of a key; 0 when that is too heavy. To the policy, an entry of another weight is a newcomer. */
  protected replace(slot: number, key: string, value: unknown, weight: number, now: number): number {
    const { slots, capacity } = this
    const before = slots.valueAt(slot)
    const isOver = slots.isOver(slot, now)
    if (isOver || !Object.is(before, value)) this.removals.note(key, before, isOver ? EXPIRED : REPLACED)
    if (capacity.weightOf(slot) === weight) {
      capacity.touch(slot)
      return slot
    }
    capacity.go(slot)
    if (!this.#makeRoom(weight, now)) {
      this.#detach(slot)
      return 0
    }
    this.#come(slot, weight, slots.records.hash(slot))
    return slot
  }

  /** Gives up an entry for one of that weight, and answers whether there was one to give up. */
  protected evict(weight: number, now: number): boolean {
    const slot = this.#giveUp(weight, now)
    if (slot === 0) return false
    this.slots.vacate(slot)
    return true
  }

  protected remove(slot: number, now: number, cause: number): void {
    const { index } = this
    try {
      this.capacity.go(slot)
      this.#note(slot, now, cause)
      this.#detach(slot)
    } catch (error) {
      this.index = this.emptyIndex
      throw this.judged(error, index)
    }
  }

  /** Counts an entry in. When a policy of one's own throws, nothing is in the slot. */
  #come(slot: number, weight: number, hash: number): void {
    try {
      this.capacity.come(slot, weight, hash)
    } catch (error) {
      this.#detach(slot)
      throw error
    }
  }

  #makeRoom(weight: number, now: number): boolean {
    const { capacity } = this
    if (!capacity.takes(weight)) return false
    while (!capacity.fits(weight)) if (!this.evict(weight, now)) return false
    return true
  }

  /** Gives up an entry for one of that weight, and answers the slot in which it was, for another one; 0 when there is none. */
  #giveUp(weight: number, now: number): number {
    const { slots, capacity } = this
    const slot = capacity.evict(weight)
    if (slot === 0) return 0
    if (!this.index.remove(slot, slots.records.hash(slot))) {
      throw new ConfigError(`The policy gave up the slot ${slot}, in which nothing is.`)
    }
    capacity.left(slot)
    this.#evictedWeight += capacity.weightOf(slot)
    this.#noteEvicted(slot, now)
    return slot
  }

  /** Notes what had to make room, without a look at its key and value when nobody wants to know of it. */
  #noteEvicted(slot: number, now: number): void {
    const { owner, removals } = this
    if (owner === undefined || removals.hasListeners || owner.hearsEvicted() || this.slots.isOver(slot, now)) {
      this.#note(slot, now, EVICTED)
    } else {
      removals.count(EVICTED, 1)
      owner.countEvicted()
    }
  }

  /** What has expired before it went has expired, whatever it went for. */
  #note(slot: number, now: number, cause: number): void {
    const { slots } = this
    this.removals.note(slots.keyAt(slot)!, slots.valueAt(slot), slots.isOver(slot, now) ? EXPIRED : cause)
  }

  /** The slots of what never has to make room. */
  protected *pinned(): Generator<number, void, undefined> {
    for (const slot of this.used()) if (this.capacity.weightOf(slot) === 0) yield slot
  }

  #detach(slot: number): void {
    this.index.remove(slot, this.slots.records.hash(slot))
    this.slots.vacate(slot)
  }

  /** A slot in which nothing is. */
  #vacant(): number {
    const { slots } = this
    const slot = slots.vacant()
    if (slot !== 0) return slot
    const length = slots.grow(this.capacity.mostEntries)
    this.index.grow(length)
    this.capacity.grow(length)
    return slots.vacant()
  }
}
