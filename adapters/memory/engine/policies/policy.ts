/**
 * Decides what a full cache gives up. Write one, and hand it to the cache as its `policy`: a function that makes one for each
 * store, or the object itself, which then serves one store.
 *
 * A policy knows entries by the slots that they are in (whole numbers from 4 on, used again when they are free), by hashes of
 * their keys, and by their weights: bytes where the cache is bounded by `maxBytes`, else 1 each. It never sees keys or values.
 * The cache calls it for every entry that weighs something, tells it of every one that comes and goes, and never lets the
 * entries exceed the bound: it asks `evict` for one after the other before a new one comes, until there is room.
 *
 * @example
 * // Gives up what was stored first.
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
  /** An entry was read, or replaced by one of the same weight. */
  touch(slot: number): void
  /** A new entry is in a slot that was free. */
  admit(slot: number, hash: number, weight: number): void
  /**
   * Gives up an entry, and answers the slot that it was in. Never asked when there is none.
   * @param weight what room is made for
   */
  evict(weight: number): number
  /** A key was read that is not there. Called for reads of values only. */
  miss?(hash: number): void
  /** An entry went for another reason. */
  remove(slot: number): void
  /** Slots below `slots` may be used from now on. Told before the first of them is. */
  grow?(slots: number): void
  /** The entries may weigh so much together from now on. What is too much is asked for by `evict`. */
  resize?(capacity: number): void
  /** The slots in use, those that would go first at the front. Without it, inspection knows no order. */
  coldest?(): Iterable<number>
  /** The same from the other end. Without it, it is found by going through all of `coldest`. */
  hottest?(): Iterable<number>
}

/** A policy with everything that a policy may have, as those that are built in. */
export interface Policy extends EvictionPolicy {
  admit(slot: number, hash: number, weight?: number): void
  miss(hash: number): void
  evict(weight?: number): number
  grow(slots: number): void
  resize(capacity: number): void
  coldest(): Iterable<number>
  hottest(): Iterable<number>
}

/** The first slot: the numbers below stand for the lists that slots are in. */
export const SLOTS = 4
