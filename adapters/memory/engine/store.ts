import { randomInt } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { type Bounds, limitsOf, MAX_ENTRIES, type NewBounds } from './capacity.ts'
import { Entries } from './entries.ts'
import { KeyIndex } from './key-index.ts'
import { type PolicyOption, policyFrom } from './policies/builtin.ts'
import { chained } from './policies/lists.ts'
import { CLEARED, EXPIRED, EXPLICIT, type Owner, REFUSED } from './removals.ts'
import { NEVER, Slots } from './slots.ts'
import { IdleWork, isBefore, Sweep, type Worker } from './sweep.ts'

/** How many slots a write looks at for what has expired, when something has. */
const SWEPT = 2

/** How many slots are looked at, and how many entries removed, between two turns of the event loop. */
const LOOKS = 20_000
const SLICE = 1000

/** No slice goes on for longer than so many ms. */
const SLICE_MS = 0.5

/** How many entries a write gives up beyond its own while the store shrinks. */
const STEP = 32

/** Expired entries are looked for after so many ms at least, and 1 ms for so many slots, so that it takes 0.5 % of the time. */
const PAUSE = 10
const SLOTS_PER_MS = 1000

/** A timer that has not come after so many ms more will not come any more. */
const LATE = 100

/**
 * Entries in memory that go when their time is over, within bounds at every moment.
 *
 * What has expired goes when it is met, by a hand that goes over the slots a bit at every write, and, when nobody writes, by a
 * timer for all entries together that takes as much as can be done in a millisecond at a time.
 */
export class MemoryStore extends Entries implements Worker {
  /** The most entries that are kept unless another bound is given. */
  static readonly MAX_ENTRIES = MAX_ENTRIES

  readonly #idleWork = new IdleWork(this)
  #sweep = new Sweep()
  /** When the next slice of work will be done. */
  #plannedFor = NEVER
  /** Reading of the clock when the timer last fired early, as timers do by up to 1 ms; -Infinity if it was on time. */
  #earlyAt = -NEVER

  /**
   * @param bounds the most entries that are ever kept, `null` for no bound; or all that may be bounded
   * @param seed what the policy does by chance, and how it hashes, follows from it; another one for every store unless it is given
   */
  constructor(bounds: number | null | Bounds = {}, policy: PolicyOption = 'adaptive', seed = randomInt(2 ** 31)) {
    const limits = limitsOf(typeof bounds === 'object' && bounds !== null ? bounds : { maxEntries: bounds })
    super(limits, policyFrom(policy), seed)
  }

  /** How many entries there are, with those that have expired and that nobody has met yet. */
  get size(): number {
    this.finish()
    return this.capacity.entries
  }

  /** What the entries weigh together: as many as there are where they are not weighed. */
  get weight(): number {
    this.finish()
    return this.capacity.weight
  }

  /**
   * Puts an entry under a key. `until` is when it may be forgotten; `NEVER` is for ever. Answers whether it is kept: what is
   * heavier than it may be is not, nor what is there under its key.
   */
  write(
    key: string,
    value: unknown,
    created: number,
    expires: number,
    now: number,
    owner: Owner,
    until = expires,
    tags?: readonly string[],
    weight = 1,
  ): boolean {
    if (this.isDamaged) this.clear(owner)
    const { index } = this
    let slot = 0
    try {
      slot = this.#place(key, value, weight, now, owner)
      if (slot !== 0) {
        this.slots.put(slot, value, created, expires, now, until, tags)
        this.#expect(until, now)
      }
    } catch (error) {
      this.index = this.emptyIndex
      throw this.judged(error, index)
    }
    this.removals.tell(owner)
    return slot !== 0
  }

  /**
   * The same for an entry that is created now, and goes when its life is over. Of `write`, V8 has to box the numbers: 100 bytes
   * of garbage each time (node 20).
   */
  writeFresh(key: string, value: unknown, now: number, ttl: number, owner: Owner, weight = 1): boolean {
    if (this.isDamaged) this.clear(owner)
    const { index } = this
    let slot = 0
    try {
      slot = this.#place(key, value, weight, now, owner)
      if (slot !== 0) {
        this.slots.putFresh(slot, value, now, ttl)
        this.#expect(now + ttl, now)
      }
    } catch (error) {
      this.index = this.emptyIndex
      throw this.judged(error, index)
    }
    this.removals.tell(owner)
    return slot !== 0
  }

  /** Gives an entry another deadline, because it was used. */
  prolong(slot: number, ttl: number, now: number): void {
    const { slots, index } = this
    try {
      const staleMs = slots.untilAt(slot) - slots.expiresAt(slot)
      const expires = now + ttl
      const until = Number.isNaN(staleMs) ? expires : expires + staleMs
      slots.setDeadline(slot, expires, until, slots.tagsAt(slot))
      if (this.#sweep.expect(until)) this.#plan(now)
    } catch (error) {
      this.index = this.emptyIndex
      throw this.judged(error, index)
    }
  }

  /** Removes a key, and answers whether there was an entry that had not expired. */
  drop(key: string, now: number, owner: Owner, cause = EXPLICIT): boolean {
    const slot = this.find(key)
    if (slot === 0) return false
    const isFresh = now < this.slots.expiresAt(slot)
    this.remove(slot, now, cause)
    this.removals.tell(owner)
    return isFresh
  }

  /** Removes the entry in a slot if it may be forgotten by now, and answers whether it did. */
  forget(slot: number, now: number, owner: Owner): boolean {
    if (!this.slots.isOver(slot, now)) return false
    this.remove(slot, now, EXPIRED)
    this.removals.tell(owner)
    return true
  }

  *keys(prefix: string): Generator<string, void, undefined> {
    this.finish()
    for (const slot of this.used()) {
      const key = this.keyAt(slot)
      if (key.startsWith(prefix)) yield key
    }
  }

  /** Forgets everything, at once unless somebody is to be told of it. */
  clear(owner: Owner | undefined = this.owner): void {
    const { removals } = this
    const before = this.slots
    const { entries } = this.capacity
    // Should this fail on the way, the store stays damaged.
    this.index = this.emptyIndex
    this.slots = new Slots(before.lives !== undefined)
    this.#sweep = new Sweep()
    this.#idleWork.cancel()
    this.capacity.clear(before.used(), this.slots.records)
    this.index = new KeyIndex(this.slots)
    if (!removals.hasListeners || owner === undefined) {
      removals.count(CLEARED, entries)
      return
    }
    const now = owner.now()
    for (const slot of before.used()) {
      removals.note(before.keyAt(slot)!, before.valueAt(slot), before.isOver(slot, now) ? EXPIRED : CLEARED)
    }
    removals.tell(owner)
  }

  /**
   * Sets other bounds, `null` for none. What is too much by then goes bit by bit, with every write and between the turns of the
   * event loop, so that nobody has to wait for it; whoever asks for the size or the keys has it done at once.
   */
  resize(bounds: number | null | NewBounds, owner: Owner): void {
    this.owner = owner
    if (this.isDamaged) this.clear(owner)
    const changes = typeof bounds === 'object' && bounds !== null ? bounds : { maxEntries: bounds }
    this.capacity.resize(changes, this.slots)
    if (this.#shrink(SLICE, performance.now() + SLICE_MS)) this.#idleWork.plan(0)
    this.removals.tell(owner)
  }

  /** The same from the other end; `undefined` when the policy does not say. */
  hottest(): Iterable<number> | undefined {
    this.finish()
    const { policy, hasPinned } = this.capacity
    const slots = policy?.hottest?.()
    return slots !== undefined && hasPinned ? chained(this.pinned(), slots) : slots
  }

  /** Does a slice of what is left to do, and answers when the next one is due. */
  work(): number | undefined {
    const owner = this.owner
    if (owner === undefined) return undefined
    try {
      if (this.isDamaged) this.clear()
      if (this.#shrink(SLICE, performance.now() + SLICE_MS)) return 0
      return this.#sweepOn(owner.now())
    } catch (error) {
      owner.failed(error)
      return undefined
    } finally {
      this.removals.tell(owner)
    }
  }

  /** The slot for an entry, in which it is not yet; 0 when it must not be kept, which is noted. */
  #place(key: string, value: unknown, weight: number, now: number, owner: Owner): number {
    this.owner = owner
    if (now >= this.#sweep.due) {
      this.#reclaim(now, SWEPT, SWEPT)
      // The timer may have been one of those that tests fake, and have gone with them.
      if (now > this.#plannedFor + LATE) this.#plan(now)
    }
    if (this.capacity.isOver) this.#shrink(STEP)
    const hash = this.hashOf(key)
    const old = this.find(key, hash)
    const slot = old === 0 ? this.insert(key, hash, weight, now) : this.replace(old, key, value, weight, now)
    if (slot === 0) this.removals.note(key, value, REFUSED)
    return slot
  }

  /** Takes note of when an entry will be over. */
  #expect(until: number, now: number): void {
    if (this.#sweep.expect(until) || (until !== NEVER && !this.#idleWork.isPlanned)) this.#plan(now)
  }

  /** Takes the expired among the next so many slots. */
  #reclaim(now: number, looks: number, most: number, end = NEVER): void {
    this.#sweep.looks = looks
    for (let removed = 0; removed < most && isBefore(end, removed); removed++) {
      const slot = this.#sweep.next(this.slots, now)
      if (slot === 0) return
      this.remove(slot, now, EXPIRED)
    }
  }

  #sweepOn(now: number): number | undefined {
    const sweep = this.#sweep
    const isEarly = now < sweep.due
    this.#reclaim(now, LOOKS, SLICE, performance.now() + SLICE_MS)
    if (sweep.due === NEVER) return undefined
    if (sweep.isOnItsWay && now >= sweep.due) return 0
    // Early again by a clock that has not moved: it is a faked one that stands still, and the timer would fire forever.
    if (isEarly && Math.abs(now - this.#earlyAt) < PAUSE / 2) return undefined
    this.#earlyAt = isEarly ? now : -NEVER
    return this.#pauseFrom(now)
  }

  #plan(now: number): void {
    this.#earlyAt = -NEVER
    this.#idleWork.plan(this.#pauseFrom(now))
  }

  /** How long it is from now until something will have expired, but for pauses that let others work. */
  #pauseFrom(now: number): number {
    const ms = Math.max(PAUSE, this.slots.unused / SLOTS_PER_MS, this.#sweep.due - now)
    this.#plannedFor = now + ms
    return ms
  }

  /** Gives up entries, so many at most, while there are more than the bounds allow. Answers whether there still are. */
  #shrink(most: number, end = NEVER): boolean {
    const capacity = this.capacity
    if (!capacity.isOver) return false
    for (let i = 0; i < most && capacity.isOver && isBefore(end, i); i++) if (!this.evict(0, -NEVER)) break
    capacity.settle()
    return capacity.isOver && capacity.canEvict
  }

  /** Comes down to new bounds at once, for somebody who wants to know what is there. */
  protected finish(): void {
    if (this.isDamaged) this.clear()
    if (!this.capacity.isOver) return
    this.#shrink(NEVER)
    this.removals.tell(this.owner!)
  }
}
