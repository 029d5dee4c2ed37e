import { SLOTS } from './policies/policy.ts'
import { NEVER, type Slots } from './slots.ts'

/**
 * Finds what has expired, without a timer or a place in a queue for each entry: a hand goes over the slots, round by round, and
 * learns on the way when the first of what it leaves will be over. Before that moment nobody has to look at all.
 */
export class Sweep {
  /** Nothing that is kept is over before this moment. */
  due = NEVER
  /** How many slots it may look at. */
  looks = 0
  /** The same, for what the hand has passed in this round and what has come meanwhile. */
  #next = NEVER
  #hand = SLOTS

  /** Takes note that an entry will be over, and answers whether none is earlier. */
  expect(until: number): boolean {
    if (until < this.#next) this.#next = until
    if (until >= this.due) return false
    this.due = until
    return true
  }

  /** The next slot whose entry is over, and is to be removed; 0 at the end of a round, or when there are no looks left. */
  next(slots: Slots, now: number): number {
    while (this.looks-- > 0 && now >= this.due) {
      if (this.#hand >= slots.unused) {
        this.due = this.#next
        this.#next = NEVER
        this.#hand = SLOTS
        return 0
      }
      const slot = this.#hand++
      const until = slots.untilAt(slot)
      if (until <= now) return slot
      if (until < this.#next) this.#next = until
    }
    return 0
  }

  /** Whether a round is under way. */
  get isOnItsWay(): boolean {
    return this.#hand !== SLOTS
  }
}
