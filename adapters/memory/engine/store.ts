import { randomInt } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { type Bounds, limitsOf, MAX_ENTRIES, type NewBounds } from './capacity.ts'
import { Entries } from './entries.ts'
import { KeyIndex } from './key-index.ts'
import { type PolicyOption, policyFrom } from './policies/builtin.ts'
import { CLEARED, EXPIRED, EXPLICIT, type Owner, REFUSED } from './removals.ts'
import { NEVER, Slots } from './slots.ts'
import { IdleWork, isBefore, Sweep, type Worker } from './sweep.ts'

/** The number of slots that a write examines for expired entries, if there are any. */
const SWEPT_PER_WRITE = 2

/** The most slots that a slice of idle work examines, and the most entries that it removes. */
const LOOKS = 20_000
const SLICE = 1000

/** The most time that a slice of idle work takes, in ms. */
const SLICE_MS = 0.5

/** The number of surplus entries that a write evicts while the store shrinks to a lower bound. */
const EVICTED_PER_WRITE = 32

/**
 * The least time between two sweeps, in ms, and the number of slots that add 1 ms to it: sweeping takes at most 0.5 % of the
 * time, however large the store is.
 */
const PAUSE = 10
const SLOTS_PER_MS = 1000

/** A timer that is this many ms late was faked, and its fake is gone: it will never fire. */
const LATE = 100

/**
 * Entries in memory that expire: `Entries` with time.
 *
 * Expired entries are removed when a verb meets them, by a sweep that examines a few slots at every write, and, if nobody
 * writes, by one timer for the whole store whose work is cut into slices of 0.5 ms. Shrinking to a lower bound is spread over
 * writes and slices in the same way, so that no call pays for a million entries.
 *
 * The store has no clock: every verb takes the present time from the cache that calls it, since several caches with different
 * clocks may share a store.
 */
export class MemoryStore extends Entries implements Worker {
  /** The bound of a store without other bounds, in entries. */
  static readonly MAX_ENTRIES = MAX_ENTRIES

  readonly #idleWork = new IdleWork(this)
  #sweep = new Sweep()
  /** When the next slice of work is due by the clock of the cache. */
  #plannedFor = NEVER
  /** Reading of the clock when the timer last fired early, as timers do by up to 1 ms; -Infinity if it was on time. */
  #earlyAt = -NEVER

  /**
   * @param bounds all bounds, or the most entries that are kept, `null` for no bound
   * @param seed determines the hashes and what the policy does by chance; random unless given
   */
  constructor(bounds: number | null | Bounds = {}, policy: PolicyOption = 'adaptive', seed = randomInt(2 ** 31)) {
    const limits = limitsOf(typeof bounds === 'object' && bounds !== null ? bounds : { maxEntries: bounds })
    super(limits, policyFrom(policy), seed)
  }

  /** The number of entries, including expired ones that have not been removed yet. */
  get size(): number {
    this.finish()
    return this.capacity.entries
  }

  /** The total weight of the entries; their number if they are not weighed. */
  get weight(): number {
    this.finish()
    return this.capacity.weight
  }

  /**
   * Stores an entry. From `until` on it may be removed; `NEVER` means that it has no deadline. Returns whether it is stored: a
   * value that is too heavy is not, and the entry that was under its key is gone.
   */
  write(
    id: string,
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
      slot = this.#place(id, value, weight, now, owner)
      if (slot !== 0) {
        this.slots.put(slot, value, created, expires, now, until, tags)
        this.#expect(until, now)
      }
    } catch (error) {
      this.index = this.emptyIndex
      throw this.repaired(error, index)
    }
    this.removals.report(owner)
    return slot !== 0
  }

  /**
   * `write` of an entry that is created now, has no tags and is never served stale. A method of its own, because V8 boxes the
   * numbers that are passed to `write`: 100 bytes of garbage per call (node 20).
   */
  writeFresh(id: string, value: unknown, now: number, ttl: number, owner: Owner, weight = 1): boolean {
    if (this.isDamaged) this.clear(owner)
    const { index } = this
    let slot = 0
    try {
      slot = this.#place(id, value, weight, now, owner)
      if (slot !== 0) {
        this.slots.putFresh(slot, value, now, ttl)
        this.#expect(now + ttl, now)
      }
    } catch (error) {
      this.index = this.emptyIndex
      throw this.repaired(error, index)
    }
    this.removals.report(owner)
    return slot !== 0
  }

  /** Moves the deadline of an entry to `ttl` ms from now, and the end of its stale time with it. */
  extend(slot: number, ttl: number, now: number): void {
    const { slots, index } = this
    try {
      const staleMs = slots.untilAt(slot) - slots.expiresAt(slot)
      const expires = now + ttl
      const until = Number.isNaN(staleMs) ? expires : expires + staleMs
      slots.setDeadline(slot, expires, until, slots.tagsAt(slot))
      if (this.#sweep.expect(until)) this.#plan(now)
    } catch (error) {
      this.index = this.emptyIndex
      throw this.repaired(error, index)
    }
  }

  /** Removes an entry. Returns whether it was fresh. */
  drop(id: string, now: number, owner: Owner, cause = EXPLICIT): boolean {
    const slot = this.find(id)
    if (slot === 0) return false
    const isFresh = now < this.slots.expiresAt(slot)
    this.remove(slot, now, cause)
    this.removals.report(owner)
    return isFresh
  }

  /** Removes an entry if it is over: neither fresh nor to be served stale. Returns whether it was. */
  forget(slot: number, now: number, owner: Owner): boolean {
    if (!this.slots.isOver(slot, now)) return false
    this.remove(slot, now, EXPIRED)
    this.removals.report(owner)
    return true
  }

  *keys(prefix: string): Generator<string, void, undefined> {
    this.finish()
    for (const slot of this.used()) {
      const id = this.keyAt(slot)
      if (id.startsWith(prefix)) yield id
    }
  }

  /** Removes everything: in constant time, unless removals have listeners or a user's policy has to be told. */
  clear(owner: Owner | undefined = this.owner): void {
    const { removals } = this
    const before = this.slots
    const { entries } = this.capacity
    // If this is interrupted, the store stays damaged, and the next change starts again.
    this.index = this.emptyIndex
    this.slots = new Slots(before.ttls !== undefined)
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
      removals.add(before.keyAt(slot)!, before.valueAt(slot), before.isOver(slot, now) ? EXPIRED : CLEARED)
    }
    removals.report(owner)
  }

  /** Changes the bounds, `null` for none. Surplus entries are evicted gradually; see `finish`. */
  resize(bounds: number | null | NewBounds, owner: Owner): void {
    this.owner = owner
    if (this.isDamaged) this.clear(owner)
    const changes = typeof bounds === 'object' && bounds !== null ? bounds : { maxEntries: bounds }
    this.capacity.resize(changes, this.slots)
    if (this.#shrink(SLICE, performance.now() + SLICE_MS)) this.#idleWork.plan(0)
    this.removals.report(owner)
  }

  /** Does one slice of pending work: evicts surplus entries, then removes expired ones. */
  work(): number | undefined {
    const { owner } = this
    if (owner === undefined) return undefined
    try {
      if (this.isDamaged) this.clear()
      if (this.#shrink(SLICE, performance.now() + SLICE_MS)) return 0
      return this.#sweepOn(owner.now())
    } catch (error) {
      owner.failed(error)
      return undefined
    } finally {
      this.removals.report(owner)
    }
  }

  /** Evicts all surplus entries at once, before anyone sees the size or the keys. */
  protected finish(): void {
    if (this.isDamaged) this.clear()
    if (!this.capacity.isExceeded) return
    this.#shrink(NEVER)
    this.removals.report(this.owner!)
  }

  /** The slot into which a value has to be put; 0 if it is refused. */
  #place(id: string, value: unknown, weight: number, now: number, owner: Owner): number {
    this.owner = owner
    if (now >= this.#sweep.due) {
      this.#removeExpired(now, SWEPT_PER_WRITE, SWEPT_PER_WRITE)
      if (now > this.#plannedFor + LATE) this.#plan(now)
    }
    if (this.capacity.isExceeded) this.#shrink(EVICTED_PER_WRITE)
    const hash = this.hashOf(id)
    const old = this.find(id, hash)
    const slot = old === 0 ? this.insert(id, hash, weight, now) : this.replace(old, id, value, weight, now)
    if (slot === 0) this.removals.add(id, value, REFUSED)
    return slot
  }

  /** Registers a deadline with the sweep, and schedules it if it has to run earlier than planned. */
  #expect(until: number, now: number): void {
    if (this.#sweep.expect(until) || (until !== NEVER && !this.#idleWork.isPlanned)) this.#plan(now)
  }

  /** Examines the next slots, and removes the expired entries among them. */
  #removeExpired(now: number, looks: number, most: number, end = NEVER): void {
    this.#sweep.looks = looks
    for (let removed = 0; removed < most && isBefore(end, removed); removed++) {
      const slot = this.#sweep.next(this.slots, now)
      if (slot === 0) return
      this.remove(slot, now, EXPIRED)
    }
  }

  /** Sweeps for one slice. Returns the delay until the next one in ms, `undefined` if nothing is going to expire. */
  #sweepOn(now: number): number | undefined {
    const sweep = this.#sweep
    const isEarly = now < sweep.due
    this.#removeExpired(now, LOOKS, SLICE, performance.now() + SLICE_MS)
    if (sweep.due === NEVER) return undefined
    if (sweep.isRunning && now >= sweep.due) return 0
    // Early again by a clock that has not moved: it is a faked one that stands still, and the timer would fire forever.
    if (isEarly && Math.abs(now - this.#earlyAt) < PAUSE / 2) return undefined
    this.#earlyAt = isEarly ? now : -NEVER
    return this.#pauseFrom(now)
  }

  #plan(now: number): void {
    this.#earlyAt = -NEVER
    this.#idleWork.plan(this.#pauseFrom(now))
  }

  /** The delay until something may have expired, and not less than the pause between sweeps. */
  #pauseFrom(now: number): number {
    const ms = Math.max(PAUSE, this.slots.unused / SLOTS_PER_MS, this.#sweep.due - now)
    this.#plannedFor = now + ms
    return ms
  }

  /** Evicts up to `most` surplus entries. Returns whether there are more. */
  #shrink(most: number, end = NEVER): boolean {
    const { capacity } = this
    if (!capacity.isExceeded) return false
    for (let i = 0; i < most && capacity.isExceeded && isBefore(end, i); i++) if (!this.evict(0, -NEVER)) break
    capacity.tighten()
    return capacity.isExceeded && capacity.canEvict
  }
}
