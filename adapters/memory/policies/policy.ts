/**
 * Decides what a full cache gives up. A policy knows entries by the slots that they are in, whole numbers from `SLOTS` on, and
 * by hashes of their keys. Its facts are in typed arrays beside the store's: nothing in it holds on to a key or a value.
 */
export interface Policy {
  /** Slots below `slots` are in use from now on. */
  grow(slots: number): void
  /** Another number of entries is the most from now on. The store gives up what is too many. */
  resize(capacity: number): void
  /** An entry was read, or replaced. */
  touch(slot: number): void
  /** A new entry is in a slot that was free. */
  admit(slot: number, hash: number): void
  /** Gives up an entry, and answers the slot that it was in. Never asked when there is none. */
  evict(): number
  /** An entry went for another reason. */
  remove(slot: number): void
  /** The slots in use, those that would go first at the front. */
  coldest(): Iterable<number>
}

/** The first slot: the numbers below stand for the lists that slots are in. */
export const SLOTS = 4
