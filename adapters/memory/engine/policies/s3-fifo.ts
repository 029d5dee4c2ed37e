import { GhostQueue } from './ghosts.ts'
import { Lists } from './lists.ts'
import { type Policy, SLOTS } from './policy.ts'
import { Records } from './records.ts'

const SMALL = 0
const MAIN = 1

/** The share of the cache that the small queue has. */
const SMALL_SHARE = 0.1

/** The most uses of an entry that are counted. */
const MOST_USES = 3

/**
 * S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023): two queues, and the hashes of a third.
 *
 * New entries join a small queue. At its end, entries that were used more than once move to the main queue; the others are
 * evicted, and their hashes remembered, so that a key that returns soon joins the main queue directly. At the end of the main
 * queue, every counted use is worth another round.
 */
export class S3Fifo implements Policy {
  readonly #records: Records
  readonly #lists: Lists
  readonly #ghosts = new GhostQueue()
  #small = 0

  constructor(capacity: number, records = new Records()) {
    this.#records = records
    this.#lists = new Lists(records)
    this.resize(capacity)
  }

  grow(slots: number): void {
    this.#lists.grow(slots)
    this.#ghosts.grow(Math.floor((slots - SLOTS) * (1 - SMALL_SHARE)))
  }

  miss(): void {}

  resize(capacity: number): void {
    this.#small = Math.max(1, Math.round(capacity * SMALL_SHARE))
  }

  touch(slot: number): void {
    const uses = this.#records.uses(slot)
    if (uses < MOST_USES) this.#records.setUses(slot, uses + 1)
  }

  admit(slot: number, hash: number, weight = 1): void {
    this.#lists.weigh(slot, weight)
    this.#records.setUses(slot, 0)
    this.#records.setHash(slot, hash)
    this.#lists.push(this.#ghosts.take(hash) ? MAIN : SMALL, slot)
  }

  evict(): number {
    for (;;) {
      const slot = this.#candidate()
      if (slot !== undefined) return slot
    }
  }

  remove(slot: number): void {
    this.#lists.unlink(slot)
  }

  coldest(): Iterable<number> {
    return this.#lists.oldestFirst(SMALL, MAIN)
  }

  hottest(): Iterable<number> {
    return this.#lists.newestFirst(MAIN, SMALL)
  }

  /** Examines the entry at the end of a queue: returns its slot if it is evicted, `undefined` if it was moved. */
  #candidate(): number | undefined {
    const lists = this.#lists
    const isSmall = lists.oldest(MAIN) < SLOTS || lists.sizes[SMALL]! >= this.#small
    const slot = lists.oldest(isSmall ? SMALL : MAIN)
    const uses = this.#records.uses(slot)
    if (uses > (isSmall ? 1 : 0)) {
      this.#records.setUses(slot, isSmall ? 0 : uses - 1)
      lists.move(MAIN, slot)
      return undefined
    }
    if (isSmall) this.#ghosts.add(this.#records.hash(slot))
    lists.unlink(slot)
    return slot
  }
}
