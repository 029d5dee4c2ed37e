import { SLOTS } from './policy.ts'

/**
 * The numbers of each slot, those of the store and those of its policy.
 *
 * The layout follows the processor's cache. An eviction needs many numbers of few slots, so these are side by side in 16
 * bytes: the hash of the key, one byte each for the list, the uses and their age, an unused byte, and the older and the newer
 * neighbor in the list. A hit needs few numbers of any slot, so these are in dense arrays of their own. With one array per
 * number, evicting among 100 000 entries takes half as long again; with one record for all, a hit takes 5 ns more (node 20).
 *
 * The offsets are literals on purpose: V8 inlines a function by the size of its bytecode, which a named constant increases.
 */
export class Records {
  #words = new Int32Array(4 * SLOTS)
  #bytes = new Uint8Array(this.#words.buffer)
  #expires = new Uint32Array(SLOTS)
  #created = new Uint32Array(SLOTS)
  #epochs = new Uint8Array(SLOTS)

  /** The number of slots that have records. */
  get length(): number {
    return this.#epochs.length
  }

  /** Adds records up to this number of slots, if there are fewer. */
  grow(slots: number): void {
    if (slots <= this.length) return
    this.#words = longer(this.#words, 4 * slots)
    this.#bytes = new Uint8Array(this.#words.buffer)
    this.#expires = longer(this.#expires, slots)
    this.#created = longer(this.#created, slots)
    this.#epochs = longer(this.#epochs, slots)
  }

  hash(slot: number): number {
    return this.#words[4 * slot]!
  }

  /** The deadline, in the unit of the store. */
  expires(slot: number): number {
    return this.#expires[slot]!
  }

  created(slot: number): number {
    return this.#created[slot]!
  }

  list(slot: number): number {
    return this.#bytes[16 * slot + 4]!
  }

  uses(slot: number): number {
    return this.#bytes[16 * slot + 5]!
  }

  epoch(slot: number): number {
    return this.#epochs[slot]!
  }

  age(slot: number): number {
    return this.#bytes[16 * slot + 6]!
  }

  older(slot: number): number {
    return this.#words[4 * slot + 2]!
  }

  newer(slot: number): number {
    return this.#words[4 * slot + 3]!
  }

  setHash(slot: number, hash: number): void {
    this.#words[4 * slot] = hash
  }

  setExpires(slot: number, expires: number): void {
    this.#expires[slot] = expires
  }

  setCreated(slot: number, created: number): void {
    this.#created[slot] = created
  }

  setList(slot: number, list: number): void {
    this.#bytes[16 * slot + 4] = list
  }

  setUses(slot: number, uses: number): void {
    this.#bytes[16 * slot + 5] = uses
  }

  setEpoch(slot: number, epoch: number): void {
    this.#epochs[slot] = epoch
  }

  setAge(slot: number, age: number): void {
    this.#bytes[16 * slot + 6] = age
  }

  setOlder(slot: number, older: number): void {
    this.#words[4 * slot + 2] = older
  }

  setNewer(slot: number, newer: number): void {
    this.#words[4 * slot + 3] = newer
  }
}

type Numbers =
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>

/** A copy of an array with another length, at least its own. */
export function longer<A extends Numbers>(array: A, length: number): A {
  const longer = new (array.constructor as new (length: number) => A)(length)
  longer.set(array)
  return longer
}
