/** How many loads may run in the background of a cache. Beyond that, stale entries are served without a refresh. */
const MOST = 1000

/** The work of a cache that no caller waits for: it is bounded, never rejects unhandled, and can be waited for. */
export class Background {
  readonly #work = new Set<Promise<unknown>>()
  readonly #waitUntil: ((work: Promise<unknown>) => void) | undefined

  constructor(waitUntil: ((work: Promise<unknown>) => void) | undefined) {
    this.#waitUntil = waitUntil
  }

  get isFull(): boolean {
    return this.#work.size >= MOST
  }

  /** Lets work go on that nobody waits for any more. Its failure has been an event where it happened. */
  add(work: Promise<unknown>): void {
    const done: Promise<unknown> = work.then(
      () => this.#work.delete(done),
      () => this.#work.delete(done),
    )
    this.#work.add(done)
    this.#waitUntil?.(done)
  }

  /** Waits until nothing is left to do, what begins meanwhile included. */
  async idle(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work)
  }
}
