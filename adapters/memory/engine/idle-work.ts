import { performance } from 'node:perf_hooks'

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
export class Slices {
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
