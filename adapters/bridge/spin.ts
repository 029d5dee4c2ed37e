/**
 * Whether to spin before sleeping. To be woken from sleep costs 40 to 60 µs when the core has gone idle, as much as the
 * whole answer of a Redis nearby; spinning saves that where a core is free, and delays the worker where none is.
 *
 * So it is measured: how long calls take on the mean, those that spin and those that sleep. Spinning goes on while its mean
 * is below 0.8 of the other: what gains less is not worth the core. The better way is taken, and its mean follows each call
 * by a sixteenth, so that ten calls which do not pay end the spinning. Now and then the other way is tried for 8 calls,
 * whose mean replaces its old one: after 32 calls at first, after twice as many each time that it loses, up to 512, and
 * half as many when it wins. Where spinning never pays, it thus costs 8 calls in 520 up to 100 µs: 1.5 µs a call.
 */

/** No call spins for longer than this, in ms. */
export const SPIN_MS = 0.1

const WORTH = 0.8
const INERTIA = 16
const TRIAL = 8
const SHORTEST_PAUSE = 32
const LONGEST_PAUSE = 512

/** The outlier that a mean takes note of at most, in multiples of itself: a pause of the garbage collector says nothing. */
const OUTLIER = 4

const SLEEP = 0
const SPIN = 1

type Way = typeof SLEEP | typeof SPIN

export class Spin {
  /** How long calls took on the mean, in ms, by the way that they went. */
  readonly #means = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  /** What the calls of a trial took. The first calls of all are one, of sleeping. */
  #trial: number[] = []
  #best: Way = SPIN
  #current: Way = SLEEP
  /** Calls between two trials, and until the next one. */
  #pause = SHORTEST_PAUSE
  #left = 0

  /** How long to spin in the next call, in ms. */
  get budget(): number {
    return this.#current === SPIN ? SPIN_MS : 0
  }

  /** Takes note of how long a call took, in ms. */
  took(ms: number): void {
    if (this.#current === this.#best) this.#follow(ms)
    else this.#try(ms)
  }

  #follow(ms: number): void {
    const mean = this.#means[this.#best]!
    this.#means[this.#best] = mean + (Math.min(ms, OUTLIER * mean) - mean) / INERTIA
    if (this.#best === SPIN && this.#better !== SPIN) this.#take(SLEEP)
    else if (--this.#left <= 0) this.#current = this.#best === SPIN ? SLEEP : SPIN
  }

  #try(ms: number): void {
    if (this.#trial.push(ms) < TRIAL) return
    // Without the longest: the first call of all also connects.
    const sum = this.#trial.reduce((sum, took) => sum + took, -Math.max(...this.#trial))
    this.#means[this.#current] = sum / (TRIAL - 1)
    this.#trial = []

    const wins = this.#better === this.#current
    this.#pause = wins ? Math.max(this.#pause / 2, SHORTEST_PAUSE) : Math.min(this.#pause * 2, LONGEST_PAUSE)
    this.#take(this.#better)
  }

  get #better(): Way {
    return this.#means[SPIN]! < WORTH * this.#means[SLEEP]! ? SPIN : SLEEP
  }

  #take(way: Way): void {
    this.#best = this.#current = way
    this.#left = this.#pause
  }
}
