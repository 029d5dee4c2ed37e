import { powerOfTwo } from './arrays.ts'

/**
 * Remembers about as many hashes as it has room for, the latest ones: two bytes each, in buckets of four of which the oldest goes.
 * One time in 16 000 it takes a hash for another.
 */
export class Ghosts {
  #prints = new Uint16Array(4)

  /** Makes room for so many. What was remembered is forgotten. */
  grow(hashes: number): void {
    const length = Math.max(4, powerOfTwo(hashes))
    if (length !== this.#prints.length) this.#prints = new Uint16Array(length)
  }

  has(hash: number): boolean {
    const prints = this.#prints
    const at = (hash & ((prints.length >>> 2) - 1)) << 2
    const print = printOf(hash)
    return prints[at] === print || prints[at + 1] === print || prints[at + 2] === print || prints[at + 3] === print
  }

  add(hash: number): void {
    const prints = this.#prints
    const at = (hash & ((prints.length >>> 2) - 1)) << 2
    prints[at + 3] = prints[at + 2]!
    prints[at + 2] = prints[at + 1]!
    prints[at + 1] = prints[at]!
    prints[at] = printOf(hash)
  }
}

/** Never 0, which stands for nothing. */
function printOf(hash: number): number {
  return (hash >>> 16) | 1
}

/** Remembers exactly so many hashes, the latest ones, in numbers only. */
export class GhostQueue {
  readonly #hashes = new Set<number>()
  #queue = new Int32Array(1)
  #next = 0

  /** Makes room for so many, if there is less. */
  grow(hashes: number): void {
    const queue = this.#queue
    if (hashes <= queue.length) return
    this.#queue = new Int32Array(hashes)
    this.#queue.set(queue.subarray(this.#next))
    this.#queue.set(queue.subarray(0, this.#next), queue.length - this.#next)
    this.#next = queue.length
  }

  /** Forgets a hash, and answers whether it was remembered. */
  take(hash: number): boolean {
    return this.#hashes.delete(hash)
  }

  add(hash: number): void {
    this.#hashes.delete(this.#queue[this.#next]!)
    this.#queue[this.#next] = hash
    this.#next = (this.#next + 1) % this.#queue.length
    this.#hashes.add(hash)
  }
}
