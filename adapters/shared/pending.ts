import type { Deadlines } from '../../lib/core/deadlines.ts'

/** Counts the verbs that are under way on a link to a server, so that it can be closed after the last of them. */
export class UnderWay {
  protected underWay = 0
  #idle: Promise<void> | undefined
  #becomeIdle: (() => void) | undefined

  get isIdle(): boolean {
    return this.underWay === 0
  }

  /** A verb begins. */
  begin(): void {
    this.underWay++
  }

  /** A verb has ended. */
  end(): void {
    if (--this.underWay > 0) return
    this.#becomeIdle?.()
    this.#idle = this.#becomeIdle = undefined
  }

  /** Waits until no verb is under way, but not longer than an answer may take. */
  async idle(deadlines: Deadlines): Promise<void> {
    if (this.isIdle) return
    this.#idle ??= new Promise((resolve) => {
      this.#becomeIdle = resolve
    })
    await deadlines.guard(this.#idle, () => new Error()).catch(() => {})
  }
}
