import { powerOfTwo } from './arrays.ts'

/** How many times as many uses as there are entries are counted before all counts are halved. */
const SAMPLE = 10

/**
 * Knows about how often hashes were seen lately. A hash has four counters of four bits, in one line of the processor's cache; the
 * least of them is closest to the truth, and all are halved from time to time so that the past fades (a count-min sketch as in
 * TinyLFU: Einziger, Friedman and Manes, 2017).
 */
export class Sketch {
  #words = new Uint32Array(16)
  #sample = 0
  #seen = 0

  /** Makes room for the hashes of so many entries. What was counted stays: a block's counts are copied to where its hashes go. */
  grow(entries: number): void {
    this.#sample = SAMPLE * entries
    const length = Math.max(16, powerOfTwo(entries * 2))
    if (length <= this.#words.length) return

    const words = new Uint32Array(length)
    for (let at = 0; at < length; at += this.#words.length) words.set(this.#words, at)
    this.#words = words
  }

  /** From 0 to 15. */
  frequency(hash: number): number {
    const words = this.#words
    const first = (hash & ((words.length >>> 4) - 1)) << 4
    const spots = spread(hash)
    let least = 15
    for (let row = 0; row < 4; row++) {
      const spot = spots >>> (row << 3)
      const count = (words[first + (row << 2) + (spot & 3)]! >>> (spot & 28)) & 15
      if (count < least) least = count
    }
    return least
  }

  increment(hash: number): void {
    const words = this.#words
    const first = (hash & ((words.length >>> 4) - 1)) << 4
    const spots = spread(hash)
    let counted = false
    for (let row = 0; row < 4; row++) {
      const spot = spots >>> (row << 3)
      const at = first + (row << 2) + (spot & 3)
      const shift = spot & 28
      const word = words[at]!
      if (((word >>> shift) & 15) === 15) continue
      words[at] = word + (1 << shift)
      counted = true
    }
    if (counted && ++this.#seen >= this.#sample) this.#fade()
  }

  #fade(): void {
    const words = this.#words
    for (let i = 0; i < words.length; i++) words[i] = (words[i]! >>> 1) & 0x7777_7777
    this.#seen >>>= 1
  }
}

/** Other bits of a hash than those that chose its block. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  return mixed ^ (mixed >>> 13)
}
