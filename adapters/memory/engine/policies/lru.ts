import { Lists } from './lists.ts'
import type { Policy } from './policy.ts'
import type { Records } from './records.ts'

/** Evicts what was not used for the longest time (LRU). */
export class Lru implements Policy {
  readonly #lists: Lists

  constructor(records?: Records) {
    this.#lists = new Lists(records)
  }

  grow(slots: number): void {
    this.#lists.grow(slots)
  }

  miss(): void {}

  resize(): void {}

  touch(slot: number): void {
    this.#lists.move(0, slot)
  }

  admit(slot: number): void {
    this.#lists.push(0, slot)
  }

  evict(): number {
    const slot = this.#lists.oldest(0)
    this.#lists.unlink(slot)
    return slot
  }

  remove(slot: number): void {
    this.#lists.unlink(slot)
  }

  coldest(): Iterable<number> {
    return this.#lists.oldestFirst(0)
  }

  hottest(): Iterable<number> {
    return this.#lists.newestFirst(0)
  }
}

/** Evicts what was stored first, however often it is used (FIFO). */
export class Fifo extends Lru {
  override touch(): void {}
}
