import type { Balance } from './balance.ts'
import { MOST, Usage } from './frequency.ts'
import { Ghosts } from './ghosts.ts'
import { Lists } from './lists.ts'
import { type Policy, SLOTS } from './policy.ts'
import { Records } from './records.ts'

/** The window is two lists, so that it is known where its tail begins; the main space is those on trial and those that are kept. */
const FRONT = 0
const TAIL = 1
const TRIAL = 2
const KEPT = 3

/** The window's share of a cache without a balance. */
const WINDOW_SHARE = 0.01

/** The tail's share of the window, and the share of the kept in the main space. */
const TAIL_SHARE = 0.3
const KEPT_SHARE = 0.8

/** A use counts once in the time in which this share of the cache comes in anew. */
const EPOCHS = 64

/** What is used at least so often gets in by chance, once in `CHANCES`: keys made to look frequent cannot lock the rest out. */
const WARM = 6
/** A power of two. */
const CHANCES = 128

/**
 * The share of rejected newcomers that is remembered: one hash in 8. Where there is room for the uses of 1024 entries or
 * fewer it is all of them, as a sample would be too few to go by.
 */
const SAMPLED = 8

/** The most slots that one use of the cache takes to another list, so that a new border is put up bit by bit. */
const MOVES = 8

/** For so many entries there is memory of uses from the start. */
const AT_ONCE = 1024

/** Of so many the victim is chosen where entries weigh differently. */
const TENDERS = 16

/** The most entries that a candidate is set against: who needs the room of more has been outweighed before. */
const VICTIMS = 64

/**
 * A window that takes every newcomer, and a main space with a gate: what falls out of the window gets in only if it was used
 * more often lately than what would have to go for it (W-TinyLFU: Einziger, Friedman and Manes, 2017; the main space is a
 * segmented LRU: Karedla, Love and Wherry, 1994).
 *
 * Two things are our own. More often means by two: by one it is often only that the newcomer has just been counted and the other
 * is about to be, and in a loop a little longer than the cache all would change places for nothing. And uses in one epoch count
 * once: they are correlated (LRU-K: O'Neil et al., 1993), it improves the hit ratio, and a use of what is hot costs one look.
 *
 * Where entries weigh differently, all sizes are weights, and a candidate is set against all those together whose room it would
 * take (AV: Einziger et al., "Lightweight robust size aware cache management", 2021): what is large has to be used so much more.
 * Those who go are the heaviest for their uses among the oldest (as in GDSF: Cherkasova, 1998).
 */
export class TinyLfu implements Policy {
  readonly #records: Records
  readonly #lists: Lists
  readonly #usage: Usage
  readonly #ghosts = new Ghosts()
  readonly #balance: Balance | undefined
  #epoch = 1
  /** Every how many hashes one is remembered, a power of two, and the bits of a hash that say so. */
  #sampled = SAMPLED
  #sampleMask = 0
  #lastMiss = 0
  #admissions = 0
  #capacity: number
  /** What the window, its front, and those that are kept may weigh at most. */
  #window = 1
  #front = 1
  #kept = 0
  /** How many entries there are. */
  #present = 0
  /** How many entries fit, about. */
  #entries: number
  #random: number

  /** @param balance steers the size of the window */
  constructor(capacity: number, seed: number, balance?: Balance, records = new Records()) {
    this.#records = records
    this.#lists = new Lists(records)
    this.#usage = new Usage(records)
    this.#capacity = capacity
    this.#entries = capacity
    this.#random = seed | 1
    this.#balance = balance
    this.#measure()
  }

  grow(slots: number): void {
    this.#lists.grow(slots)
    // What is small need not grow with the cache, which would lose some of what was learnt.
    const known = Math.max(slots - SLOTS, Math.min(this.#capacity, AT_ONCE))
    this.#usage.grow(known)
    if (this.#balance === undefined) return
    this.#sampled = known <= AT_ONCE ? 1 : SAMPLED
    this.#sampleMask = (this.#sampled - 1) << 8
    this.#ghosts.grow(Math.ceil(known / this.#sampled))
  }

  resize(capacity: number): void {
    this.#entries *= capacity / this.#capacity
    this.#capacity = capacity
    this.#balance?.resize(capacity)
    this.#measure()
  }

  touch(slot: number): void {
    if (this.#records.epoch(slot) !== this.#epoch) this.#use(slot)
  }

  admit(slot: number, hash: number, weight = 1): void {
    if (--this.#admissions < 0) this.#beginEpoch(weight)
    this.#lists.weigh(slot, weight)
    this.#records.setEpoch(slot, 0)
    this.#usage.begin(slot, hash)
    this.#lists.push(FRONT, slot)
    this.#present++
    // A newcomer that was asked for since has been counted then.
    if (this.#isSampled(hash) && this.#ghosts.take(hash)) this.#balance?.back(this.#sampled)
    this.#settle()
  }

  /**
   * A rejected newcomer that is asked for would have been a hit in a longer window, whether it is stored again or not. Where
   * values are stored once and then only read, there is no other sign of it. Misses in a row, of `getOrSet` or of a caller that
   * polls, count once.
   */
  miss(hash: number): void {
    if (!this.#isSampled(hash) || hash === this.#lastMiss) return
    this.#lastMiss = hash
    if (!this.#ghosts.see(hash)) return
    this.#balance?.back(this.#sampled)
    this.#settle()
  }

  evict(weight = 1): number {
    const lists = this.#lists
    const candidate = this.#oldestOfWindow()
    const victim = this.#victim()
    if (victim >= SLOTS) {
      if (candidate < SLOTS || this.#windowSize() + weight <= this.#window) return this.#gone(victim)
      if (this.#isBetter(candidate, victim)) {
        lists.move(TRIAL, candidate)
        return this.#gone(victim)
      }
    }
    const hash = this.#records.hash(candidate)
    if (this.#isSampled(hash)) this.#ghosts.add(hash)
    return this.#gone(candidate)
  }

  remove(slot: number): void {
    this.#gone(slot)
  }

  coldest(): Iterable<number> {
    return this.#lists.oldestFirst(TRIAL, TAIL, FRONT, KEPT)
  }

  hottest(): Iterable<number> {
    return this.#lists.newestFirst(KEPT, FRONT, TAIL, TRIAL)
  }

  #isSampled(hash: number): boolean {
    return (hash & this.#sampleMask) === 0
  }

  /** Works out how much each list may have. */
  #measure(): void {
    const window = this.#balance?.window ?? Math.max(1, this.#capacity * WINDOW_SHARE)
    this.#window = window
    this.#front = Math.ceil(window * (1 - TAIL_SHARE))
    this.#kept = (this.#capacity - window) * KEPT_SHARE
  }

  /** No getter: private ones go through the runtime of V8 (18 ns for each eviction, node 20). */
  #windowSize(): number {
    return this.#lists.sizes[FRONT]! + this.#lists.sizes[TAIL]!
  }

  /** Whether the window has to give something up. What is heavier than all of it stays, until the gate has looked at it. */
  #isWindowOver(): boolean {
    const size = this.#windowSize()
    return size > this.#window && size > this.#lists.weightOf(this.#oldestOfWindow())
  }

  #oldestOfWindow(): number {
    const oldest = this.#lists.oldest(TAIL)
    return oldest < SLOTS ? this.#lists.oldest(FRONT) : oldest
  }

  #use(slot: number): void {
    const list = this.#lists.of(slot)
    this.#records.setEpoch(slot, this.#epoch)
    this.#usage.add(slot)
    this.#lists.move(list <= TAIL ? FRONT : KEPT, slot)
    if (list === TAIL) this.#balance?.tail()
    if (list === TRIAL) this.#balance?.edge()
    this.#settle()
  }

  /** Epochs go from 1 to 255 and round: 0 is that of an entry that was not used yet. */
  #beginEpoch(weight: number): void {
    const present = this.#present
    this.#entries = this.#capacity / (present === 0 ? weight : this.#lists.size() / present)
    this.#epoch = (this.#epoch % 255) + 1
    this.#admissions = Math.floor(this.#entries / EPOCHS)
  }

  /** Takes a slot out, and leaves to the sketch what was learnt of it meanwhile. */
  #gone(slot: number): number {
    if (this.#records.epoch(slot) !== 0) this.#usage.leave(slot)
    this.#lists.unlink(slot)
    this.#present--
    return slot
  }

  #isBetter(candidate: number, victim: number): boolean {
    const count = this.#usage.of(candidate)
    const lost = this.#lists.isWeighed ? this.#usesLost(candidate, victim) : this.#usage.of(victim)
    if (count > lost + 1) return true
    return count >= WARM && (this.#chance() & (CHANCES - 1)) === 0
  }

  /** Who goes from the main space: the oldest, unless weights differ; a list's number when it is empty. */
  #victim(): number {
    const lists = this.#lists
    let oldest = lists.oldest(TRIAL)
    if (oldest < SLOTS) oldest = lists.oldest(KEPT)
    return lists.isWeighed ? this.#heaviest(oldest) : oldest
  }

  /** Of the oldest few of a list, who takes most room for its uses. */
  #heaviest(oldest: number): number {
    const lists = this.#lists
    let victim = oldest
    let most = 0
    for (let i = 0, slot = oldest; i < TENDERS && slot >= SLOTS; i++, slot = lists.after(slot)) {
      const room = lists.weightOf(slot) / (this.#usage.of(slot) + 1)
      if (room <= most) continue
      most = room
      victim = slot
    }
    return victim
  }

  /** How often those were used together, from a victim on, who have to go for a candidate. */
  #usesLost(candidate: number, victim: number): number {
    const lists = this.#lists
    let uses = this.#usage.of(victim)
    let left = lists.weightOf(candidate) - lists.weightOf(victim)
    for (let i = 1, next = victim; left > 0 && i < VICTIMS && uses <= MOST; i++) {
      next = lists.after(next)
      if (next < SLOTS) break
      uses += this.#usage.of(next)
      left -= lists.weightOf(next)
    }
    return uses
  }

  /** A number at random (xorshift: Marsaglia, 2003). */
  #chance(): number {
    let x = this.#random
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#random = x
    return x
  }

  /** Brings the lists to the lengths that they should have: a few slots at a time, so that no use of the cache takes long. */
  #settle(): void {
    const lists = this.#lists
    const { sizes } = lists
    if (this.#balance?.isDue(this.#entries)) {
      this.#balance.move(sizes[TAIL]!, sizes[TRIAL]!)
      this.#measure()
    }
    for (let moves = 0; moves < MOVES; moves++) {
      if (sizes[FRONT]! > this.#front) lists.move(TAIL, lists.oldest(FRONT))
      else if (this.#isWindowOver()) lists.move(TRIAL, this.#oldestOfWindow())
      else if (sizes[KEPT]! > this.#kept) lists.move(TRIAL, lists.oldest(KEPT))
      else return
    }
  }
}
