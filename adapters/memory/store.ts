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
const SWEEP = 2

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

  #maxEntries: number
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
    this.#detach(slot)
    this.#vacate(slot)
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
    this.#policy = this.#newPolicy()
  }

  /** Sets another bound, `null` for none. What is too many goes at once. */
  resize(maxEntries: number | null, losses: Losses): void {
    this.#maxEntries = maxEntries ?? NEVER
    if (maxEntries === null || this.#policy === undefined) this.#policy = this.#newPolicy()
    else this.#policy.resize(maxEntries)
    while (this.#index.size > this.#maxEntries) this.#vacate(this.#evict())
    this.#tell(losses)
  }

  /** The slots of what is kept, those that would go first at the front; in no order without a bound. */
  coldest(): Iterable<number> {
    return this.#policy?.coldest() ?? this.#index.values()
  }

  /** A policy that knows what is kept, none without a bound. */
  #newPolicy(): Policy | undefined {
    if (this.#maxEntries === NEVER) return undefined
    const policy = this.#makePolicy(this.#maxEntries, this.#seed)
    policy.grow(Math.max(SLOTS, this.#keys.length))
    for (const [key, slot] of this.#index) policy.admit(slot, hashOf(key, this.#seed))
    return policy
  }

  #insert(key: string): number {
    const slot = this.#index.size >= this.#maxEntries ? this.#evict() : this.#vacant()
    this.#index.set(key, slot)
    this.#keys[slot] = key
    this.#policy?.admit(slot, hashOf(key, this.#seed))
    return slot
  }

  /** A slot in which nothing is. */
  #vacant(): number {
    const slot = this.#free.length === 0 ? this.#unused++ : this.#free.pop()!
    if (slot >= this.#keys.length) this.#grow()
    return slot
  }

  /** A slot whose entry the policy gave up. What is left in it is about to be written over. */
  #evict(): number {
    const slot = this.#policy!.evict()
    this.#evicted.push(this.#detach(slot))
    return slot
  }

  #expire(slot: number): void {
    this.#policy?.remove(slot)
    this.#expired.push(this.#detach(slot))
    this.#vacate(slot)
  }

  /** Takes an entry out of the index, and answers its key. */
  #detach(slot: number): string {
    const key = this.#keys[slot]!
    this.#index.delete(key)
    if (this.#rests.size !== 0) this.#rests.delete(slot)
    return key
  }

  /** Lets go of what is in a slot, for any entry to come. */
  #vacate(slot: number): void {
    this.#keys[slot] = ''
    this.#values[slot] = undefined
    this.#expires[slot] = NEVER
    this.#free.push(slot)
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
