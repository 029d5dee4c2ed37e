import { isMainThread } from 'node:worker_threads'

/**
 * Keeps account of the time in which this thread did nothing but wait for a bridge. Beyond a twentieth of the thread's
 * time, servers should not do that: it says so, once in the life of the process by a warning.
 */

/** The share from which on it is too much. */
const TOO_MUCH = 0.05
/** Shares are of the last minute at most, so that a day of rest does not hide what an hour of traffic does. */
const WINDOW_MS = 60_000
/** A share is no finding before so much time, and so much waiting, in ms. */
const LEAST_TIME = 1000
const LEAST_BLOCKED = 100

export class BlockingAccount {
  readonly #warn: (message: string) => void
  #since = 0
  #blocked = 0
  #isTold = false
  #hasWarned = false

  /** @param warn tells the user, once */
  constructor(warn: (message: string) => void) {
    this.#warn = warn
  }

  /**
   * Books a wait that ended at `now`, in ms since the thread began. Answers the share of blocked time when it has become too
   * much, once a minute, else `undefined`.
   */
  book(ms: number, now: number, adapter: string): number | undefined {
    if (now - this.#since > WINDOW_MS) this.#begin(now)
    else this.#blocked += ms
    if (this.#isTold || this.#blocked < LEAST_BLOCKED || now - this.#since < LEAST_TIME) return undefined

    const share = this.#blocked / (now - this.#since)
    if (share <= TOO_MUCH) return undefined
    this.#isTold = true
    if (!this.#hasWarned) this.#warn(warning(adapter, share))
    this.#hasWarned = true
    return share
  }

  #begin(now: number): void {
    this.#since = now
    this.#blocked = 0
    this.#isTold = false
  }
}

function warning(adapter: string, share: number): string {
  return (
    `${adapter} kept this thread waiting for ${Math.round(share * 100)} % of its time. A synchronous cache in another ` +
    'process stops the event loop for each answer: in a server, use asyncCached. (Told once.)'
  )
}

/** The account of this thread. A worker thread may wait as it likes: it holds up no server. */
export const account = new BlockingAccount((message) => {
  if (isMainThread) process.emitWarning(message, { code: 'POLYCACHE_BLOCKING' })
})
