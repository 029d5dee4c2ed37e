/**
 * Chooses what a full cache evicts. To use your own, pass it to the cache as `policy`: a function that creates one per store,
 * or an object, which can then serve one store only.
 *
 * A policy knows entries by their slots (whole numbers from 4 on, which are reused), by hashes of their keys, and by their
 * weights: bytes if the cache is bounded by `maxBytes`, else 1 each. It never sees keys or values. The cache reports every
 * entry that is added, used or removed, except entries that weigh nothing. It keeps the bounds itself: before it adds an
 * entry it calls `evict` until there is room.
 *
 * @example
 * // Evicts what was stored first.
 * class Fifo implements EvictionPolicy {
 *   readonly #slots = new Set<number>()
 *   touch() {}
 *   admit(slot: number) { this.#slots.add(slot) }
 *   remove(slot: number) { this.#slots.delete(slot) }
 *   evict() {
 *     const [first] = this.#slots
 *     this.#slots.delete(first!)
 *     return first!
 *   }
 * }
 * const cache = new MemoryCache({ policy: () => new Fifo() })
 */
export interface EvictionPolicy {
  /** An entry was read, or its value replaced by one of the same weight. */
  touch(slot: number): void
  /** An entry was added, in a slot that was free. */
  admit(slot: number, hash: number, weight: number): void
  /**
   * Forgets an entry and returns its slot. Only called if the policy knows at least one.
   * @param weight the weight of the entry for which room is made
   */
  evict(weight: number): number
  /** A missing key was read. Called for reads of values only. */
  miss?(hash: number): void
  /** An entry was removed for another reason. */
  remove(slot: number): void
  /** Slots below `slots` may be used from now on. Called before the first of them is. */
  grow?(slots: number): void
  /** The most that the entries may weigh together has changed. Surplus entries are requested by `evict`. */
  resize?(capacity: number): void
  /** The slots in the order of eviction, the next victim first. Without it, inspection shows no order. */
  coldest?(): Iterable<number>
  /** The slots in the opposite order. Without it, inspection reverses `coldest`. */
  hottest?(): Iterable<number>
}

/** A policy with all optional members, as the built-in ones are. */
export interface Policy extends EvictionPolicy {
  admit(slot: number, hash: number, weight?: number): void
  miss(hash: number): void
  evict(weight?: number): number
  grow(slots: number): void
  resize(capacity: number): void
  coldest(): Iterable<number>
  hottest(): Iterable<number>
}

/** The first slot. The numbers below are those of the lists in which slots are linked. */
export const SLOTS = 4
