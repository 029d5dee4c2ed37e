import type { Balance } from './balance.ts'
import { MOST, Usage } from './frequency.ts'
import { Ghosts } from './ghosts.ts'
import { Lists } from './lists.ts'
import { type Policy, SLOTS } from './policy.ts'
import { Records } from './records.ts'

/** The lists. The window is FRONT and TAIL, so that hits in its tail can be told apart; the main space is the other two. */
const FRONT = 0
const TAIL = 1
const PROBATION = 2
const PROTECTED = 3

/** The share of the cache that the window has without a `Balance`. */
const WINDOW_SHARE = 0.01

/** The share of the window that its tail has, and the share of the main space that the protected part has. */
const TAIL_SHARE = 0.3
const PROTECTED_SHARE = 0.8

/** An epoch lasts until the cache has admitted this fraction of its entries, as 1/EPOCHS. */
const EPOCHS = 64

/**
 * A candidate with at least `WARM` uses is admitted once in `CHANCES` whatever the victim is, so that keys made to look
 * frequent cannot lock out the rest.
 */
const WARM = 6
/** A power of two. */
const CHANCES = 128

/** Every how many hashes of rejected entries one is remembered. Small caches remember all: a sample would say too little. */
const SAMPLED = 8

/** The most slots that one call moves to another list, so that a new border takes effect gradually. */
const MOVES = 8

/** The sketch of a small cache has this size from the start, in entries. */
const AT_ONCE = 1024

/** The number of entries among which the victim is chosen if weights differ. */
const SELECTION = 16

/** The most victims with which a candidate is compared: one that displaces more has lost long before. */
const VICTIMS = 64

/**
 * W-TinyLFU with an adaptive window (Einziger, Friedman and Manes, 2017).
 *
 * Problem: LRU keeps what is new, and loses what is used regularly to every scan; LFU keeps what was used often, and never lets
 * anything new in. Idea: a new entry first lives in the window, an LRU list. At its end it becomes a candidate for the main
 * space, and is admitted only if it was used more often recently than the victim that would make room for it; the counts
 * come from a sketch that also remembers keys that are no longer stored. The main space is a segmented LRU (Karedla, Love and
 * Wherry, 1994): a protected part for what was used there, and a probation part from which victims are taken. How long the
 * window should be is decided by `Balance`.
 *
 * Two things differ from the papers. "More often" means by at least two: a difference of one often only means that the
 * candidate has just been counted and the victim is about to be, and in a loop slightly longer than the cache all entries would
 * be exchanged for nothing. And uses within one epoch count once, because they are correlated (LRU-K: O'Neil et al., 1993):
 * that improves the hit ratio, and makes a hit on a hot entry a single comparison.
 *
 * If entries have weights, all sizes are weights, and a candidate is compared with all victims that it would displace together
 * (AV: Einziger et al., "Lightweight robust size aware cache management", 2021), so a large entry must be used more. The victim
 * is then the one with the most weight per use among the oldest few (as in GDSF: Cherkasova, 1998).
 *
 * Invariant: every slot is in exactly one of the four lists from `admit` until `evict` or `remove`, and no call moves more
 * than a few slots, so that no use of the cache takes long.
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
  /** The most that the window, its front, and the protected part may weigh. */
  #window = 1
  #front = 1
  #protected = 0
  /** The number of entries. */
  #present = 0
  /** About how many entries fit. */
  #entries: number
  #random: number

  /** @param balance decides the size of the window, which is fixed without it */
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
    // Growing loses some of what was learned, so a small sketch has its final size from the start.
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
    // If it was requested since its rejection, that was counted by `miss`.
    if (this.#isSampled(hash) && this.#ghosts.take(hash)) this.#balance?.back(this.#sampled)
    this.#settle()
  }

  /**
   * A rejected entry that is requested would have been a hit in a longer window, whether it is stored again or not. If values
   * are stored once and then only read, there is no other sign of it. Consecutive misses of a key, as of `getOrSet` or of a
   * caller that polls, count once.
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
        lists.move(PROBATION, candidate)
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
    return this.#lists.oldestFirst(PROBATION, TAIL, FRONT, PROTECTED)
  }

  hottest(): Iterable<number> {
    return this.#lists.newestFirst(PROTECTED, FRONT, TAIL, PROBATION)
  }

  #isSampled(hash: number): boolean {
    return (hash & this.#sampleMask) === 0
  }

  /** Computes the sizes of the lists. */
  #measure(): void {
    const window = this.#balance?.window ?? Math.max(1, this.#capacity * WINDOW_SHARE)
    this.#window = window
    this.#front = Math.ceil(window * (1 - TAIL_SHARE))
    this.#protected = (this.#capacity - window) * PROTECTED_SHARE
  }

  /** A method, because private getters call the runtime of V8 (18 ns per eviction, node 20). */
  #windowSize(): number {
    return this.#lists.sizes[FRONT]! + this.#lists.sizes[TAIL]!
  }

  /** Whether the window has to give up an entry. One that is heavier than the window stays until it becomes a candidate. */
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
    this.#lists.move(list <= TAIL ? FRONT : PROTECTED, slot)
    if (list === TAIL) this.#balance?.tail()
    if (list === PROBATION) this.#balance?.edge()
    this.#settle()
  }

  /** Epochs go from 1 to 255 and start again; 0 is for entries that were not used yet. */
  #beginEpoch(weight: number): void {
    const present = this.#present
    this.#entries = this.#capacity / (present === 0 ? weight : this.#lists.size() / present)
    this.#epoch = (this.#epoch % 255) + 1
    this.#admissions = Math.floor(this.#entries / EPOCHS)
  }

  /** Removes a slot, whose uses the sketch takes over. */
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

  /** The victim of the main space: the oldest slot, unless weights differ; the number of a list if it is empty. */
  #victim(): number {
    const lists = this.#lists
    let oldest = lists.oldest(PROBATION)
    if (oldest < SLOTS) oldest = lists.oldest(PROTECTED)
    return lists.isWeighed ? this.#heaviest(oldest) : oldest
  }

  /** Among the oldest few slots of a list, the one with the most weight per use. */
  #heaviest(oldest: number): number {
    const lists = this.#lists
    let victim = oldest
    let most = 0
    for (let i = 0, slot = oldest; i < SELECTION && slot >= SLOTS; i++, slot = lists.after(slot)) {
      const cost = lists.weightOf(slot) / (this.#usage.of(slot) + 1)
      if (cost <= most) continue
      most = cost
      victim = slot
    }
    return victim
  }

  /** The uses of all victims together that a candidate would displace. */
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

  /** A random number (xorshift: Marsaglia, 2003). */
  #chance(): number {
    let x = this.#random
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#random = x
    return x
  }

  /** Moves the border if it is time, and brings the lists closer to their sizes. */
  #settle(): void {
    const lists = this.#lists
    const { sizes } = lists
    if (this.#balance?.isDue(this.#entries)) {
      this.#balance.move(sizes[TAIL]!, sizes[PROBATION]!)
      this.#measure()
    }
    for (let moves = 0; moves < MOVES; moves++) {
      if (sizes[FRONT]! > this.#front) lists.move(TAIL, lists.oldest(FRONT))
      else if (this.#isWindowOver()) lists.move(PROBATION, this.#oldestOfWindow())
      else if (sizes[PROTECTED]! > this.#protected) lists.move(PROBATION, lists.oldest(PROTECTED))
      else return
    }
  }
}
