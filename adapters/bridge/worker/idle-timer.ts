/** So long does the worker spin for the next request, in ms: callers in a loop come back within some 20 µs. */
export const LINGER_MS = 0.05

/** After so many times in vain, it is tried only once in so many requests. */
const VAIN = 4
const RARELY = 64

/**
 * Whether the worker, once it has answered, spins for the next request before it goes back to sleep. It saves another 40 to
 * 80 µs where a core is free, which is why it follows the caller's own spinning; and it is in vain where the caller has
 * other things to do between two calls.
 */
export class Linger {
  #vain = 0

  /** Whether to spin now. @param isFree whether the caller finds that spinning pays */
  isWorth(isFree: boolean): boolean {
    if (!isFree) this.#vain = 0
    return isFree && (this.#vain < VAIN || ++this.#vain % RARELY === 0)
  }

  /** Takes note of whether a request came. */
  ended(hasCome: boolean): void {
    if (hasCome) this.#vain = 0
    else this.#vain++
  }
}
