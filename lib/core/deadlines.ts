import { performance } from 'node:perf_hooks'
import timers from 'node:timers'

// Copied into constants, because imported names would follow fake timers when those replace the members of the module.
// The network does not know about fake timers.
const { setImmediate, setTimeout } = timers

/** Resolves in a later turn of the event loop, after it has read pending input. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** One pending answer. A class rather than a closure for the late case: 0.3 µs per wait instead of 0.8. */
class Wait {
  readonly until: number
  readonly late: () => Error
  readonly reject: (error: unknown) => void
  settled = false

  constructor(until: number, late: () => Error, reject: (error: unknown) => void) {
    this.until = until
    this.late = late
    this.reject = reject
  }
}

/** Ticks per time limit. */
const TICKS = 8

/**
 * Enforces one time limit on many pending answers with a single timer. All waits have the same length, so they end in the
 * order in which they began. The timer keeps the process alive only while an answer is pending.
 *
 * Only time in which this process could have read an answer counts. It is measured in ticks of an eighth of the limit, and
 * a tick counts for two at most: if the event loop was blocked or the process was frozen, the server was not late. After
 * each tick the event loop reads pending input before a deadline is enforced.
 */
export class Deadlines {
  readonly #ms: number
  readonly #tickMs: number
  readonly #queue: Wait[] = []
  #head = 0
  #pending = 0
  #timer: NodeJS.Timeout | undefined
  /** The counted time at the last tick, and the real time of that tick. */
  #counted = 0
  #tickedAt = 0

  /** @param ms time limit for an answer */
  constructor(ms: number) {
    this.#ms = ms
    this.#tickMs = Math.max(1, Math.ceil(ms / TICKS))
  }

  /** Resolves with the answer, or rejects with the error that `late` creates if the time limit is exceeded. */
  guard<T>(answer: Promise<T>, late: () => Error): Promise<T> {
    if (this.#timer === undefined) this.#count()
    return new Promise((resolve, reject) => {
      const wait = new Wait(this.#now() + this.#ms, late, reject)
      this.#begin(wait)
      answer.then(
        (value) => this.#end(wait) && resolve(value),
        (error) => this.#end(wait) && reject(error),
      )
    })
  }

  /** The counted time, in ms. */
  #now(): number {
    return this.#counted + Math.min(performance.now() - this.#tickedAt, 2 * this.#tickMs)
  }

  #count(): void {
    this.#counted = this.#now()
    this.#tickedAt = performance.now()
  }

  #begin(wait: Wait): void {
    this.#queue.push(wait)
    if (this.#pending++ > 0) return
    if (this.#timer === undefined) this.#arm()
    else this.#timer.ref()
  }

  #end(wait: Wait): boolean {
    if (wait.settled) return false
    wait.settled = true
    if (--this.#pending === 0) this.#timer?.unref()
    this.#forgetSettled()
    return true
  }

  // Answers mostly arrive in the order of the requests, so the queue stays about as long as the number of pending waits.
  #forgetSettled(): void {
    const queue = this.#queue
    while (this.#head < queue.length && queue[this.#head]!.settled) this.#head++
    if (this.#head === queue.length) queue.length = this.#head = 0
    else if (this.#head > 1024) this.#head -= queue.splice(0, this.#head).length
  }

  #arm(): void {
    const next = this.#queue[this.#head]
    const ms = next === undefined ? this.#tickMs : Math.min(this.#tickMs, Math.max(1, next.until - this.#now()))
    this.#timer = setTimeout(this.#tick, ms)
    if (this.#pending === 0) this.#timer.unref()
  }

  readonly #tick = (): void => {
    this.#count()
    // Answers may have arrived that nobody has read yet: the event loop reads them before `setImmediate`.
    setImmediate(this.#sweep)
  }

  readonly #sweep = (): void => {
    const now = this.#counted
    this.#timer = undefined
    for (const wait of this.#queue.slice(this.#head)) {
      if (wait.until > now) break
      if (this.#end(wait)) wait.reject(wait.late())
    }
    if (this.#pending > 0 && this.#timer === undefined) this.#arm()
  }
}
