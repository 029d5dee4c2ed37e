/** How much of the cache the window has at first, at least and at most. */
const FIRST_SHARE = 0.1
const LEAST_SHARE = 0.01
const MOST_SHARE = 0.99

/**
 * How many times the cache a window would have to be, on average, to keep the newcomers that came back. Measured: at 2 the window
 * stays short where everything is read once, late; at 1 it takes places from the main space in traces of applications.
 */
const REACH = 1.5

/** The largest step, as a share of the cache. */
const STEP = 1 / 16

/**
 * Finds how much of the cache is best given to the window, by comparing what the last places on either side are worth.
 *
 * Every half a cache's worth of uses it sets the hits in the tail of the window, per place, against those in the part of the main
 * space from which its victims come, per place; and moves the border towards where a place gains more, the further the clearer
 * the difference. When the window is so short that nothing is used again in its tail, the newcomers that are asked for soon after
 * they were rejected speak for it: they would have been hits had it been longer, by up to the size of the cache.
 *
 * That follows the workload within a few rounds, without trial and error: a climber that compares the hit ratio before and after
 * a step, as Caffeine's, has first to take the wrong one, and mistakes any change of the workload for its own doing. The measure
 * is that of equal marginal gains, by which ARC (Megiddo and Modha, 2003) moves its border too.
 */
export class Balance {
  /** Places are entries, or bytes where those are what is bounded. */
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

  /** The places of the window. */
  get window(): number {
    return Math.max(1, this.#window)
  }

  resize(capacity: number): void {
    this.#window *= capacity / this.#capacity
    this.#capacity = capacity
  }

  /** A hit in the tail of the window. */
  tail(): void {
    this.#tail++
  }

  /** Rejected newcomers were asked for, or stored again. */
  back(newcomers: number): void {
    this.#back += newcomers
  }

  /** A hit where the victims of the main space come from. */
  edge(): void {
    this.#edge++
  }

  /** Counts a use, and tells whether it is time to look at the border of a cache into which so many entries fit. */
  isDue(entries: number): boolean {
    return ++this.#uses >= entries / 2
  }

  /** Moves the border, given how many places there are in the tail and at the edge. */
  move(tailPlaces: number, edgePlaces: number): void {
    const tail = tailPlaces === 0 ? 0 : this.#tail / tailPlaces
    const back = this.#back / this.#capacity / REACH
    const edge = edgePlaces === 0 ? 0 : this.#edge / edgePlaces
    // Half of what was known before is kept, so that one odd round does not throw the border about.
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
