/** The time for which the worker spins for the next request, in ms: callers in a loop come back within some 20 µs. */
export const SPIN_MS = 0.05

/** After this many spins in vain, it spins at only one in this many requests. */
const VAIN = 4
const RARELY = 64

/**
 * Decides whether the worker, once it has answered, spins for the next request before it goes back to sleep. That saves
 * another 40 to 80 µs where a core is free, which is why it follows the caller's own spinning; it is in vain where the
 * caller has other things to do between two calls.
 */
export class WorkerSpin {
  #vain = 0

  /** Whether to spin now. @param isCallerSpinning whether the caller finds that spinning pays */
  isWorth(isCallerSpinning: boolean): boolean {
    if (!isCallerSpinning) this.#vain = 0
    return isCallerSpinning && (this.#vain < VAIN || ++this.#vain % RARELY === 0)
  }

  /** Records whether a request came during the spin. */
  ended(hasCome: boolean): void {
    if (hasCome) this.#vain = 0
    else this.#vain++
  }
}
