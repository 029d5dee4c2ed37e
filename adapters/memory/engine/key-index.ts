import { SLOTS } from './policies/policy.ts'
import type { Slots } from './slots.ts'

/** There are so many places for each slot at least, so that those are few that stand in the way of each other. */
const SPREAD = 2

/**
 * Finds the slots of keys: a hash table with open addressing (Knuth, "The Art of Computer Programming", 6.4, algorithms L and R).
 *
 * A place in it is four bytes: the number of a slot, and above it, the upper bits of the key's hash, so that hardly any other key
 * is ever looked at. The place where to begin is in the lower bits.
 *
 * To a Map, the memory is a third. Evicting among 100 000 entries takes 210 ns in place of 390, because nothing keeps the order of
 * what came and went, nor writes the table anew; and a key that was just put together is found 15 to 60 ns sooner, because V8
 * hashes such a one in its runtime. Only the very same string, looked up again, is found later: by 1 ns a character from the
 * tenth on (node 20).
 */
export class KeyIndex {
  readonly #slots: Slots
  #places = new Int32Array(16)

  constructor(slots: Slots) {
    this.#slots = slots
  }

  /** The slot of a key; 0 when it has none. */
  find(key: string, hash: number): number {
    const places = this.#places
    const cells = this.#slots.cells
    const mask = places.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = places[at]!
      if (place === 0) return 0
      if (((place ^ hash) & ~mask) === 0) {
        const slot = place & mask
        if (cells[2 * slot] === key) return slot
      }
    }
  }

  /** Adds the slot of a key that has none. */
  add(slot: number, hash: number): void {
    const places = this.#places
    const mask = places.length - 1
    let at = hash & mask
    while (places[at] !== 0) at = (at + 1) & mask
    places[at] = (hash & ~mask) | slot
  }

  /** Takes a slot out, and moves up those after it that would not be found past the hole. Answers whether it was there. */
  remove(slot: number, hash: number): boolean {
    const places = this.#places
    const { records } = this.#slots
    const mask = places.length - 1
    let hole = hash & mask
    for (; (places[hole]! & mask) !== slot; hole = (hole + 1) & mask) if (places[hole] === 0) return false
    for (let next = (hole + 1) & mask; places[next] !== 0; next = (next + 1) & mask) {
      const home = records.hash(places[next]! & mask)
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      places[hole] = places[next]!
      hole = next
    }
    places[hole] = 0
    return true
  }

  /** Makes the table large enough for so many slots, if it is not. */
  grow(slots: number): void {
    let length = this.#places.length
    while (length < SPREAD * slots) length *= 2
    if (length === this.#places.length) return
    this.#places = new Int32Array(length)
    const { cells, records, unused } = this.#slots
    // Not by `used()`: of a generator, V8 makes nothing fast in time (35 ms in place of 9 for half a million entries, node 20).
    for (let slot = SLOTS; slot < unused; slot++) {
      if (cells[2 * slot] !== undefined) this.add(slot, records.hash(slot))
    }
  }
}
