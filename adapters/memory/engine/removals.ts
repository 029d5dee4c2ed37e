/**
 * Why an entry is not there any more:
 * `'explicit'`: it was removed on request; `'replaced'`: another value was stored under its key; `'expired'`: its time was over;
 * `'evicted'`: it had to make room, or it was heavier than the cache may hold and never got in; `'cleared'`: the cache was cleared.
 */
export type RemovalCause = 'explicit' | 'replaced' | 'expired' | 'evicted' | 'cleared'

/** Told of each entry that is removed, once, when the cache is in order again and may be used. */
export type RemovalListener<T = unknown> = (key: string, value: T, cause: RemovalCause) => void

/** The causes as a store counts them. What is refused counts as evicted, but is told apart in its event. */
export const EXPLICIT = 0
export const REPLACED = 1
export const EXPIRED = 2
export const EVICTED = 3
export const CLEARED = 4
export const REFUSED = 5

const CAUSES: readonly RemovalCause[] = ['explicit', 'replaced', 'expired', 'evicted', 'cleared', 'evicted']

/** Room for so many notes is kept for later ones. */
const KEPT_ROOM = 1000

/** Who uses a store: it is asked for the time, and told of what the store removes by itself. */
export interface Owner {
  now(): number
  expired(key: string): void
  /** @param isRefused whether it never got in */
  evicted(key: string, isRefused: boolean): void
  /** Whether somebody wants to know which entries are evicted: if not, they are only counted, and nobody looks at their keys. */
  hearsEvicted(): boolean
  /** One was evicted that nobody wants to know of. */
  countEvicted(): void
  /** Something failed between two turns, when nobody was there to be told. */
  failed(error: unknown): void
}

/** What was removed and has not been told of yet, and how many entries went for which cause. */
export class Removals {
  readonly #counts = [0, 0, 0, 0, 0, 0]
  #listeners: readonly RemovalListener[] = []
  // Three columns that are used again, rather than an object for each entry.
  readonly #keys: string[] = []
  readonly #values: unknown[] = []
  readonly #causes: number[] = []
  #noted = 0
  #told = 0

  /** How many entries went for each cause. */
  get counts(): Record<RemovalCause, number> {
    const [explicit, replaced, expired, evicted, cleared, refused] = this.#counts as [number, ...number[]]
    return { explicit, replaced: replaced!, expired: expired!, evicted: evicted! + refused!, cleared: cleared! }
  }

  get hasListeners(): boolean {
    return this.#listeners.length !== 0
  }

  /** Adds a listener, and answers what takes it away again. What it throws is thrown at whoever removes: it should not. */
  listen(listener: RemovalListener): () => void {
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener)
    }
  }

  /** Counts entries that nobody has to be told of. */
  count(cause: number, entries: number): void {
    this.#counts[cause]! += entries
  }

  /** Counts a removal, and keeps in mind to tell of it. */
  note(key: string, value: unknown, cause: number): void {
    this.#counts[cause]!++
    const { hasListeners } = this
    if (!hasListeners && cause !== EVICTED && cause !== EXPIRED && cause !== REFUSED) return
    const at = this.#noted++
    this.#keys[at] = key
    this.#causes[at] = cause
    if (hasListeners) this.#values[at] = value
  }

  /** Tells of what was noted, in its order. Called when the store is in order: who is told may use it, and remove more. */
  tell(owner: Owner): void {
    if (this.#noted === 0 || this.#told !== 0) return
    try {
      while (this.#told < this.#noted) {
        const at = this.#told++
        this.#inform(owner, this.#keys[at]!, this.#values[at], this.#causes[at]!)
        if (at < this.#values.length) this.#values[at] = undefined
      }
    } finally {
      const told = this.#told
      this.#told = 0
      this.#noted -= told
      // By assignments only: a listener may have come to the end of the stack.
      for (let i = 0; i < this.#noted; i++) {
        this.#keys[i] = this.#keys[told + i]!
        this.#values[i] = this.#values[told + i]
        this.#causes[i] = this.#causes[told + i]!
      }
      if (told > KEPT_ROOM) this.#keys.length = this.#values.length = this.#causes.length = this.#noted
    }
  }

  #inform(owner: Owner, key: string, value: unknown, cause: number): void {
    if (cause === EVICTED || cause === REFUSED) owner.evicted(key, cause === REFUSED)
    else if (cause === EXPIRED) owner.expired(key)
    for (let i = 0; i < this.#listeners.length; i++) this.#listeners[i]!(key, value, CAUSES[cause]!)
  }
}
