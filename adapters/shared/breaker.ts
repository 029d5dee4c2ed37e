import { performance } from 'node:perf_hooks'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

/**
 * Knows whether a backend is down, so that nobody waits for what is known to fail. After a failure it refuses for a pause
 * (50 ms, doubled at each further failure up to a second); the first to ask after the pause is let through, as the probe.
 */
export class Breaker {
  #error: Error | undefined
  #pause = FIRST_PAUSE_MS
  #probeAt = 0
  #isProbing = false

  /** The failure to refuse with, or `undefined` when the backend may be asked. Asking after the pause makes the asker the probe. */
  refusal(): Error | undefined {
    if (this.#error === undefined) return undefined
    const now = performance.now()
    if (now < this.#probeAt) return this.#error
    // Until the probe is answered, the others go on being refused.
    this.#probeAt = now + this.#pause
    this.#isProbing = true
    return undefined
  }

  /** The backend failed. */
  failed(error: Error): void {
    // What was under way when it failed fails too, and tells nothing new.
    if (this.#error !== undefined && !this.#isProbing) return
    this.#pause = this.#error === undefined ? FIRST_PAUSE_MS : Math.min(this.#pause * 2, LONGEST_PAUSE_MS)
    this.#error = error
    this.#probeAt = performance.now() + this.#pause
    this.#isProbing = false
  }

  /** The backend answered; tells whether it had been down. */
  worked(): boolean {
    const wasDown = this.#error !== undefined
    this.#error = undefined
    this.#isProbing = false
    return wasDown
  }
}
