import { GhostQueue } from './ghosts.ts'
import { Lists } from './lists.ts'
import { type Policy, SLOTS } from './policy.ts'
import { Records } from './records.ts'

const SMALL = 0
const MAIN = 1

/** The part of the cache in which newcomers are tried. */
const SMALL_SHARE = 0.1

/** The most uses that are counted of an entry. */
const MOST_USES = 3

/**
 * Two queues and the memory of a third (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023). Newcomers stand
 * in a small queue; those used more than once meanwhile go on to the main one, the others go, and come back into the main one if
 * they are asked for again soon. In the main queue each use is another round.
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

  /** Looks at the next in line, and either takes it or sends it on. */
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
