import { MOST, Sketch } from './frequency.ts'
import type { Records } from './records.ts'

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
