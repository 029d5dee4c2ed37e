import type { Entry } from '../../lib/contract.ts'
import { ConfigError } from '../../lib/errors.ts'
import { weightOf } from './bounds.ts'
import { Columns, NEVER } from './columns.ts'
import { estimate } from './estimate.ts'
import { EVICTED, EXPIRED, REPLACED, Removals } from './removals.ts'
import type { Room } from './room.ts'
import { type Index, indexFor } from './shards.ts'

/**
 * Entries by their keys, within bounds: what has to go goes before a new one comes. An entry is known by its slot, a number, as
 * long as it is there; 0 is none.
 */
export abstract class Entries {
  readonly removals = new Removals()
  protected readonly room: Room
  protected index: Index
  protected columns = new Columns()
  #evictedWeight = 0

  constructor(room: Room) {
    this.room = room
    this.index = indexFor(room.maxEntries)
  }

  /** What all that was evicted weighed. */
  get evictedWeight(): number {
    return this.#evictedWeight
  }

  /** The most entries that are kept; infinite without a bound. */
  get maxEntries(): number {
    return this.room.maxEntries
  }

  /** What the entries may weigh together; infinite without a bound. */
  get maxBytes(): number {
    return this.room.maxBytes
  }

  /** What an entry weighs: a weigher is given its value, the estimate what is kept of it; 1 where entries are not weighed. */
  weigh(value: unknown, kept: unknown, key: string): number {
    const { weigher } = this.room.limits
    if (weigher === undefined) return 1
    return weigher === estimate ? estimate(kept, key) : weightOf(weigher, value, key)
  }

  /** The slot of an entry, be it fresh or not; 0 when there is none. Does not count as a use. */
  find(key: string): number {
    return this.index.get(key) ?? 0
  }

  /** Counts a use of an entry. */
  touch(slot: number): void {
    this.room.touch(slot)
  }

  keyAt(slot: number): string {
    return this.columns.keys[slot]!
  }

  valueAt(slot: number): unknown {
    return this.columns.values[slot]
  }

  weightAt(slot: number): number {
    return this.room.weightOf(slot)
  }

  /** The entry in a slot is fresh until then, if not longer: its deadline, unless that is more than 31 days ahead. */
  freshUntil(slot: number): number {
    return this.columns.freshUntil(slot)
  }

  /** When the entry in a slot stops being fresh; `NEVER` is infinite. */
  expiresAt(slot: number): number {
    return this.columns.expiresAt(slot)
  }

  /** How long the entry in a slot was given to live; known after `keepLives`. */
  lifeAt(slot: number): number {
    return this.columns.lives?.[slot] ?? NEVER
  }

  /** Keeps in mind from now on how long entries were given to live. */
  keepLives(): void {
    this.columns.keepLives()
  }

  /** The entry in a slot, as others know entries. */
  entryAt(slot: number): Entry {
    return this.columns.entryAt(slot)
  }

  /** Whether a slot still is as when this entry was taken from it. */
  isAt(slot: number, entry: Entry): boolean {
    return this.columns.isAt(slot, entry)
  }

  /** A slot for a new key; 0 when there can be no room for it. */
  protected insert(key: string, weight: number, now: number): number {
    const { room } = this
    if (!room.takes(weight)) return 0
    // The slot of what goes for it is used again at once, past the list of free ones.
    let slot = 0
    while (!room.fits(weight)) {
      if (slot !== 0) this.columns.vacate(slot)
      slot = this.#giveUp(weight, now)
      if (slot === 0) return 0
    }
    if (slot === 0) slot = this.#vacant()
    this.index.set(key, slot)
    this.columns.keys[slot] = key
    room.come(slot, weight, key)
    return slot
  }

  /** The slot for another value of a key; 0 when that is too heavy. To the policy, an entry of another weight is a newcomer. */
  protected replace(slot: number, key: string, value: unknown, weight: number, now: number): number {
    const { columns, room } = this
    const before = columns.values[slot]
    const isOver = columns.untilAt(slot) <= now
    if (isOver || !Object.is(before, value)) this.removals.note(key, before, isOver ? EXPIRED : REPLACED)
    if (room.weightOf(slot) === weight) {
      room.touch(slot)
      return slot
    }
    room.go(slot)
    if (!this.#makeRoom(weight, now)) {
      this.#detach(slot)
      return 0
    }
    room.come(slot, weight, key)
    return slot
  }

  /** Gives up an entry for one of that weight, and answers whether there was one to give up. */
  protected evict(weight: number, now: number): boolean {
    const slot = this.#giveUp(weight, now)
    if (slot === 0) return false
    this.columns.vacate(slot)
    return true
  }

  protected remove(slot: number, now: number, cause: number): void {
    this.room.go(slot)
    this.#note(slot, now, cause)
    this.#detach(slot)
  }

  #makeRoom(weight: number, now: number): boolean {
    const { room } = this
    if (!room.takes(weight)) return false
    while (!room.fits(weight)) if (!this.evict(weight, now)) return false
    return true
  }

  /** Gives up an entry for one of that weight, and answers the slot in which it was, for another one; 0 when there is none. */
  #giveUp(weight: number, now: number): number {
    const { columns, room } = this
    const slot = room.evict(weight)
    if (slot === 0) return 0
    const key = columns.keys[slot]
    if (key === undefined) {
      throw new ConfigError(`The policy gave up the slot ${slot}, in which nothing is.`)
    }
    room.left(slot)
    this.#evictedWeight += room.weightOf(slot)
    this.#note(slot, now, EVICTED)
    this.index.delete(key)
    columns.values[slot] = undefined
    return slot
  }

  /** What has expired before it went has expired, whatever it went for. */
  #note(slot: number, now: number, cause: number): void {
    const { columns } = this
    this.removals.note(columns.keys[slot]!, columns.values[slot], columns.untilAt(slot) <= now ? EXPIRED : cause)
  }

  #detach(slot: number): void {
    this.index.delete(this.columns.keys[slot]!)
    this.columns.vacate(slot)
  }

  /** A slot in which nothing is. */
  #vacant(): number {
    const slot = this.columns.vacant()
    if (slot !== 0) return slot
    this.room.grow(this.columns.grow(this.room.mostEntries))
    return this.columns.vacant()
  }
}
