import type { Stats } from '../../lib/core/events.ts'
import { userTagsOf } from '../../lib/entry/entry.ts'
import type { NewBounds } from './engine/capacity.ts'
import type { RemovalCause } from './engine/removals.ts'
import { NEVER } from './engine/slots.ts'
import type { MemoryStore } from './engine/store.ts'

/** What is known about an entry. */
export interface EntryFacts<T = unknown> {
  readonly key: string
  readonly value: T
  /** When it was stored, in ms since the epoch; exact for some days, after that "then or before". */
  readonly created: number
  /** When it stops being fresh, in ms since the epoch; `null` for never. */
  readonly expires: number | null
  /** When it may be forgotten, at or after `expires`; `null` for never. */
  readonly until: number | null
  /** What it weighs: bytes, unless a weigher has another measure; 1 where entries are not weighed. */
  readonly weight: number
  readonly tags: readonly string[] | undefined
}

/** How the cache that is inspected spells its keys and gives its values, and what its time is. */
export interface View {
  readonly prefix: string
  readonly store: MemoryStore
  now(): number
  give(kept: unknown): unknown
  resize(bounds: NewBounds): void
}

/**
 * Looks into a cache in memory, and sets its bound. Nothing in here counts as a use of an entry, or as a hit or miss; what has
 * expired is not shown. All but `entry` and `ageOf` go through the entries, `coldest` and `hottest` through `n` of them.
 */
export class Inspection {
  readonly #view: View

  constructor(view: View) {
    this.#view = view
  }

  /** The most that is kept: bytes where they are bounded, else entries; `null` for no bound. Setting it is `resize`. */
  get maximum(): number | null {
    const { maxBytes, maxEntries } = this.#view.store
    const maximum = maxBytes === NEVER ? maxEntries : maxBytes
    return maximum === NEVER ? null : maximum
  }

  set maximum(maximum: number | null) {
    this.#view.resize(this.#view.store.maxBytes === NEVER ? { maxEntries: maximum } : { maxBytes: maximum })
  }

  /** What the entries weigh together, in the whole store: as many as there are where they are not weighed. */
  weightedSize(): number {
    return this.#view.store.weight
  }

  /** The entries that would go first to make room, the next one first. */
  coldest<T = unknown>(n = NEVER): EntryFacts<T>[] {
    return this.#first(this.#view.store.coldest(), n)
  }

  /** The entries that would go last, the very last first. */
  hottest<T = unknown>(n = NEVER): EntryFacts<T>[] {
    const { store } = this.#view
    return this.#first(store.hottest() ?? [...store.coldest()].reverse(), n)
  }

  /** The entries that were stored first, the oldest first. */
  oldest<T = unknown>(n = NEVER): EntryFacts<T>[] {
    return this.coldest<T>()
      .sort((a, b) => a.created - b.created)
      .slice(0, n)
  }

  /** The seconds since an entry was stored; `undefined` when it is missing. */
  ageOf(key: string): number | undefined {
    const entry = this.entry(key)
    return entry && (this.#view.now() - entry.created) / 1000
  }

  /** What is known about an entry; `undefined` when it is missing. */
  entry<T = unknown>(key: string): EntryFacts<T> | undefined {
    const { store, prefix } = this.#view
    const slot = store.find(prefix + key)
    return slot === 0 ? undefined : this.#factsOf(slot)
  }

  #first<T>(slots: Iterable<number>, n: number): EntryFacts<T>[] {
    const found: EntryFacts<T>[] = []
    if (n <= 0) return found
    for (const slot of slots) {
      const facts = this.#factsOf<T>(slot)
      if (facts !== undefined && found.push(facts) >= n) break
    }
    return found
  }

  #factsOf<T>(slot: number): EntryFacts<T> | undefined {
    const { store, prefix } = this.#view
    const key = store.keyAt(slot)
    const entry = store.entryAt(slot)
    const { value, created, expires, until } = entry
    const tags = userTagsOf(entry)
    if (!key.startsWith(prefix) || (expires !== null && expires <= this.#view.now())) return undefined
    const given = this.#view.give(value) as T
    return { key: key.slice(prefix.length), value: given, created, expires, until, weight: store.weightAt(slot), tags }
  }
}

/** The statistics of a cache in memory. They are counted anyway, or found out when they are asked for. */
export interface MemoryStats extends Stats {
  /** How many entries there are in the store, with those that have expired and were not met yet. */
  readonly size: number
  /** What they weigh together; as many as there are where entries are not weighed. */
  readonly weight: number
  /** How many entries went from the store, by cause. What was refused for its weight is among the evicted. */
  readonly removals: Readonly<Record<RemovalCause, number>>
  /** What all that was evicted weighed. */
  readonly evictedWeight: number
  /** How many makers and loaders have run to their end. */
  readonly loads: number
  /** How many of them failed. */
  readonly loadFailures: number
  /** How long they took together, in seconds. */
  readonly loadTime: number
  /** How long one took on average, in seconds; 0 before the first. */
  readonly meanLoadTime: number
}

/** How often makers and loaders ran to their end, and how long they took together, in ms. */
export interface Loads {
  count: number
  time: number
}

export function statsOf(stats: Stats, store: MemoryStore, { count, time }: Loads): MemoryStats {
  return {
    ...stats,
    size: store.size,
    weight: store.weight,
    removals: store.removals.counts,
    evictedWeight: store.evictedWeight,
    loads: count,
    loadFailures: stats.makeError,
    loadTime: time / 1000,
    meanLoadTime: count === 0 ? 0 : time / 1000 / count,
  }
}
