import type { Entry } from '../../../lib/core/types.ts'
import { SLOTS } from './policies/policy.ts'
import { longer, Records } from './policies/records.ts'

/** What is rare, or does not fit into a record: a time at which an entry may be forgotten other than its expiry, its tags. */
interface Rest {
  readonly expires: number
  readonly until: number
  readonly tags: readonly string[] | undefined
}

/** How many slots there are at first; they are doubled as they fill. */
const FIRST_SLOTS = 16

export const NEVER = Number.POSITIVE_INFINITY

/**
 * Offsets that are none: no deadline; one too far ahead for a record, which is kept aside; and one that had passed when the origin
 * moved, for which the entry has expired whatever the clock says later.
 */
const NONE = 0xffff_ffff
const FAR = 0xffff_fffe
const PASSED = 0

/** V8 makes an array of more cells than these a dictionary, unless it grows bit by bit. */
const AT_ONCE = 2 ** 25

/** How far before the present the origin of all times is put, and how far the present may go from there: 6 and 12 days. */
const PAST = 2 ** 29
const DRIFT = 2 ** 30

/**
 * The entries, each in a slot: two cells of one array for its key and value, and a record of numbers. That takes half the memory of
 * an object per entry, and leaves the garbage collector nothing to follow but keys and values.
 *
 * A time is four bytes: whole ms after an origin, which moves on every 12 days. Deadlines more than 31 days ahead are kept aside;
 * when an entry was created is exact for 6 days at least, after that "then or before".
 */
export class Slots {
  readonly records = new Records()
  /** For each slot its key and, next to it, its value: what is looked up is mostly read, too. */
  cells: unknown[] = []
  /** How long entries live from each use on, in stores in which uses prolong lives. */
  ttls: Float64Array<ArrayBuffer> | undefined
  /** The first slot that was never used. */
  unused = SLOTS
  /** How many slots there are. */
  #length = 0
  #rests = new Map<number, Rest>()
  /** Whether there are any. Asking the Map takes 10 ns, several times for each write (node 20). */
  #hasRests = false
  #origin = 0
  /** The first of the slots that are free again. In each, the next one is where an entry has the time when it was created. */
  #free = 0

  /** @param keepsTtls whether it is kept in mind how long entries were given to live */
  constructor(keepsTtls = false) {
    if (keepsTtls) this.keepTtls()
  }

  keepTtls(): void {
    if (this.ttls !== undefined) return
    this.ttls = new Float64Array(this.#length)
    for (const slot of this.used()) this.ttls[slot] = this.expiresAt(slot) - this.createdAt(slot)
  }

  /** The TTL with which the entry in a slot was stored, in ms; infinite unless `keepTtls` was called. */
  ttlAt(slot: number): number {
    return this.ttls?.[slot] ?? NEVER
  }

  /** The key of the entry in a slot; `undefined` when none is. */
  keyAt(slot: number): string | undefined {
    return this.cells[2 * slot] as string | undefined
  }

  valueAt(slot: number): unknown {
    return this.cells[2 * slot + 1]
  }

  /** The slots in which entries are. They may change meanwhile. */
  *used(): Generator<number, undefined, undefined> {
    for (let slot = SLOTS; slot < this.unused; slot++) if (this.cells[2 * slot] !== undefined) yield slot
    return undefined
  }

  /** A slot in which nothing is; 0 when there are none left before there are more. */
  vacant(): number {
    const slot = this.#free
    if (slot !== 0) {
      this.#free = this.records.created(slot)
      return slot
    }
    return this.unused < this.#length ? this.unused++ : 0
  }

  /** Puts a key into a slot in which nothing is. */
  take(slot: number, key: string, hash: number): void {
    this.cells[2 * slot] = key
    this.records.setHash(slot, hash)
  }

  /** Lets go of what is in a slot, for any entry to come. */
  vacate(slot: number): void {
    const { cells } = this
    cells[2 * slot] = undefined
    cells[2 * slot + 1] = undefined
    this.records.setExpires(slot, NONE)
    if (this.#hasRests) this.#forgetRest(slot)
    this.records.setCreated(slot, this.#free)
    this.#free = slot
  }

  /** Makes room for twice as many entries, at most `most`. Answers how many slots there are then. */
  grow(most: number): number {
    const slots = SLOTS + Math.min(most, Math.max(FIRST_SLOTS, 2 * (this.#length - SLOTS)))
    this.#length = slots
    // Copied rather than appended to, so that no array is longer than the bound asks for.
    this.cells = lengthened(this.cells, 2 * slots)
    this.records.grow(slots)
    if (this.ttls !== undefined) this.ttls = longer(this.ttls, slots)
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
    this.cells[2 * slot + 1] = value
    this.records.setCreated(slot, within(created - this.#origin))
    if (this.ttls !== undefined) this.ttls[slot] = expires - now
    this.setDeadline(slot, expires, until, tags)
  }

  /** Puts an entry into a slot that is created now, and goes when its life is over. */
  putFresh(slot: number, value: unknown, now: number, ttl: number): void {
    const offset = this.#keepUp(now)
    if (this.#hasRests || this.ttls !== undefined || offset + ttl >= FAR) {
      this.put(slot, value, now, now + ttl, now, now + ttl, undefined)
      return
    }
    this.cells[2 * slot + 1] = value
    this.records.setCreated(slot, offset)
    this.records.setExpires(slot, offset + ttl)
  }

  setDeadline(slot: number, expires: number, until: number, tags: readonly string[] | undefined): void {
    const offset = this.#offsetOf(expires)
    this.records.setExpires(slot, offset)
    if (until !== expires || tags !== undefined || offset === FAR || offset === PASSED) {
      this.#rests.set(slot, { expires, until, tags })
      this.#hasRests = true
    } else if (this.#hasRests) {
      this.#forgetRest(slot)
    }
  }

  /** Whether the entry in a slot will stop being fresh. */
  isMortal(slot: number): boolean {
    return this.records.expires(slot) !== NONE
  }

  /**
   * Whether the entry in a mortal slot is fresh for certain: one whose deadline is too far to be in the record is not always. Nothing
   * is boxed here, as a moment would be (5 ns, node 20).
   */
  isFresh(slot: number, now: number): boolean {
    const offset = this.records.expires(slot)
    return now - this.#origin < offset && offset !== PASSED
  }

  /** When the entry in a slot stops being fresh. */
  expiresAt(slot: number): number {
    return this.#restOf(slot)?.expires ?? this.#freshUntil(slot)
  }

  /** Whether the entry in a slot may be forgotten by now. */
  isOver(slot: number, now: number): boolean {
    if (this.#hasRests) return this.untilAt(slot) <= now
    const offset = this.records.expires(slot)
    // `NONE` is a number, too, and the present is past it 49 days after the origin.
    return offset <= now - this.#origin ? offset !== NONE : offset === PASSED
  }

  /** When the entry in a slot may be forgotten. */
  untilAt(slot: number): number {
    return this.#hasRests ? (this.#rests.get(slot)?.until ?? this.#freshUntil(slot)) : this.#freshUntil(slot)
  }

  createdAt(slot: number): number {
    return this.#origin + this.records.created(slot)
  }

  tagsAt(slot: number): readonly string[] | undefined {
    return this.#restOf(slot)?.tags
  }

  /** The entry in a slot, as others know entries. */
  entryAt(slot: number): Entry {
    const rest = this.#restOf(slot)
    const expires = rest?.expires ?? this.#freshUntil(slot)
    return {
      value: this.valueAt(slot),
      created: this.createdAt(slot),
      expires: timeOf(expires),
      until: timeOf(rest?.until ?? expires),
      tags: rest?.tags,
    }
  }

  /** Whether a slot still is as when this entry was taken from it. */
  isAt(slot: number, { value, created, expires }: Entry): boolean {
    return (
      Object.is(this.valueAt(slot), value) &&
      this.createdAt(slot) === created &&
      timeOf(this.expiresAt(slot)) === expires
    )
  }

  /** The entry in a slot is fresh until then, if not longer: its deadline, unless that is too far to be in the record. */
  #freshUntil(slot: number): number {
    const offset = this.records.expires(slot)
    if (offset === NONE) return NEVER
    return offset === PASSED ? -NEVER : this.#origin + offset
  }

  #restOf(slot: number): Rest | undefined {
    return this.#hasRests ? this.#rests.get(slot) : undefined
  }

  /** Keeps a deadline that has become too far ahead, as the clock was put back. */
  #putAside(slot: number, expires: number): void {
    this.#rests.set(slot, { expires, until: expires, tags: undefined })
    this.#hasRests = true
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
    for (const slot of this.used()) {
      this.records.setCreated(slot, within(this.records.created(slot) - shift))
      const offset = this.records.expires(slot)
      if (offset === NONE || (offset === PASSED && !this.#hasRests)) continue
      const rest = this.#restOf(slot)
      const moved = rest === undefined ? within(offset - shift) : this.#offsetOf(rest.expires)
      if (moved === FAR && rest === undefined) this.#putAside(slot, this.#origin - shift + offset)
      this.records.setExpires(slot, offset === PASSED && rest === undefined ? PASSED : moved)
    }
  }
}

/** An offset, or what of a record's range is nearest to it. */
function within(offset: number): number {
  return Math.min(FAR, Math.max(0, offset))
}

function timeOf(moment: number): number | null {
  return moment === NEVER ? null : moment
}

function lengthened(array: readonly unknown[], length: number): unknown[] {
  const longer = new Array<unknown>(Math.min(length, AT_ONCE)).fill(undefined)
  while (longer.length < length) longer.push(undefined)
  for (let i = 0; i < array.length; i++) longer[i] = array[i]
  return longer
}
