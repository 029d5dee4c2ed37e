import type { Entry } from '../../lib/contract.ts'
import { longer } from './policies/arrays.ts'
import { SLOTS } from './policies/policy.ts'

/** What is rare, or does not fit into the columns: a time at which an entry may be forgotten other than its expiry, its tags. */
interface Rest {
  readonly expires: number
  readonly until: number
  readonly tags: readonly string[] | undefined
}

/** How many slots there are at first; they are doubled as they fill. */
const FIRST_SLOTS = 16

export const NEVER = Number.POSITIVE_INFINITY

/** What stands for a deadline that there is not, and for one that is too far for its column. */
const NONE = 0xffff_ffff
const FAR = 0xffff_fffe

/** How far before the present the origin of all times is put, and how far the present may go from there: 6 and 12 days. */
const PAST = 2 ** 29
const DRIFT = 2 ** 30

/**
 * The entries, each in a slot: a place in arrays of keys, values, and numbers. That takes half the memory of an object per entry,
 * and leaves the garbage collector nothing to follow but keys and values.
 *
 * A time is four bytes: whole ms after an origin, which moves on every 12 days. Deadlines more than 31 days ahead are kept aside;
 * when an entry was created is exact for 6 days at least, after that "then or before".
 */
export class Columns {
  keys: (string | undefined)[] = []
  values: unknown[] = []
  /** How long entries live from each use on, in stores in which uses prolong lives. */
  lives: Float64Array<ArrayBuffer> | undefined
  /** The first slot that was never used. */
  unused = SLOTS
  /** In a free slot, the next one that is. */
  #created = new Uint32Array(0)
  #expires = new Uint32Array(0)
  #rests = new Map<number, Rest>()
  /** Whether there are any. Asking the Map takes 10 ns, several times for each write (node 20). */
  #hasRests = false
  #origin = 0
  #free = 0

  /** @param keepsLives whether it is kept in mind how long entries were given to live */
  constructor(keepsLives = false) {
    if (keepsLives) this.keepLives()
  }

  keepLives(): void {
    if (this.lives !== undefined) return
    this.lives = new Float64Array(this.keys.length)
    for (let slot = SLOTS; slot < this.unused; slot++) this.lives[slot] = this.expiresAt(slot) - this.createdAt(slot)
  }

  /** A slot in which nothing is; 0 when there are none left before the columns are made longer. */
  vacant(): number {
    const slot = this.#free
    if (slot !== 0) {
      this.#free = this.#created[slot]!
      return slot
    }
    return this.unused < this.keys.length ? this.unused++ : 0
  }

  /** Lets go of what is in a slot, for any entry to come. */
  vacate(slot: number): void {
    this.keys[slot] = undefined
    this.values[slot] = undefined
    this.#expires[slot] = NONE
    if (this.#hasRests) this.#forgetRest(slot)
    this.#created[slot] = this.#free
    this.#free = slot
  }

  /** Makes room for twice as many entries, at most `most`. Answers how many slots there are then. */
  grow(most: number): number {
    const slots = SLOTS + Math.min(most, Math.max(FIRST_SLOTS, 2 * (this.keys.length - SLOTS)))
    // Copied rather than appended to, so that no array is longer than the bound asks for.
    this.keys = lengthened(this.keys, slots)
    this.values = lengthened(this.values, slots)
    this.#created = longer(this.#created, slots)
    this.#expires = longer(this.#expires, slots).fill(NONE, this.unused)
    if (this.lives !== undefined) this.lives = longer(this.lives, slots)
    return slots
  }

  /** Puts an entry into a slot, in place of what was there, but for its key and weight. */
  put(
    slot: number,
    value: unknown,
    created: number,
    expires: number,
    now: number,
    until: number,
    tags: readonly string[] | undefined,
  ): void {
    this.#keepUp(now)
    this.values[slot] = value
    this.#created[slot] = within(created - this.#origin)
    if (this.lives !== undefined) this.lives[slot] = expires - now
    this.setDeadline(slot, expires, until, tags)
  }

  /** Puts an entry into a slot that is created now, and goes when its life is over. */
  putFresh(slot: number, value: unknown, now: number, life: number): void {
    const offset = this.#keepUp(now)
    if (this.#hasRests || this.lives !== undefined || offset + life >= FAR) {
      this.put(slot, value, now, now + life, now, now + life, undefined)
      return
    }
    this.values[slot] = value
    this.#created[slot] = offset
    this.#expires[slot] = offset + life
  }

  setDeadline(slot: number, expires: number, until: number, tags: readonly string[] | undefined): void {
    const offset = this.#offsetOf(expires)
    this.#expires[slot] = offset
    if (until !== expires || tags !== undefined || offset === FAR) {
      this.#rests.set(slot, { expires, until, tags })
      this.#hasRests = true
    } else if (this.#hasRests) {
      this.#forgetRest(slot)
    }
  }

  /** The entry in a slot is fresh until then, if not longer: its deadline, unless that is too far to be in the column. */
  freshUntil(slot: number): number {
    const offset = this.#expires[slot]!
    return offset === NONE ? NEVER : this.#origin + offset
  }

  /** When the entry in a slot stops being fresh. */
  expiresAt(slot: number): number {
    return this.#expires[slot] === FAR ? this.#rests.get(slot)!.expires : this.freshUntil(slot)
  }

  /** When the entry in a slot may be forgotten. */
  untilAt(slot: number): number {
    return this.#hasRests ? (this.#rests.get(slot)?.until ?? this.freshUntil(slot)) : this.freshUntil(slot)
  }

  createdAt(slot: number): number {
    return this.#origin + this.#created[slot]!
  }

  tagsAt(slot: number): readonly string[] | undefined {
    return this.#restOf(slot)?.tags
  }

  /** The entry in a slot, as others know entries. */
  entryAt(slot: number): Entry {
    const rest = this.#restOf(slot)
    const expires = rest?.expires ?? this.freshUntil(slot)
    return {
      value: this.values[slot],
      created: this.createdAt(slot),
      expires: timeOf(expires),
      until: timeOf(rest?.until ?? expires),
      tags: rest?.tags,
    }
  }

  /** Whether a slot still is as when this entry was taken from it. */
  isAt(slot: number, { value, created, expires }: Entry): boolean {
    return (
      Object.is(this.values[slot], value) &&
      this.createdAt(slot) === created &&
      timeOf(this.expiresAt(slot)) === expires
    )
  }

  #restOf(slot: number): Rest | undefined {
    return this.#hasRests ? this.#rests.get(slot) : undefined
  }

  #forgetRest(slot: number): void {
    if (this.#rests.delete(slot)) this.#hasRests = this.#rests.size !== 0
  }

  #offsetOf(moment: number): number {
    if (moment === NEVER) return NONE
    return within(moment - this.#origin)
  }

  /** Sees to it that the present is not too far from the origin, and answers how far it is. */
  #keepUp(now: number): number {
    const age = now - this.#origin
    if (age >= 0 && age <= PAST + DRIFT) return age
    this.#moveOrigin(now)
    return now - this.#origin
  }

  /** Counts all times from another origin on: so seldom that it may take a few milliseconds per million entries. */
  #moveOrigin(now: number): void {
    const shift = Math.floor(now) - PAST - this.#origin
    this.#origin += shift
    for (let slot = SLOTS; slot < this.unused; slot++) {
      if (this.keys[slot] === undefined) continue
      this.#created[slot] = within(this.#created[slot]! - shift)
      const offset = this.#expires[slot]!
      if (offset === FAR) this.#expires[slot] = this.#offsetOf(this.#rests.get(slot)!.expires)
      else if (offset !== NONE) this.#expires[slot] = Math.min(FAR - 1, within(offset - shift))
    }
  }
}

/** An offset, or what of the columns' range is nearest to it. */
function within(offset: number): number {
  return Math.min(FAR, Math.max(0, offset))
}

function timeOf(moment: number): number | null {
  return moment === NEVER ? null : moment
}

function lengthened<T>(array: readonly (T | undefined)[], length: number): (T | undefined)[] {
  const longer = new Array<T | undefined>(length).fill(undefined)
  for (let i = 0; i < array.length; i++) longer[i] = array[i]
  return longer
}
