import type { CacheStatus } from '../../lib/core/types.ts'
import { systemNow } from '../../lib/entry/clock.ts'

/** Remembers whether a backend is up, and since when. */
export class Health {
  #state: CacheStatus['state'] = 'unknown'
  #since = systemNow()
  #error: Error | undefined

  get isUp(): boolean {
    return this.#state === 'up'
  }

  get isDown(): boolean {
    return this.#state === 'down'
  }

  /** The backend answered. */
  up(): void {
    this.#change('up', undefined)
  }

  /** The backend failed. */
  down(error: Error): void {
    this.#change('down', error)
  }

  status(breaker: CacheStatus['breaker']): CacheStatus {
    const status = { state: this.#state, since: this.#since, breaker }
    return this.#error === undefined ? status : { ...status, error: this.#error }
  }

  #change(state: CacheStatus['state'], error: Error | undefined): void {
    this.#error = error
    if (this.#state === state) return
    this.#state = state
    this.#since = systemNow()
  }
}
