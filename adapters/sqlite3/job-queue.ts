import { performance } from 'node:perf_hooks'
// By name, so that they stay the real ones under fake timers: the disk does not know about those.
import { setImmediate, setTimeout } from 'node:timers'
import type { Answer } from '../../lib/core/flow.ts'

/** A timer that fires later than this, in ms, says that the process was blocked. */
const BLOCKED_MS = 50
const LONGEST_TIMER_MS = 2 ** 31 - 1
/** How long a cancelled job may take to end, in ms. */
const CANCEL_MS = 250

/** A job that is running. */
export interface Turn {
  /** The time by `performance.now()` at which it is late. It moves on with every step that is done. */
  deadline(): number
  /** A step of the job is done. */
  progress(): void
  /** Whether it was late, and has been cancelled. */
  readonly isLate: boolean
}

/** A job of the queue. */
interface Queued {
  readonly since: number
  readonly begin: () => void
  readonly giveUp: () => void
  isOver: boolean
}

/**
 * Runs jobs one after the other, in the order in which they came, and bounds how long each may take.
 *
 * The limit counts from the last progress of the queue: a long queue that moves on is not late, and neither is one that could
 * not move because the process was blocked. A job that is late before it began is never run, so that whoever is told that it
 * failed can rely on it. A job that is running is cancelled, and its own outcome counts if it comes soon.
 */
export class JobQueue {
  readonly #limit: number
  readonly #queue: Queued[] = []
  #head = 0
  #isRunning = false
  #progressAt = 0
  #timer: NodeJS.Timeout | undefined

  /** @param limit how long a job may take, in ms; `null` for no limit */
  constructor(limit: number | null) {
    this.#limit = limit === null ? Number.POSITIVE_INFINITY : Math.min(limit, LONGEST_TIMER_MS)
  }

  /**
   * Runs a job when its turn has come.
   * @param late makes the error of a job that is late
   * @param cancel tries to end the job, which has begun
   */
  run<T>(job: (turn: Turn) => Answer<T>, late?: () => Error, cancel?: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(late?.() ?? new Error('The job is late.'))
      const turn = { isLate: false, deadline: () => this.#deadlineOf(queued), progress: () => this.#progress() }
      let hasBegun = false
      const queued: Queued = {
        since: performance.now(),
        isOver: false,
        begin: () => {
          hasBegun = true
          void this.#attempt(() => job(turn), resolve, reject)
        },
        giveUp: () => {
          queued.isOver = turn.isLate = true
          if (!hasBegun) return fail()
          cancel?.()
          setTimeout(fail, CANCEL_MS)
        },
      }
      this.#queue.push(queued)
      if (this.#isRunning) this.#watch()
      else this.#beginNext()
    })
  }

  async #attempt<T>(job: () => Answer<T>, resolve: (answer: T) => void, reject: (error: unknown) => void) {
    this.#isRunning = true
    try {
      resolve(await job())
      this.#progress()
    } catch (error) {
      reject(error)
    } finally {
      this.#isRunning = false
      this.#head++
      this.#beginNext()
    }
  }

  #beginNext(): void {
    while (this.#queue[this.#head]?.isOver) this.#head++
    const next = this.#queue[this.#head]
    if (next === undefined) {
      this.#queue.length = this.#head = 0
      this.#timer?.unref()
      return
    }
    // Shifting a long array is slow: what is over is cut off a thousand at a time.
    if (this.#head >= 1024) this.#head -= this.#queue.splice(0, this.#head).length
    this.#watch()
    next.begin()
  }

  #progress(): void {
    this.#progressAt = performance.now()
  }

  #deadlineOf({ since }: Queued): number {
    return Math.max(since, this.#progressAt) + this.#limit
  }

  #watch(): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return
    if (this.#timer === undefined) this.#arm(this.#limit)
    else this.#timer.ref()
  }

  #arm(ms: number): void {
    const due = performance.now() + ms
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (performance.now() - due > BLOCKED_MS) this.#progress()
      // What was answered meanwhile is taken note of before `setImmediate` calls back.
      setImmediate(() => this.#check())
    }, ms)
  }

  #check(): void {
    const now = performance.now()
    for (const queued of this.#queue.slice(this.#head)) {
      if (queued.isOver) continue
      const left = this.#deadlineOf(queued) - now
      if (left > 0) {
        if (this.#timer === undefined) this.#arm(Math.ceil(left))
        return
      }
      queued.giveUp()
    }
  }
}
