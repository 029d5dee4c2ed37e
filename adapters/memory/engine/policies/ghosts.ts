import { powerOfTwo } from './frequency.ts'

/**
 * Remembers recent hashes, about as many as it has room for: fingerprints of two bytes in buckets of four, from which the
 * oldest is dropped. One hash in 16 000 is mistaken for another.
 */
export class Ghosts {
  #prints = new Uint16Array(4)

  /** Sets the number of hashes. If it changes, what was remembered is forgotten. */
  grow(hashes: number): void {
    const length = Math.max(4, powerOfTwo(hashes))
    if (length !== this.#prints.length) this.#prints = new Uint16Array(length)
  }

  /** Whether a hash is remembered. Marks it as seen, for `take`. */
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

/** The lowest bit of a fingerprint, set until `see` finds it. A fingerprint of 0 is an empty place. */
const UNSEEN = 1

function printOf(hash: number): number {
  return (hash >>> 16) | UNSEEN
}

/** Remembers an exact number of recent hashes, without an object per hash. */
export class GhostQueue {
  readonly #hashes = new Set<number>()
  #queue = new Int32Array(1)
  #next = 0

  /** Raises the number of hashes, if it is lower. */
  grow(hashes: number): void {
    const queue = this.#queue
    if (hashes <= queue.length) return
    this.#queue = new Int32Array(hashes)
    this.#queue.set(queue.subarray(this.#next))
    this.#queue.set(queue.subarray(0, this.#next), queue.length - this.#next)
    this.#next = queue.length
  }

  /** Forgets a hash, and returns whether it was remembered. */
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
