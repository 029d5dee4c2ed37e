import { SLOTS } from './policy.ts'
import { longer, Records } from './records.ts'

/**
 * Slots in doubly linked lists, at most one each. The links are numbers in the slots' records; a list is a ring that is closed by
 * its own number, from 0 to 3, so that no end is a special case.
 */
export class Lists {
  /** What is in each list weighs so much. */
  readonly sizes = [0, 0, 0, 0]
  readonly #records: Records
  /** Absent as long as every slot weighs 1. Four bytes will do: what is added to a sum is what will be taken from it. */
  #weights: Float32Array<ArrayBuffer> | undefined

  constructor(records = new Records()) {
    this.#records = records
    for (let list = 0; list < SLOTS; list++) {
      records.setOlder(list, list)
      records.setNewer(list, list)
    }
  }

  /** Whether there has been a slot that did not weigh 1. */
  get isWeighed(): boolean {
    return this.#weights !== undefined
  }

  /** What all slots weigh together. */
  size(): number {
    const { sizes } = this
    return sizes[0]! + sizes[1]! + sizes[2]! + sizes[3]!
  }

  grow(slots: number): void {
    this.#records.grow(slots)
    if (this.#weights !== undefined) this.#weights = longer(this.#weights, slots)
  }

  /** The list that a slot is in. */
  of(slot: number): number {
    return this.#records.list(slot)
  }

  weightOf(slot: number): number {
    return this.#weights === undefined ? 1 : this.#weights[slot]!
  }

  /** Says what a slot weighs that is in no list. */
  weigh(slot: number, weight: number): void {
    if (this.#weights === undefined) {
      if (weight === 1) return
      this.#weights = new Float32Array(this.#records.length).fill(1)
    }
    this.#weights[slot] = weight
  }

  /** The slot that has been longest in a list; the list's own number when it is empty. */
  oldest(list: number): number {
    return this.#records.newer(list)
  }

  /** The slot that came into the same list next after this one; the list's own number after the newest. */
  after(slot: number): number {
    return this.#records.newer(slot)
  }

  /** Puts a slot into a list, as its newest. */
  push(list: number, slot: number): void {
    const records = this.#records
    const last = records.older(list)
    records.setOlder(slot, last)
    records.setNewer(slot, list)
    records.setNewer(last, slot)
    records.setOlder(list, slot)
    records.setList(slot, list)
    this.sizes[list]! += this.weightOf(slot)
  }

  /** Takes a slot out of its list. */
  unlink(slot: number): void {
    const records = this.#records
    const older = records.older(slot)
    const newer = records.newer(slot)
    records.setNewer(older, newer)
    records.setOlder(newer, older)
    this.sizes[records.list(slot)]! -= this.weightOf(slot)
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
      for (let slot = this.#records.older(list); slot >= SLOTS; ) {
        const older = this.#records.older(slot)
        yield slot
        slot = older
      }
    }
  }
}

/** All elements of several iterables, one after the other. */
export function* concat(...parts: Iterable<number>[]): Generator<number, void, undefined> {
  for (const part of parts) yield* part
}
