import { performance } from 'node:perf_hooks'
import { SLOTS } from './policies/policy.ts'
import { NEVER, type Slots } from './slots.ts'

/**
 * Finds what has expired, without a timer or a place in a queue for each entry: a hand goes over the slots, round by round, and
 * learns on the way when the first of what it leaves will be over. Before that moment nobody has to look at all.
 */
export class Sweep {
  /** Nothing that is kept is over before this moment. */
  due = NEVER
  /** How many slots it may look at. */
  looks = 0
  /** The same, for what the hand has passed in this round and what has come meanwhile. */
  #next = NEVER
  #hand = SLOTS

  /** Takes note that an entry will be over, and answers whether none is earlier. */
  expect(until: number): boolean {
    if (until < this.#next) this.#next = until
    if (until >= this.due) return false
    this.due = until
    return true
  }

  /** The next slot whose entry is over, and is to be removed; 0 at the end of a round, or when there are no looks left. */
  next(slots: Slots, now: number): number {
    while (this.looks-- > 0 && now >= this.due) {
      if (this.#hand >= slots.unused) {
        this.due = this.#next
        this.#next = NEVER
        this.#hand = SLOTS
        return 0
      }
      const slot = this.#hand++
      const until = slots.untilAt(slot)
      if (until <= now) return slot
      if (until < this.#next) this.#next = until
    }
    return 0
  }

  /** Whether a round is under way. */
  get isOnItsWay(): boolean {
    return this.#hand !== SLOTS
  }
}

/** The longest wait that a timer can hold. */
const LONGEST = 2 ** 31 - 1

/** The clock is read after every so many entries. */
const PER_LOOK = 32

/** So many small frames are more than it takes to set a timer. */
const FRAMES = 100

/** What has work to do now and then. */
export interface Worker {
  /** Does a slice of it, and answers in how many ms the next one is due: 0 for at once, `undefined` for never. */
  work(): number | undefined
}

/**
 * Has work done between the turns of the event loop: by one timer, or none when there is nothing to do. It keeps neither the
 * process alive nor who does the work, so that a cache that nobody holds is collected at once, and not when its entries expire.
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

  /** Has a slice done in `ms`, in place of one that was planned for later; 0 is after what is waiting already. */
  plan(ms: number): void {
    if (this.#immediate !== undefined) return
    // A timer that is made at the very end of the stack can be neither unreferenced nor found again, and would hold the process.
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

/** Throws if there is no room for so many frames on the stack. */
function reserveStack(frames: number): number {
  return frames === 0 ? 0 : 1 + reserveStack(frames - 1)
}

/** Whether work may go on that has been done so many times: the clock is read now and then only. */
export function isBefore(end: number, times: number): boolean {
  return times % PER_LOOK !== PER_LOOK - 1 || end === Number.POSITIVE_INFINITY || performance.now() < end
}
