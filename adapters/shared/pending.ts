import type { Deadlines } from '../../lib/core/deadlines.ts'

/** Counts the verbs that are pending on a connection, so that it can be closed after the last of them. */
export class Pending {
  #pending = 0
  #idle: Promise<void> | undefined
  #becomeIdle: (() => void) | undefined

  get pending(): number {
    return this.#pending
  }

  /** A verb begins. */
  begin(): void {
    this.#pending++
  }

  /** A verb has ended. */
  end(): void {
    if (--this.#pending > 0) return
    this.#becomeIdle?.()
    this.#idle = this.#becomeIdle = undefined
  }

  /** Resolves when no verb is pending, but not later than an answer may take. */
  async idle(deadlines: Deadlines): Promise<void> {
    if (this.#pending === 0) return
    this.#idle ??= new Promise((resolve) => {
      this.#becomeIdle = resolve
    })
    await deadlines.guard(this.#idle, () => new Error()).catch(() => {})
  }
}
