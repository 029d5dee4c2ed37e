import type { Stats } from '../../lib/core/events.ts'
import { userTagsOf } from '../../lib/entry/entry.ts'
import type { RemovalCause } from './engine/removals.ts'
import { NEVER } from './engine/slots.ts'
import type { MemoryStore } from './engine/store.ts'
import type { StoreView } from './view.ts'

/** Facts about an entry. */
export interface EntryFacts<T = unknown> {
  readonly key: string
  readonly value: T
  /** When it was stored, in ms since the epoch: exact for at least 6 days, an upper bound after that. */
  readonly created: number
  /** When it stops being fresh, in ms since the epoch; `null` for never. */
  readonly expires: number | null
  /** When it can no longer be served stale either, at or after `expires`; `null` for never. */
  readonly until: number | null
  /** Its weight: in bytes, or in the unit of the weigher; 1 if entries are not weighed. */
  readonly weight: number
  readonly tags: readonly string[] | undefined
}

/**
 * A look into a memory cache, and its bound. Nothing here counts as a use of an entry, or as a hit or miss; expired entries
 * are not shown. `oldest` goes through all entries, `coldest` and `hottest` through `n` of them.
 */
export class Inspection {
  readonly #view: StoreView

  constructor(view: StoreView) {
    this.#view = view
  }

  /** The bound: in bytes if bytes are bounded, else in entries; `null` if there is none. Setting it is `resize`. */
  get maximum(): number | null {
    const { maxBytes, maxEntries } = this.#view.store
    const maximum = maxBytes === NEVER ? maxEntries : maxBytes
    return maximum === NEVER ? null : maximum
  }

  set maximum(maximum: number | null) {
    const { store, owner } = this.#view
    store.resize(store.maxBytes === NEVER ? { maxEntries: maximum } : { maxBytes: maximum }, owner)
  }

  /** The total weight of the entries in the store; their number if they are not weighed. */
  weightedSize(): number {
    return this.#view.store.weight
  }

  /** The first `n` entries that would be evicted, the next victim first. */
  coldest<T = unknown>(n = NEVER): EntryFacts<T>[] {
    return this.#first(this.#view.store.coldest(), n)
  }

  /** The last `n` entries that would be evicted, the very last first. */
  hottest<T = unknown>(n = NEVER): EntryFacts<T>[] {
    const { store } = this.#view
    return this.#first(store.hottest() ?? [...store.coldest()].reverse(), n)
  }

  /** The `n` entries that were stored first, the oldest first. */
  oldest<T = unknown>(n = NEVER): EntryFacts<T>[] {
    return this.coldest<T>()
      .sort((a, b) => a.created - b.created)
      .slice(0, n)
  }

  /** The seconds since an entry was stored; `undefined` if it is missing. */
  ageOf(key: string): number | undefined {
    const entry = this.entry(key)
    return entry && (this.#view.now() - entry.created) / 1000
  }

  /** The facts about an entry; `undefined` if it is missing. */
  entry<T = unknown>(key: string): EntryFacts<T> | undefined {
    const { store, prefix } = this.#view
    const slot = store.find(prefix + key)
    return slot === 0 ? undefined : this.#factsAt(slot)
  }

  #first<T>(slots: Iterable<number>, n: number): EntryFacts<T>[] {
    const found: EntryFacts<T>[] = []
    if (n <= 0) return found
    for (const slot of slots) {
      const facts = this.#factsAt<T>(slot)
      if (facts !== undefined && found.push(facts) >= n) break
    }
    return found
  }

  #factsAt<T>(slot: number): EntryFacts<T> | undefined {
    const view = this.#view
    const id = view.store.keyAt(slot)
    const entry = view.store.entryAt(slot)
    const { created, expires, until } = entry
    if (!id.startsWith(view.prefix) || (expires !== null && expires <= view.now())) return undefined
    return {
      key: view.keyOf(id),
      value: view.give(entry.value) as T,
      created,
      expires,
      until,
      weight: view.store.weightAt(slot),
      tags: userTagsOf(entry),
    }
  }
}

/** The statistics of a memory cache. */
export interface MemoryStats extends Stats {
  /** The number of entries in the store, including expired ones that have not been removed yet. */
  readonly size: number
  /** The total weight of the entries; their number if they are not weighed. */
  readonly weight: number
  /** The number of entries that were removed, by cause. Entries that were refused for their weight count as evicted. */
  readonly removals: Readonly<Record<RemovalCause, number>>
  /** The total weight of all evicted entries. */
  readonly evictedWeight: number
  /** The number of loads that have finished. */
  readonly loads: number
  /** The number of loads that failed. */
  readonly loadFailures: number
  /** The total time that loads took, in seconds. */
  readonly loadTime: number
  /** The average time of a load, in seconds; 0 before the first. */
  readonly meanLoadTime: number
}

/** The number of loads that have finished, and their total time in ms. */
export interface LoadTimes {
  count: number
  ms: number
}

export function statsOf(stats: Stats, store: MemoryStore, { count, ms }: LoadTimes): MemoryStats {
  return {
    ...stats,
    size: store.size,
    weight: store.weight,
    removals: store.removals.counts,
    evictedWeight: store.evictedWeight,
    loads: count,
    loadFailures: stats.makeError,
    loadTime: ms / 1000,
    meanLoadTime: count === 0 ? 0 : ms / 1000 / count,
  }
}
