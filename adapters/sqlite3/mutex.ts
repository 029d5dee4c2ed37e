import type { Answer } from '../../lib/core/flow.ts'

/** Lets jobs run one after the other, in the order in which they came. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #next = 0
  #busy = false

  /** The answer of a job, when its turn has come and it is done. */
  async take<T>(job: () => Answer<T>): Promise<T> {
    if (this.#busy) await new Promise<void>((go) => this.#waiting.push(go))
    this.#busy = true
    try {
      return await job()
    } finally {
      this.#pass()
    }
  }

  #pass(): void {
    // Shifting a long array is slow: what has gone is cut off a thousand at a time.
    if (this.#next >= 1024 || this.#next === this.#waiting.length)
      this.#next -= this.#waiting.splice(0, this.#next).length
    const go = this.#waiting[this.#next]
    if (go === undefined) {
      this.#busy = false
      return
    }
    this.#next++
    go()
  }
}
