/**
 * Why an entry was removed.
 * - `'explicit'`: by `remove`, `pull` or another verb that removes a key.
 * - `'replaced'`: another value was stored under its key.
 * - `'expired'`: its TTL had passed, whatever removed it.
 * - `'evicted'`: to make room, or refused because it is heavier than the cache may hold.
 * - `'cleared'`: by `clear`.
 */
export type RemovalCause = 'explicit' | 'replaced' | 'expired' | 'evicted' | 'cleared'

/** A listener for removed entries. It runs when the cache is consistent, so it may use the cache. */
export type RemovalListener<T = unknown> = (key: string, value: T, cause: RemovalCause) => void

/** The causes as numbers, in the order of `CAUSES`. A refused entry counts as evicted, but its event says that it was refused. */
export const EXPLICIT = 0
export const REPLACED = 1
export const EXPIRED = 2
export const EVICTED = 3
export const CLEARED = 4
export const REFUSED = 5

const CAUSES: readonly RemovalCause[] = ['explicit', 'replaced', 'expired', 'evicted', 'cleared', 'evicted']

/** The number of queued removals for which memory is kept after they were reported. */
const KEPT_LENGTH = 1000

/** The cache that uses a store: the store asks it for the time, and reports what it removes on its own. */
export interface Owner {
  now(): number
  expired(id: string): void
  /** @param isRefused true if the entry was too heavy to be stored at all */
  evicted(id: string, isRefused: boolean): void
  /** Whether anyone listens to evictions. If not, they are only counted, and keys are not looked up. */
  hearsEvicted(): boolean
  /** Counts an eviction that nobody listens to. */
  countEvicted(): void
  /** Receives errors of work that no caller waits for. */
  failed(error: unknown): void
}

/**
 * The removals that have not been reported yet, and their numbers by cause.
 *
 * A listener may call the cache, so it must not run in the middle of a change. Removals are therefore queued while the store
 * is inconsistent, and reported at the end of the verb. The queue is three arrays that are used again and again, because an
 * object per eviction would be garbage in the hottest loop of a full cache.
 */
export class Removals {
  readonly #counts = [0, 0, 0, 0, 0, 0]
  #listeners: readonly RemovalListener[] = []
  readonly #ids: string[] = []
  readonly #values: unknown[] = []
  readonly #causes: number[] = []
  #queued = 0
  #reported = 0

  /** The number of removed entries by cause. */
  get counts(): Record<RemovalCause, number> {
    const [explicit, replaced, expired, evicted, cleared, refused] = this.#counts as [number, ...number[]]
    return { explicit, replaced: replaced!, expired: expired!, evicted: evicted! + refused!, cleared: cleared! }
  }

  get hasListeners(): boolean {
    return this.#listeners.length !== 0
  }

  /** Adds a listener, and returns a function that removes it. The listener must not throw. */
  listen(listener: RemovalListener): () => void {
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener)
    }
  }

  /** Counts removals that nobody has to hear of. */
  count(cause: number, entries: number): void {
    this.#counts[cause]! += entries
  }

  /** Counts a removal, and queues it if anyone has to hear of it. */
  add(id: string, value: unknown, cause: number): void {
    this.#counts[cause]!++
    const { hasListeners } = this
    if (!hasListeners && cause !== EVICTED && cause !== EXPIRED && cause !== REFUSED) return
    const at = this.#queued++
    this.#ids[at] = id
    this.#causes[at] = cause
    if (hasListeners) this.#values[at] = value
  }

  /** Reports the queued removals in their order. The store must be consistent: listeners may use it and remove more. */
  report(owner: Owner): void {
    if (this.#queued === 0 || this.#reported !== 0) return
    try {
      while (this.#reported < this.#queued) {
        const at = this.#reported++
        this.#inform(owner, this.#ids[at]!, this.#values[at], this.#causes[at]!)
        if (at < this.#values.length) this.#values[at] = undefined
      }
    } finally {
      const reported = this.#reported
      this.#reported = 0
      this.#queued -= reported
      // Assignments only: after a stack overflow in a listener, no function can be called here.
      for (let i = 0; i < this.#queued; i++) {
        this.#ids[i] = this.#ids[reported + i]!
        this.#values[i] = this.#values[reported + i]
        this.#causes[i] = this.#causes[reported + i]!
      }
      if (reported > KEPT_LENGTH) this.#ids.length = this.#values.length = this.#causes.length = this.#queued
    }
  }

  #inform(owner: Owner, id: string, value: unknown, cause: number): void {
    if (cause === EVICTED || cause === REFUSED) owner.evicted(id, cause === REFUSED)
    else if (cause === EXPIRED) owner.expired(id)
    for (let i = 0; i < this.#listeners.length; i++) this.#listeners[i]!(id, value, CAUSES[cause]!)
  }
}
