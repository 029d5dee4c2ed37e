import threads from 'node:worker_threads'

/**
 * Counts the time in which this thread did nothing but wait for a bridge. Servers should not do that for more than a
 * twentieth of their time: a warning says so, once per process.
 */

/** The share of the time beyond which it is too much. */
const TOO_MUCH = 0.05
/** Shares are of the last minute at most, so that an idle day does not hide a busy hour. */
const WINDOW_MS = 60_000
/** A share means nothing before this much time, and this much waiting, in ms. */
const LEAST_TIME = 1000
const LEAST_BLOCKED = 100

export class BlockingAccount {
  readonly #warn: (message: string) => void
  #since = 0
  #blocked = 0
  #isTold = false
  #hasWarned = false

  /** @param warn warns the user, once */
  constructor(warn: (message: string) => void) {
    this.#warn = warn
  }

  /**
   * Records a wait that ended at `now`, in ms since the thread began. Returns the share of blocked time when it has become
   * too much, once a minute, else `undefined`.
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
    'process stops the event loop for each answer: in a server, use asyncCached. (Shown once.)'
  )
}

/** The account of this thread. A worker thread may wait: it holds up no server. */
export const account = new BlockingAccount((message) => {
  if (threads.isMainThread) process.emitWarning(message, { code: 'POLYCACHE_BLOCKING' })
})
