import { SLOTS } from './policy.ts'
import { longer, Records } from './records.ts'

/**
 * Four doubly linked lists of slots; each slot is in at most one. The links are slot numbers in the records. Each list is a
 * ring through a sentinel, the records 0 to 3, so that its ends are no special cases.
 */
export class Lists {
  /** The total weight of each list. */
  readonly sizes = [0, 0, 0, 0]
  readonly #records: Records
  /** `undefined` while every slot weighs 1. Rounding to 4 bytes does no harm: the same number is added and subtracted. */
  #weights: Float32Array<ArrayBuffer> | undefined

  constructor(records = new Records()) {
    this.#records = records
    for (let list = 0; list < SLOTS; list++) {
      records.setOlder(list, list)
      records.setNewer(list, list)
    }
  }

  /** Whether any slot had another weight than 1. */
  get isWeighed(): boolean {
    return this.#weights !== undefined
  }

  /** The total weight of all lists. */
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

  /** Sets the weight of a slot that is in no list. */
  weigh(slot: number, weight: number): void {
    if (this.#weights === undefined) {
      if (weight === 1) return
      this.#weights = new Float32Array(this.#records.length).fill(1)
    }
    this.#weights[slot] = weight
  }

  /** The oldest slot of a list; the number of the list if it is empty. */
  oldest(list: number): number {
    return this.#records.newer(list)
  }

  /** The slot that was added to the same list after this one; the number of the list after the newest. */
  after(slot: number): number {
    return this.#records.newer(slot)
  }

  /** Adds a slot to a list, as its newest. */
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

  /** Removes a slot from its list. */
  unlink(slot: number): void {
    const records = this.#records
    const older = records.older(slot)
    const newer = records.newer(slot)
    records.setNewer(older, newer)
    records.setOlder(newer, older)
    this.sizes[records.list(slot)]! -= this.weightOf(slot)
  }

  /** Moves a slot from its list to another, or to the same, as its newest. */
  move(list: number, slot: number): void {
    this.unlink(slot)
    this.push(list, slot)
  }

  /** The slots of some lists, list by list, from the oldest. Slots that were returned may be unlinked. */
  *oldestFirst(...lists: number[]): Generator<number, void, undefined> {
    for (const list of lists) {
      for (let slot = this.oldest(list); slot >= SLOTS; ) {
        const newer = this.after(slot)
        yield slot
        slot = newer
      }
    }
  }

  /** The slots of some lists, list by list, from the newest. */
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
