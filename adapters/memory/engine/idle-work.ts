/** The longest wait that a timer can hold. */
const LONGEST = 2 ** 31 - 1

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
