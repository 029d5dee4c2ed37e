/** The share of the cache that the window has at first, at least and at most. */
const FIRST_SHARE = 0.1
const LEAST_SHARE = 0.01
const MOST_SHARE = 0.99

/**
 * The size of a window that would have kept the entries that came back, on average, as a multiple of the cache. Measured: at 2
 * the window stays too short if everything is read once, late; at 1 it takes room from the main space in application traces.
 */
const REACH = 1.5

/** The largest move of the border, as a share of the cache. */
const STEP = 1 / 16

/**
 * Finds the best size of the window of an adaptive policy, by comparing what the last places on either side are worth.
 *
 * Problem: with W-TinyLFU, some workloads need a window of 1 % (frequency matters), others one of 80 % (recency matters).
 * Idea: every half a cache's worth of uses, compare the hits per place in the tail of the window with the hits per place in
 * the part of the main space from which victims are taken, and move the border towards the side where one more place gains
 * more: the further, the clearer the difference. If the window is so short that nothing is used again in its tail, entries
 * that are requested soon after they were evicted from it speak for it: they would have been hits in a longer one.
 *
 * Caffeine climbs instead: it moves the border, and compares the hit ratio before and after. A climber has to take wrong steps
 * to learn, and mistakes a change of the workload for an effect of its own. Equal marginal gains need no trial and follow the
 * workload within a few rounds; ARC (Megiddo and Modha, 2003) moves its border by the same measure.
 */
export class Balance {
  /** In entries, or in bytes if bytes are bounded; as all sizes here. */
  #capacity: number
  #window: number
  #uses = 0
  #tail = 0
  #back = 0
  #edge = 0
  #forWindow = 0
  #forMain = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#window = capacity * FIRST_SHARE
  }

  /** The size of the window. */
  get window(): number {
    return Math.max(1, this.#window)
  }

  resize(capacity: number): void {
    this.#window *= capacity / this.#capacity
    this.#capacity = capacity
  }

  /** Counts a hit in the tail of the window. */
  tail(): void {
    this.#tail++
  }

  /** Counts rejected entries that were requested, or stored again. */
  back(entries: number): void {
    this.#back += entries
  }

  /** Counts a hit in the part of the main space from which victims are taken. */
  edge(): void {
    this.#edge++
  }

  /** Counts a use. Returns whether it is time to move the border; `entries` is the number that fit into the cache. */
  isDue(entries: number): boolean {
    return ++this.#uses >= entries / 2
  }

  /** Moves the border, given the sizes of the tail and of the part from which victims are taken. */
  move(tailSize: number, edgeSize: number): void {
    const tail = tailSize === 0 ? 0 : this.#tail / tailSize
    const back = this.#back / this.#capacity / REACH
    const edge = edgeSize === 0 ? 0 : this.#edge / edgeSize
    // Half of the former value is kept, so that one odd round does not move the border far.
    this.#forWindow = this.#forWindow / 2 + Math.max(tail, back)
    this.#forMain = this.#forMain / 2 + edge
    this.#tail = this.#back = this.#edge = 0
    this.#uses = 0

    const sum = this.#forWindow + this.#forMain
    if (sum === 0) return
    const window = this.#window + ((this.#forWindow - this.#forMain) / sum) * STEP * this.#capacity
    this.#window = Math.min(MOST_SHARE * this.#capacity, Math.max(LEAST_SHARE * this.#capacity, window))
  }
}
