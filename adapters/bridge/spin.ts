/**
 * Whether to spin before sleeping. To be woken from sleep costs 40 to 60 µs when the core has gone idle, as much as the
 * whole answer of a Redis nearby; spinning saves that where a core is free, and delays the worker where none is.
 *
 * So it is measured. Calls are taken in rounds of 8, all spinning or all sleeping at once, and a round counts as its median,
 * which no single outlier moves. Spinning goes on while its last round was below 0.8 of the last sleeping round: what gains
 * less is not worth the core. Now and then the other way gets a round: after 64 calls at first, after twice as many each
 * time that it loses, up to 1024, and half as many when it wins. On a busy machine spinning thus costs 8 calls of 1024
 * up to 100 µs each, less than a µs per call, and it ends with the first round that does not pay.
 */

const ROUND = 8
const WORTH = 0.8
const SHORTEST_PAUSE = 64
const LONGEST_PAUSE = 1024

/** No call spins for longer than this, in ms. */
export const SPIN_MS = 0.1

export class Spin {
  readonly #round = new Float64Array(ROUND)
  #filled = 0
  /** The medians of the last rounds, in ms. */
  #spun = Number.POSITIVE_INFINITY
  #slept = Number.POSITIVE_INFINITY
  /** The way that is thought to be the better one, and the way of this round. */
  #best = false
  #current = false
  /** Calls between two trials of the other way, and until the next one. */
  #pause = SHORTEST_PAUSE / 2
  #left = 0

  /** How long to spin in the next call, in ms. */
  get budget(): number {
    return this.#current ? SPIN_MS : 0
  }

  /** Takes note of how long a call took, in ms. */
  took(ms: number): void {
    this.#round[this.#filled++] = ms
    if (this.#filled < ROUND) return

    this.#filled = 0
    const median = this.#round.sort()[ROUND / 2]!
    if (this.#current) this.#spun = median
    else this.#slept = median
    this.#decide()
  }

  #decide(): void {
    const best = this.#spun < WORTH * this.#slept
    const isTrial = this.#current !== this.#best
    if (isTrial) {
      const lost = best === this.#best
      this.#pause = lost ? Math.min(this.#pause * 2, LONGEST_PAUSE) : Math.max(this.#pause / 2, SHORTEST_PAUSE)
    }
    if (isTrial || best !== this.#best) this.#left = this.#pause

    this.#best = this.#current = best
    this.#left -= ROUND
    if (this.#left < 0) this.#current = !best
  }
}
