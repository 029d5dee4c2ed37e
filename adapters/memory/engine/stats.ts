import type { Stats } from '../../../lib/core/events.ts'
import type { RemovalCause } from './removals.ts'
import type { MemoryStore } from './store.ts'

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
