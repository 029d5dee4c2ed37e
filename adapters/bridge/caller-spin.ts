import { performance } from 'node:perf_hooks'

/**
 * Decides whether the caller spins before it sleeps. To be woken from sleep costs 40 to 80 µs when the core has gone idle, as
 * much as the whole answer of a Redis nearby; spinning saves that where a core is free, and delays the worker where none is.
 *
 * So it is measured: the mean time of calls that spin, and of those that sleep. Spinning begins when its mean is below 0.8 of
 * the other, because a smaller gain is not worth the core, and ends when it is above the other. The mean of the current way
 * follows each call by a sixteenth, so that ten calls which do not pay end the spinning.
 *
 * Now and then the other way is tried for 12 calls: the first 4 suffer from the change and do not count; the mean of the
 * others, without the longest, becomes the mean of that way; a trial that can no longer win ends early. The first one comes
 * after 32 calls, the next after twice as many each time that it loses, up to 512, and after half as many when it wins. A
 * call spins no longer than a sleeping one takes; so where it never pays, it costs some 7 such times in 519 calls.
 */

/** No call spins for longer than this, in ms. */
export const MOST_MS = 0.2

const WORTH = 0.8
const INERTIA = 16
const UNCOUNTED = 4
const COUNTED = 8
const SHORTEST_PAUSE = 32
const LONGEST_PAUSE = 512

/** The largest outlier that a mean records, in multiples of itself: a pause of the garbage collector says nothing. */
const OUTLIER = 4

const SLEEP = 0
const SPIN = 1

type Way = typeof SLEEP | typeof SPIN

export class CallerSpin {
  /** The mean times of calls, in ms, by the way that they take. */
  readonly #means = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  /** The times of the calls of a trial. The very first calls are one, of sleeping. */
  #trial: number[] = []
  #best: Way = SPIN
  #current: Way = SLEEP
  /** Calls between two trials, and until the next one. */
  #pause = SHORTEST_PAUSE
  #left = 0

  /** The time to spin in the next call, in ms. */
  get budget(): number {
    return this.#current === SPIN ? Math.min(this.#means[SLEEP]!, MOST_MS) : 0
  }

  /** Records how long a call took, in ms. */
  took(ms: number): void {
    if (this.#current === this.#best) this.#follow(ms)
    else this.#try(ms)
  }

  #follow(ms: number): void {
    const mean = this.#means[this.#best]!
    this.#means[this.#best] = mean + (Math.min(ms, OUTLIER * mean) - mean) / INERTIA
    if (this.#best === SPIN && this.#means[SPIN]! > this.#means[SLEEP]!) this.#take(SLEEP, SHORTEST_PAUSE)
    else if (--this.#left <= 0) this.#current = this.#best === SPIN ? SLEEP : SPIN
  }

  #try(ms: number): void {
    this.#trial.push(ms)
    const counted = this.#trial.slice(UNCOUNTED)
    // Until all are counted, as if those that are still to come took no time.
    this.#means[this.#current] = counted.reduce((sum, took) => sum + took, -Math.max(0, ...counted)) / (COUNTED - 1)
    const wins = this.#better() === this.#current
    if (wins && counted.length < COUNTED) return

    this.#trial = []
    const pause = wins ? Math.max(this.#pause / 2, SHORTEST_PAUSE) : Math.min(this.#pause * 2, LONGEST_PAUSE)
    this.#take(this.#better(), pause)
  }

  #better(): Way {
    return this.#means[SPIN]! < WORTH * this.#means[SLEEP]! ? SPIN : SLEEP
  }

  #take(way: Way, pause: number): void {
    this.#best = this.#current = way
    this.#left = this.#pause = pause
  }
}

/** Watches a word for at most `ms`, without giving the core away. Returns whether it differs from `value` by then. */
export function watch(words: Int32Array, index: number, value: number, ms: number): boolean {
  const until = performance.now() + ms
  do {
    for (let i = 0; i < 50; i++) if (Atomics.load(words, index) !== value) return true
  } while (performance.now() < until)
  return false
}
