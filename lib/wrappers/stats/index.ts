import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { AdapterError } from '../../core/errors.ts'
import type { Stats } from '../../core/events.ts'
import type { Cache, Mode } from '../../core/types.ts'
import { isHidden } from '../../entry/hidden-keys.ts'
import { ObservedCache, type Sight, type StoreVerb } from '../base/observed.ts'
import type { WrapperOptions } from '../base/wrapped.ts'

/** How long the store took, in ms, of some of what it was asked: one in 64. */
export interface Latency {
  /** How many were timed. */
  readonly samples: number
  readonly mean: number
  /** Half of them took no longer, */
  readonly p50: number
  /** and 99 of 100 no longer than this. */
  readonly p99: number
}

/** What is asked of a store: one entry or many to be read, to be written, to be removed; all under a prefix to be removed. */
export type Timed = 'read' | 'write' | 'remove' | 'clear'

/** What a `StatsCache` has counted since it was made or reset: every event, and what follows from them. */
export interface CacheStats extends Stats {
  /** How often it was asked whether there is a value. */
  readonly tests: number
  /** Values asked for: the hits and the misses. */
  readonly reads: number
  /** Values stored. */
  readonly writes: number
  /** Keys removed on request, those among them that were missing. */
  readonly removes: number
  /** The same as `removes`. */
  readonly dels: number
  /**
   * How many entries there are, with those that have expired and are not gone yet. They are listed to be counted. `undefined`
   * where that cannot be done on the spot: in an asynchronous cache of a backend outside, and where the keys cannot be listed.
   */
  readonly size: number | undefined
  /** How long the store took. */
  readonly latency: Readonly<Record<Timed, Latency>>
}

/** A power of two: the others cost a counter each. */
const SAMPLED = 64

const TIMED: Partial<Record<StoreVerb, Timed>> = {
  'at hand': 'read',
  read: 'read',
  look: 'read',
  write: 'write',
  swap: 'write',
  drop: 'remove',
  wipe: 'clear',
}

/**
 * Counts what goes through it, wherever it stands in a stack: hits, misses, reads, writes, removals, tests, and how long the
 * store within takes. Values that are made are not part of that time.
 */
export class StatsCache<M extends Mode = Mode> extends ObservedCache<M> {
  #atHand = 0
  readonly #asked: Record<string, number> = {}
  #before: Stats | undefined
  #times = new Map<Timed, RecordableHistogram>()

  constructor(inner: Cache<M>, options: WrapperOptions = {}) {
    super(inner, options)
  }

  /** Hits among the values asked for, from 0 to 1; 0 before the first. */
  hits(): number {
    return this.#since().hitRate
  }

  override stats(): CacheStats {
    const stats = this.#since()
    const { test, hit, miss, set, remove } = stats
    const latency = {
      read: this.#of('read'),
      write: this.#of('write'),
      remove: this.#of('remove'),
      clear: this.#of('clear'),
    }
    const counts = { tests: test, reads: hit + miss, writes: set, removes: remove, dels: remove }
    return { ...stats, ...counts, size: this.#size(), latency }
  }

  /** Begins to count from nothing. What is stored stays. */
  reset(): void {
    this.#before = super.stats()
    this.#times = new Map()
  }

  protected override isWatching(verb: StoreVerb): boolean {
    if (verb === 'at hand') return (this.#atHand++ & (SAMPLED - 1)) === 0
    const asked = this.#asked[verb] ?? 0
    this.#asked[verb] = asked + 1
    return (asked & (SAMPLED - 1)) === 0
  }

  protected override saw({ verb, ms, error }: Sight): void {
    const timed = TIMED[verb]
    // What has failed tells how long it is waited for, not how long the store takes.
    if (timed === undefined || error !== undefined) return
    const times = this.#times.get(timed) ?? createHistogram()
    this.#times.set(timed, times)
    times.record(Math.max(1, Math.round(ms * 1e6)))
  }

  #since(): Stats {
    const now = super.stats()
    const before = this.#before
    if (before === undefined) return now
    const names = Object.keys(now) as (keyof Stats)[]
    const counts = Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as Record<
      keyof Stats,
      number
    >
    const { hit, miss } = counts
    return { ...counts, hitRate: hit === 0 ? 0 : hit / (hit + miss) }
  }

  #of(timed: Timed): Latency {
    const times = this.#times.get(timed)
    if (times === undefined) return { samples: 0, mean: 0, p50: 0, p99: 0 }
    return {
      samples: Number(times.count),
      mean: times.mean / 1e6,
      p50: times.percentile(50) / 1e6,
      p99: times.percentile(99) / 1e6,
    }
  }

  #size(): number | undefined {
    try {
      if (!this.capabilities.listsKeys) return undefined
      const keys = super.list(this.prefix)
      if (Symbol.asyncIterator in keys) return undefined
      let size = 0
      for (const key of keys as Iterable<string>) if (!isHidden(key)) size++
      return size
    } catch (error) {
      // Counting goes on while the backend is down.
      if (error instanceof AdapterError) return undefined
      throw error
    }
  }
}
