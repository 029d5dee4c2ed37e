import { longer } from './arrays.ts'
import { SLOTS } from './policy.ts'

/**
 * Slots in doubly linked lists, at most one each. The links are numbers in typed arrays; a list is a ring that is closed by its
 * own number, from 0 to 3, so that no end is a special case.
 */
export class Lists {
  /** What is in each list weighs so much. */
  readonly sizes = [0, 0, 0, 0]
  /** How many slots there are in all lists. */
  count = 0
  /** Two for each slot, to the older and to the newer one: side by side, they are in one line of the processor's cache. */
  #links = new Int32Array([0, 0, 1, 1, 2, 2, 3, 3])
  #lists = new Uint8Array(SLOTS)
  /** Absent as long as every slot weighs 1. Four bytes will do: what is added to a sum is what will be taken from it. */
  #weights: Float32Array<ArrayBuffer> | undefined

  /** Whether there has been a slot that did not weigh 1. */
  get isWeighed(): boolean {
    return this.#weights !== undefined
  }

  /** What all slots weigh together. */
  get size(): number {
    const [a, b, c, d] = this.sizes
    return a! + b! + c! + d!
  }

  grow(slots: number): void {
    this.#links = longer(this.#links, 2 * slots)
    this.#lists = longer(this.#lists, slots)
    if (this.#weights !== undefined) this.#weights = longer(this.#weights, slots)
  }

  /** The list that a slot is in. */
  of(slot: number): number {
    return this.#lists[slot]!
  }

  weightOf(slot: number): number {
    return this.#weights === undefined ? 1 : this.#weights[slot]!
  }

  /** Says what a slot weighs that is in no list. */
  weigh(slot: number, weight: number): void {
    if (this.#weights === undefined) {
      if (weight === 1) return
      this.#weights = new Float32Array(this.#lists.length).fill(1)
    }
    this.#weights[slot] = weight
  }

  /** The slot that has been longest in a list; the list's own number when it is empty. */
  oldest(list: number): number {
    return this.#links[2 * list + 1]!
  }

  /** The slot that came into the same list next after this one; the list's own number after the newest. */
  after(slot: number): number {
    return this.#links[2 * slot + 1]!
  }

  /** Puts a slot into a list, as its newest. */
  push(list: number, slot: number): void {
    const links = this.#links
    const last = links[2 * list]!
    links[2 * slot] = last
    links[2 * slot + 1] = list
    links[2 * last + 1] = slot
    links[2 * list] = slot
    this.#lists[slot] = list
    this.sizes[list]! += this.weightOf(slot)
    this.count++
  }

  /** Takes a slot out of its list. */
  unlink(slot: number): void {
    const links = this.#links
    const older = links[2 * slot]!
    const newer = links[2 * slot + 1]!
    links[2 * older + 1] = newer
    links[2 * newer] = older
    this.sizes[this.#lists[slot]!]! -= this.weightOf(slot)
    this.count--
  }

  /** Takes a slot to a list, as its newest, from wherever it is. */
  move(list: number, slot: number): void {
    this.unlink(slot)
    this.push(list, slot)
  }

  /** The slots of lists, from the oldest on, list by list. They may be unlinked on the way. */
  *oldestFirst(...lists: number[]): Generator<number, void, undefined> {
    for (const list of lists) {
      for (let slot = this.oldest(list); slot >= SLOTS; ) {
        const newer = this.after(slot)
        yield slot
        slot = newer
      }
    }
  }

  /** The slots of lists, from the newest on. */
  *newestFirst(...lists: number[]): Generator<number, void, undefined> {
    for (const list of lists) {
      for (let slot = this.#links[2 * list]!; slot >= SLOTS; ) {
        const older = this.#links[2 * slot]!
        yield slot
        slot = older
      }
    }
  }
}
