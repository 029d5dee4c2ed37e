import { powerOfTwo } from './frequency.ts'

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

  /** Whether a hash is remembered. It is marked as seen, for `take` to know. */
  see(hash: number): boolean {
    const at = this.#find(hash)
    if (at === -1) return false
    this.#prints[at]! &= ~UNSEEN
    return true
  }

  /** Forgets a hash. Returns true if it was remembered and has not been seen since. */
  take(hash: number): boolean {
    const at = this.#find(hash)
    if (at === -1) return false
    const isUnseen = (this.#prints[at]! & UNSEEN) !== 0
    this.#prints[at] = 0
    return isUnseen
  }

  add(hash: number): void {
    const prints = this.#prints
    const at = (hash & ((prints.length >>> 2) - 1)) << 2
    prints[at + 3] = prints[at + 2]!
    prints[at + 2] = prints[at + 1]!
    prints[at + 1] = prints[at]!
    prints[at] = printOf(hash)
  }

  #find(hash: number): number {
    const prints = this.#prints
    const first = (hash & ((prints.length >>> 2) - 1)) << 2
    const print = printOf(hash)
    for (let at = first; at < first + 4; at++) if ((prints[at]! | UNSEEN) === print) return at
    return -1
  }
}

/** The lowest bit of a print. A print of 0 is an empty place. */
const UNSEEN = 1

function printOf(hash: number): number {
  return (hash >>> 16) | UNSEEN
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
