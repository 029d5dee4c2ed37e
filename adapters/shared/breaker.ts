import { performance } from 'node:perf_hooks'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

/** The number of recent answers that a rate is taken of. */
const WINDOW = 20

/** When a breaker opens. */
export interface BreakerOptions {
  /** After this many failures in a row. @default 1 */
  readonly failures?: number | undefined
  /** When this fraction of the last 20 answers were failures. @default 1 */
  readonly rate?: number | undefined
}

/** The states of a circuit breaker: `'open'` refuses everything, `'half-open'` waits for the answer to a probe. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * A circuit breaker: it remembers that a backend is down, so that nobody waits for what is known to fail.
 *
 * It opens by consecutive failures, or by the rate of failures. Open, it refuses for a pause (50 ms, doubled at each
 * further failure up to a second); the first call after the pause passes as a probe. All requests of that call pass with
 * it: a call to several keys would otherwise fail by its own second request.
 */
export class Breaker {
  readonly #failures: number
  readonly #rate: number
  /** The last answers, as bits: 1 is a failure. */
  #recent = 0
  #answers = 0
  #consecutive = 0
  #error: Error | undefined
  #pause = FIRST_PAUSE_MS
  #probeAt = 0
  #isProbing = false
  #prober: object | undefined

  constructor({ failures = 1, rate = 1 }: BreakerOptions = {}) {
    this.#failures = failures
    this.#rate = rate
  }

  get state(): BreakerState {
    if (this.#error === undefined) return 'closed'
    return this.#isProbing ? 'half-open' : 'open'
  }

  /** The failure that opened it. */
  get error(): Error | undefined {
    return this.#error
  }

  /**
   * The failure to refuse a request with, or `undefined` if the request may pass. After the pause, the request that asks
   * becomes the probe.
   * @param call the call that the request belongs to; requests of the probing call pass with the probe
   */
  refusal(call?: object): Error | undefined {
    if (this.#error === undefined) return undefined
    if (this.#isProbing && call !== undefined && call === this.#prober) return undefined
    const now = performance.now()
    if (now < this.#probeAt) return this.#error
    // Until the probe is answered, other calls are refused.
    this.#probeAt = now + this.#pause
    this.#isProbing = true
    this.#prober = call
    return undefined
  }

  /** Records a failure of the backend. */
  failed(error: Error): void {
    if (this.#error === undefined) {
      this.#record(1)
      if (++this.#consecutive < this.#failures && !this.#isRateExceeded()) return
      this.#open(error, FIRST_PAUSE_MS)
    } else if (this.#isProbing) {
      this.#open(error, Math.min(this.#pause * 2, LONGEST_PAUSE_MS))
    }
    // Otherwise a request that was pending when it opened has failed too, which is nothing new.
  }

  /** Records an answer of the backend. Returns whether the breaker had been open. */
  worked(): boolean {
    if (this.#failures > 1) this.#record(0)
    const wasOpen = this.#error !== undefined
    this.#consecutive = 0
    if (wasOpen) this.#close()
    return wasOpen
  }

  #open(error: Error, pause: number): void {
    this.#error = error
    this.#pause = pause
    this.#probeAt = performance.now() + pause
    this.#isProbing = false
    this.#prober = undefined
  }

  #close(): void {
    this.#error = undefined
    this.#isProbing = false
    this.#prober = undefined
    this.#recent = this.#answers = 0
  }

  #record(bit: 0 | 1): void {
    this.#recent = ((this.#recent << 1) | bit) & ((1 << WINDOW) - 1)
    this.#answers = Math.min(this.#answers + 1, WINDOW)
  }

  #isRateExceeded(): boolean {
    if (this.#answers < WINDOW) return false
    let failures = 0
    for (let bits = this.#recent; bits !== 0; bits &= bits - 1) failures++
    return failures / WINDOW >= this.#rate
  }
}
