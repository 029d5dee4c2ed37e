import { randomInt } from 'node:crypto'
import type { Entry } from '../../lib/contract.ts'
import { longer } from './policies/arrays.ts'
import { hashOf } from './policies/hash.ts'
import { type PolicyMaker, type PolicyName, policyMaker } from './policies/names.ts'
import { type Policy, SLOTS } from './policies/policy.ts'

/** What is rare enough to be kept aside: the tags of an entry, and a time at which it may be forgotten other than its expiry. */
interface Rest {
  readonly until: number
  readonly tags: readonly string[] | undefined
}

/** Told of what the store removes by itself, when it is done and may be used again. */
export interface Losses {
  expired(key: string): void
  evicted(key: string): void
}

/** How many slots every write looks at for what has expired. */
const SWEEP = 4

/** The slots that a store begins with; it doubles them as it fills. */
const FIRST_SLOTS = 16

const NEVER = Number.POSITIVE_INFINITY

/**
 * Entries in memory, never more than `maxEntries`, not even for a moment: what has to go goes before the new one comes.
 *
 * An entry is a slot: a place in arrays of keys, values, and numbers. That takes half the memory of an object per entry, and
 * leaves the garbage collector nothing to follow but keys and values. A policy says which slot to give up. A hand goes over the
 * slots, a few at every write, and takes what has expired, so that the dead go without a timer.
 */
export class MemoryStore {
  /** The most entries that are kept unless another bound is given. */
  static readonly MAX_ENTRIES = 100_000

  readonly #maxEntries: number
  readonly #makePolicy: PolicyMaker
  readonly #seed: number
  #index = new Map<string, number>()
  #keys: string[] = []
  #values: unknown[] = []
  #created = new Float64Array(0)
  /** When an entry stops being fresh; `NEVER` for those that do not and for slots that are free. */
  #expires = new Float64Array(0)
  #rests = new Map<number, Rest>()
  #free: number[] = []
  /** The first slot that was never used. */
  #unused = SLOTS
  #hand = SLOTS
  #policy: Policy | undefined
  #expired: string[] = []
  #evicted: string[] = []

  /**
   * @param maxEntries the most entries that are ever kept; `null` for no bound
   * @param seed what the policy does by chance, and how it hashes, follows from it; another one for every store unless it is given
   */
  constructor(maxEntries: number | null, policy: PolicyName = 'adaptive', seed: number = randomInt(2 ** 31)) {
    this.#maxEntries = maxEntries ?? NEVER
    this.#makePolicy = policyMaker(policy)
    this.#seed = seed
    this.clear()
  }

  get size(): number {
    return this.#index.size
  }

  /** The slot of an entry, be it fresh or not; 0 when there is none. Does not count as a use. */
  find(key: string): number {
    return this.#index.get(key) ?? 0
  }

  valueAt(slot: number): unknown {
    return this.#values[slot]
  }

  expiresAt(slot: number): number {
    return this.#expires[slot]!
  }

  /** Counts a use of an entry. */
  touch(slot: number): void {
    this.#policy?.touch(slot)
  }

  /** The entry in a slot, as others know entries. */
  entryAt(slot: number): Entry {
    const expires = this.#expires[slot]!
    const rest = this.#rests.get(slot)
    return {
      value: this.#values[slot],
      created: this.#created[slot]!,
      expires: timeOf(expires),
      until: timeOf(rest === undefined ? expires : rest.until),
      tags: rest?.tags,
    }
  }

  /** Whether a slot still is as when this entry was taken from it. */
  isAt(slot: number, { value, created, expires }: Entry): boolean {
    return (
      Object.is(this.#values[slot], value) &&
      this.#created[slot] === created &&
      timeOf(this.#expires[slot]!) === expires
    )
  }

  /** Puts an entry under a key. `until` is when it may be forgotten; `NEVER` is for ever. */
  write(
    key: string,
    value: unknown,
    created: number,
    expires: number,
    now: number,
    losses: Losses,
    until = expires,
    tags?: readonly string[],
  ): void {
    this.#sweep(now)
    const old = this.find(key)
    const slot = old === 0 ? this.#insert(key) : old
    if (old !== 0) this.touch(slot)
    this.#values[slot] = value
    this.#created[slot] = created
    this.#expires[slot] = expires
    if (until !== expires || tags !== undefined) this.#rests.set(slot, { until, tags })
    else if (this.#rests.size !== 0) this.#rests.delete(slot)
    this.#tell(losses)
  }

  /** Removes a key, and answers whether there was an entry that had not expired. */
  drop(key: string, now: number): boolean {
    const slot = this.find(key)
    if (slot === 0) return false
    const isFresh = now < this.#expires[slot]!
    this.#policy?.remove(slot)
    this.#release(slot)
    return isFresh
  }

  /** Removes the entry in a slot if it may be forgotten by now, and answers whether it did. */
  forget(slot: number, now: number, losses: Losses): boolean {
    if (!this.#isOver(slot, now)) return false
    this.#expire(slot)
    this.#tell(losses)
    return true
  }

  *keys(prefix: string): Generator<string, void, undefined> {
    for (const key of this.#index.keys()) if (key.startsWith(prefix)) yield key
  }

  clear(): void {
    this.#index = new Map()
    this.#keys = []
    this.#values = []
    this.#created = new Float64Array(0)
    this.#expires = new Float64Array(0)
    this.#rests = new Map()
    this.#free = []
    this.#unused = SLOTS
    this.#hand = SLOTS
    this.#policy = this.#maxEntries === NEVER ? undefined : this.#makePolicy(this.#maxEntries, this.#seed)
  }

  #insert(key: string): number {
    if (this.#index.size >= this.#maxEntries) this.#evict()
    const slot = this.#free.pop() ?? this.#unused++
    if (slot >= this.#keys.length) this.#grow()
    this.#index.set(key, slot)
    this.#keys[slot] = key
    this.#policy?.admit(slot, hashOf(key, this.#seed))
    return slot
  }

  #evict(): void {
    const slot = this.#policy!.evict()
    this.#evicted.push(this.#release(slot))
  }

  #expire(slot: number): void {
    this.#policy?.remove(slot)
    this.#expired.push(this.#release(slot))
  }

  /** Empties a slot that the policy no longer has, and answers the key that was in it. */
  #release(slot: number): string {
    const key = this.#keys[slot]!
    this.#index.delete(key)
    this.#keys[slot] = ''
    this.#values[slot] = undefined
    this.#expires[slot] = NEVER
    if (this.#rests.size !== 0) this.#rests.delete(slot)
    this.#free.push(slot)
    return key
  }

  /** Takes the expired among the next few slots. */
  #sweep(now: number): void {
    for (let i = 0; i < SWEEP && this.#unused > SLOTS; i++) {
      if (this.#hand >= this.#unused) this.#hand = SLOTS
      const slot = this.#hand++
      if (this.#isOver(slot, now)) this.#expire(slot)
    }
  }

  #isOver(slot: number, now: number): boolean {
    if (this.#expires[slot]! > now) return false
    const rest = this.#rests.size === 0 ? undefined : this.#rests.get(slot)
    return rest === undefined || rest.until <= now
  }

  /** Doubles the slots. Copied rather than appended to, so that no array is longer than the bound asks for. */
  #grow(): void {
    const slots = SLOTS + Math.min(this.#maxEntries, Math.max(FIRST_SLOTS, 2 * (this.#unused - 1 - SLOTS)))
    this.#keys = lengthened(this.#keys, slots, '')
    this.#values = lengthened(this.#values, slots, undefined)
    this.#created = longer(this.#created, slots)
    this.#expires = longer(this.#expires, slots).fill(NEVER, this.#unused - 1)
    this.#policy?.grow(slots)
  }

  /** Tells of what was lost once all is in order again, because who is told may use the store. */
  #tell(losses: Losses): void {
    while (this.#expired.length !== 0) losses.expired(this.#expired.pop()!)
    while (this.#evicted.length !== 0) losses.evicted(this.#evicted.pop()!)
  }
}

function timeOf(moment: number): number | null {
  return moment === NEVER ? null : moment
}

function lengthened<T>(array: readonly T[], length: number, filling: T): T[] {
  const longer = new Array<T>(length).fill(filling)
  for (let i = 0; i < array.length; i++) longer[i] = array[i]!
  return longer
}
