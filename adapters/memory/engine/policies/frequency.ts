import type { Records } from './records.ts'

/** The highest count. */
export const MOST = 15

/**
 * Estimates how often hashes were seen recently, also those of entries that are not stored: a count-min sketch as in TinyLFU
 * (Einziger, Friedman and Manes, 2017).
 *
 * A hash has two counters of 4 bits, in two halves of one 64-byte block, so that one look costs one cache line. Other hashes
 * may share a counter, which only raises it; so the lower one is closer to the truth. All counters are halved from time to
 * time, so that the past fades.
 */
export class Sketch {
  /** Signed, because V8 treats a number above 2^31 as a double. */
  #words = new Int32Array(16)

  /** Sets the number of entries. Counts stay: each block is copied to all places to which its hashes move. */
  grow(entries: number): void {
    const length = Math.max(16, powerOfTwo(entries))
    if (length <= this.#words.length) return

    const words = new Int32Array(length)
    for (let at = 0; at < length; at += this.#words.length) words.set(this.#words, at)
    this.#words = words
  }

  /**
   * Counts a hash, and returns its count including this time, up to 15. Only the lower counter is raised, since the higher one
   * counts another hash already (conservative update: Estan and Varghese, 2002). Without it, one in five keys that were seen
   * once is taken for one that was seen three times, and is admitted.
   */
  increment(hash: number): number {
    const words = this.#words
    const first = (hash & ((words.length >>> 4) - 1)) << 4
    const spots = spread(hash)
    const at = first + (spots & 7)
    const shift = (spots >>> 1) & 28
    const otherAt = first + 8 + ((spots >>> 16) & 7)
    const otherShift = (spots >>> 17) & 28
    const count = (words[at]! >>> shift) & MOST
    const other = (words[otherAt]! >>> otherShift) & MOST
    const least = lesser(count, other)
    if (least === MOST) return MOST
    if (count === least) words[at] = (words[at]! + (1 << shift)) | 0
    if (other === least) words[otherAt] = (words[otherAt]! + (1 << otherShift)) | 0
    return least + 1
  }

  /** Raises the count of a hash to at least `count`. */
  raise(hash: number, count: number): void {
    const words = this.#words
    const first = (hash & ((words.length >>> 4) - 1)) << 4
    const spots = spread(hash)
    for (let row = 0; row < 2; row++) {
      const spot = spots >>> (row << 4)
      const at = first + (row << 3) + (spot & 7)
      const shift = (spot >>> 1) & 28
      const less = count - ((words[at]! >>> shift) & MOST)
      if (less > 0) words[at] = (words[at]! + (less << shift)) | 0
    }
  }

  /** Halves all counts. */
  fade(): void {
    const words = this.#words
    for (let i = 0; i < words.length; i++) words[i] = (words[i]! >>> 1) & 0x7777_7777
  }
}

function lesser(a: number, b: number): number {
  const difference = a - b
  return b + (difference & (difference >> 31))
}

/** Bits of a hash that do not depend on those that chose its block. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  return mixed ^ (mixed >>> 13)
}

/** All counts are halved after this number of uses per slot. */
const SAMPLE = 10

/** The recent uses of each stored entry, up to 15: the count of the sketch when it was added, and its uses since. */
export class Usage {
  readonly #records: Records
  readonly #sketch = new Sketch()
  /** The number of entries for which the sketch has room. */
  #known = 0
  #counted = 0
  /** How often all counts were halved, modulo 256. */
  #age = 0

  constructor(records: Records) {
    this.#records = records
  }

  /** Sets the number of entries. */
  grow(entries: number): void {
    this.#known = entries
    this.#sketch.grow(entries)
  }

  /** The uses of the entry in a slot: halved once for each time that all counts were halved since they were recorded. */
  of(slot: number): number {
    const age = (this.#age - this.#records.age(slot)) & 255
    return age > 3 ? 0 : this.#records.uses(slot) >>> age
  }

  /** An entry was added, which counts as a use. */
  begin(slot: number, hash: number): void {
    this.#records.setHash(slot, hash)
    this.#set(slot, this.#sketch.increment(hash))
    this.#count()
  }

  /** An entry was used. */
  add(slot: number): void {
    const uses = this.of(slot)
    if (uses === MOST) return
    this.#set(slot, uses + 1)
    this.#count()
  }

  /** An entry is removed: the sketch takes over its uses. */
  leave(slot: number): void {
    this.#sketch.raise(this.#records.hash(slot), this.of(slot))
  }

  #set(slot: number, uses: number): void {
    this.#records.setUses(slot, uses)
    this.#records.setAge(slot, this.#age)
  }

  /** Counts a use, and halves all counts when it is time. */
  #count(): void {
    if (++this.#counted < SAMPLE * this.#known) return
    this.#counted >>>= 1
    this.#sketch.fade()
    this.#age = (this.#age + 1) & 255
  }
}

/** The least power of two that is not below a number. */
export function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, least)))
}
