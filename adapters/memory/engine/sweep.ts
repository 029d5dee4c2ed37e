import { performance } from 'node:perf_hooks'
import { SLOTS } from './policies/policy.ts'
import { NEVER, type Slots } from './slots.ts'

/**
 * Finds expired entries without a timer or a queue position per entry.
 *
 * A cursor moves over the slots, round by round, as the second hand of a clock (the idea of CLOCK, applied to expiry). On the
 * way it learns the earliest deadline among the entries that it leaves: until then there is nothing to find, and nobody looks
 * at all. An entry costs nothing when it is stored but one comparison with that deadline; in return an expired entry may take
 * memory until the cursor reaches it. Readers never see it, because every read checks the deadline.
 *
 * Invariant: no entry in the store is over before `due`.
 */
export class Sweep {
  /** The moment before which no entry is over. */
  due = NEVER
  /** How many more slots may be looked at. */
  looks = 0
  /** The `due` of the next round: the earliest deadline behind the cursor and among entries stored since it started. */
  #next = NEVER
  #cursor = SLOTS

  /** Registers the deadline of an entry. Returns true if it is the earliest of all. */
  expect(until: number): boolean {
    if (until < this.#next) this.#next = until
    if (until >= this.due) return false
    this.due = until
    return true
  }

  /** The next slot with an entry that is over, which the caller must remove; 0 if the round has ended or no looks are left. */
  next(slots: Slots, now: number): number {
    while (this.looks-- > 0 && now >= this.due) {
      if (this.#cursor >= slots.unused) {
        this.due = this.#next
        this.#next = NEVER
        this.#cursor = SLOTS
        return 0
      }
      const slot = this.#cursor++
      const until = slots.untilAt(slot)
      if (until <= now) return slot
      if (until < this.#next) this.#next = until
    }
    return 0
  }

  /** Whether a round has begun and not ended. */
  get isRunning(): boolean {
    return this.#cursor !== SLOTS
  }
}

/** The longest delay that a timer accepts, in ms. */
const LONGEST = 2 ** 31 - 1

/** The clock is read once per this number of entries. */
const PER_READING = 32

/** More small stack frames than setting a timer needs. */
const FRAMES = 100

/** Something that has work to do between turns of the event loop. */
export interface Worker {
  /** Does one slice of the work. Returns the delay until the next one in ms, 0 for the next turn, `undefined` if done. */
  work(): number | undefined
}

/**
 * Schedules work between turns of the event loop, by at most one timer. The timer neither keeps the process alive nor holds
 * the worker, so that a cache that nobody refers to is garbage collected at once, not when its entries have expired.
 */
export class IdleWork {
  readonly #worker: WeakRef<Worker>
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  constructor(worker: Worker) {
    this.#worker = new WeakRef(worker)
  }

  get isPlanned(): boolean {
    return this.#timer !== undefined || this.#immediate !== undefined
  }

  /** Schedules a slice in `ms`, or at the next turn for 0, and cancels one that was scheduled with a timer. */
  plan(ms: number): void {
    if (this.#immediate !== undefined) return
    // A stack overflow between `setTimeout` and `unref` would leave a timer that keeps the process alive.
    reserveStack(FRAMES)
    this.cancel()
    const run = (): void => this.#run()
    if (ms > 0) {
      this.#timer = setTimeout(run, Math.min(ms, LONGEST))
      this.#timer.unref?.()
    } else {
      this.#immediate = setImmediate(run)
      this.#immediate.unref?.()
    }
  }

  cancel(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#timer = this.#immediate = undefined
  }

  #run(): void {
    this.#timer = this.#immediate = undefined
    const ms = this.#worker.deref()?.work()
    if (ms !== undefined) this.plan(ms)
  }
}

/** Throws a `RangeError` if the stack has no room for this number of frames. */
function reserveStack(frames: number): number {
  return frames === 0 ? 0 : 1 + reserveStack(frames - 1)
}

/** Whether it is before `end`, by a clock that is read now and then only; `steps` is the number of steps done. */
export function isBefore(end: number, steps: number): boolean {
  return steps % PER_READING !== PER_READING - 1 || end === Number.POSITIVE_INFINITY || performance.now() < end
}
