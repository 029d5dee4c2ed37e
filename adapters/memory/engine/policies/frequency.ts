import type { Records } from './records.ts'

/** The most that is counted. */
export const MOST = 15

/**
 * Knows about how often hashes were seen lately. A hash has two counters of four bits, in one line of the processor's cache; the
 * lesser of them is closer to the truth, and all are halved from time to time so that the past fades (a count-min sketch as in
 * TinyLFU: Einziger, Friedman and Manes, 2017).
 */
export class Sketch {
  /** Signed, as whatever may be above 2^31 is a double to V8. */
  #words = new Int32Array(16)

  /** Makes room for the hashes of so many entries. What was counted stays: a block's counts are copied to where its hashes go. */
  grow(entries: number): void {
    const length = Math.max(16, powerOfTwo(entries))
    if (length <= this.#words.length) return

    const words = new Int32Array(length)
    for (let at = 0; at < length; at += this.#words.length) words.set(this.#words, at)
    this.#words = words
  }

  /**
   * Counts a hash, and returns how often it was seen including this time, up to 15. Only the lesser counter goes up, as the other
   * one already counts somebody else (conservative update: Estan and Varghese, 2002). Without it, one in five of the keys that
   * were seen once is taken for one seen three times, and gets past the gate.
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

  /** Learns that a hash was seen at least so often. */
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

/** Other bits of a hash than those that chose its block. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  return mixed ^ (mixed >>> 13)
}

/** All counts are halved after so many times as many uses as there are slots. */
const SAMPLE = 10

/** How often what is in each slot was used lately, up to 15: what the sketch knew when it came, and the uses since. */
export class Usage {
  readonly #records: Records
  readonly #sketch = new Sketch()
  /** The uses of so many entries are known. */
  #known = 0
  #counted = 0
  /** How many times the past has faded, up to 255 and round. */
  #age = 0

  constructor(records: Records) {
    this.#records = records
  }

  /** Makes room for the uses of so many entries. */
  grow(entries: number): void {
    this.#known = entries
    this.#sketch.grow(entries)
  }

  /** It is halved for each time that the past has faded since it was written down. */
  of(slot: number): number {
    const age = (this.#age - this.#records.age(slot)) & 255
    return age > 3 ? 0 : this.#records.uses(slot) >>> age
  }

  /** What has this hash came into a slot, which is a use, too. */
  begin(slot: number, hash: number): void {
    this.#records.setHash(slot, hash)
    this.#set(slot, this.#sketch.increment(hash))
    this.#count()
  }

  /** What is in a slot was used. */
  add(slot: number): void {
    const uses = this.of(slot)
    if (uses === MOST) return
    this.#set(slot, uses + 1)
    this.#count()
  }

  /** What is in a slot goes: the sketch is told what was learnt of it meanwhile. */
  leave(slot: number): void {
    this.#sketch.raise(this.#records.hash(slot), this.of(slot))
  }

  #set(slot: number, uses: number): void {
    this.#records.setUses(slot, uses)
    this.#records.setAge(slot, this.#age)
  }

  /** Counts a use, and lets the past fade when its time has come. */
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
