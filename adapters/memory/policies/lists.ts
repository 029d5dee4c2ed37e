import { longer } from './arrays.ts'
import { SLOTS } from './policy.ts'

/**
 * Slots in doubly linked lists, at most one each. The links are numbers in typed arrays; a list is a ring that is closed by its
 * own number, from 0 to 3, so that no end is a special case.
 */
export class Lists {
  readonly sizes = [0, 0, 0, 0]
  #older = new Int32Array([0, 1, 2, 3])
  #newer = new Int32Array([0, 1, 2, 3])
  #lists = new Uint8Array(SLOTS)

  grow(slots: number): void {
    this.#older = longer(this.#older, slots)
    this.#newer = longer(this.#newer, slots)
    this.#lists = longer(this.#lists, slots)
  }

  /** The list that a slot is in. */
  of(slot: number): number {
    return this.#lists[slot]!
  }

  /** The slot that has been longest in a list; the list's own number when it is empty. */
  oldest(list: number): number {
    return this.#newer[list]!
  }

  /** Puts a slot into a list, as its newest. */
  push(list: number, slot: number): void {
    const last = this.#older[list]!
    this.#older[slot] = last
    this.#newer[slot] = list
    this.#newer[last] = slot
    this.#older[list] = slot
    this.#lists[slot] = list
    this.sizes[list]!++
  }

  /** Takes a slot out of its list. */
  unlink(slot: number): void {
    const older = this.#older[slot]!
    const newer = this.#newer[slot]!
    this.#newer[older] = newer
    this.#older[newer] = older
    this.sizes[this.#lists[slot]!]!--
  }

  /** Takes a slot to a list, as its newest, from wherever it is. */
  move(list: number, slot: number): void {
    this.unlink(slot)
    this.push(list, slot)
  }

  /** The slots of a list from the oldest on. They may be unlinked on the way. */
  *each(list: number): Generator<number, void, undefined> {
    for (let slot = this.#newer[list]!; slot >= SLOTS; ) {
      const newer = this.#newer[slot]!
      yield slot
      slot = newer
    }
  }
}
