import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { AdapterError } from '../../core/errors.ts'
import type { Stats } from '../../core/events.ts'
import type { Cache, Mode } from '../../core/types.ts'
import { isHidden } from '../../entry/hidden-keys.ts'
import { ObservedCache, type StoreCall, type StoreVerb } from '../base/observed.ts'
import { checkOptions, type WrapperOptions } from '../base/wrapped.ts'

/** Time that the store took, in ms, sampled from one call in 64. */
export interface Latency {
  readonly samples: number
  readonly mean: number
  readonly p50: number
  readonly p99: number
}

/** Kinds of store calls: entries read, written or removed, and clears. */
export type Timed = 'read' | 'write' | 'remove' | 'clear'

/**
 * Counts of a `StatsCache` since it was created or reset: one per event, and figures that follow from them. Each count is
 * shown once; `hits`, `misses`, `tests`, `writes`, `removes` and `dels` can be read, but are not listed.
 */
export interface CacheStats extends Stats {
  /** Times that the existence of a value was asked for. */
  readonly tests: number
  /** Values asked for: hits and misses. */
  readonly reads: number
  /** Values stored. */
  readonly writes: number
  /** Keys removed on request, also those that were missing. */
  readonly removes: number
  /** The same as `removes`. */
  readonly dels: number
  /**
   * Number of entries, including expired ones that are not gone yet. They are listed to be counted. `undefined` where that
   * cannot be done at once: in an asynchronous cache of a remote backend, and where keys cannot be listed.
   */
  readonly size: number | undefined
  /** Time that the store took. */
  readonly latency: Readonly<Record<Timed, Latency>>
}

/** Calls per timed call. A power of two. */
const SAMPLING = 64

const KINDS: Partial<Record<StoreVerb, Timed>> = {
  tryGet: 'read',
  read: 'read',
  readVersioned: 'read',
  write: 'write',
  compareAndSet: 'write',
  drop: 'remove',
  wipe: 'clear',
}

/**
 * Counts what goes through it, anywhere in a stack: hits, misses, reads, writes, removals, tests, and the time that the
 * wrapped store takes. The time of loaders is not part of it.
 */
export class StatsCache<M extends Mode = Mode> extends ObservedCache<M> {
  static override readonly name: string = 'StatsCache'
  #fastReads = 0
  readonly #calls: Record<string, number> = {}
  #atReset: Stats | undefined
  #times = new Map<Timed, RecordableHistogram>()

  constructor(inner: Cache<M>, options: WrapperOptions = {}) {
    checkOptions(options, [], 'StatsCache')
    super(inner, options)
  }

  /** Hits among the values asked for, from 0 to 1; 0 before the first. */
  hits(): number {
    return this.#sinceReset().hitRate
  }

  override stats(): CacheStats {
    const stats = this.#sinceReset()
    const { hits, misses, ...counts } = stats
    const { test, hit, miss, set, remove } = stats
    const latency = {
      read: this.#latencyOf('read'),
      write: this.#latencyOf('write'),
      remove: this.#latencyOf('remove'),
      clear: this.#latencyOf('clear'),
    }
    const shown = { ...counts, reads: hit + miss, size: this.#size(), latency }
    return withAliases(shown, { hits, misses, tests: test, writes: set, removes: remove, dels: remove })
  }

  /** Sets all counts to zero. Entries stay. */
  reset(): void {
    this.#atReset = super.stats()
    this.#times = new Map()
  }

  protected override isWatching(verb: StoreVerb): boolean {
    if (verb === 'tryGet') return (this.#fastReads++ & (SAMPLING - 1)) === 0
    const calls = this.#calls[verb] ?? 0
    this.#calls[verb] = calls + 1
    return (calls & (SAMPLING - 1)) === 0
  }

  protected override observe({ verb, ms, error }: StoreCall): void {
    const kind = KINDS[verb]
    // A failure tells how long callers wait for it, not how long the store takes.
    if (kind === undefined || error !== undefined) return
    const times = this.#times.get(kind) ?? createHistogram()
    this.#times.set(kind, times)
    times.record(Math.max(1, Math.round(ms * 1e6)))
  }

  #sinceReset(): Stats {
    const now = super.stats()
    const before = this.#atReset
    if (before === undefined) return now
    const names = Object.keys(now) as (keyof Stats)[]
    const counts = Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as Record<
      keyof Stats,
      number
    >
    const { hit, miss } = counts
    return { ...counts, hitRate: hit === 0 ? 0 : hit / (hit + miss) }
  }

  #latencyOf(kind: Timed): Latency {
    const times = this.#times.get(kind)
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
      const keys = super.list(this.prefix) as Iterable<string> & Partial<AsyncIterable<string>>
      // An asynchronous cache in memory lists its keys synchronously.
      if (this.mode === 'async' && keys[Symbol.asyncIterator] !== undefined) return undefined
      let size = 0
      for (const key of keys) if (!isHidden(key)) size++
      return size
    } catch (error) {
      // Counting goes on while the backend is down.
      if (error instanceof AdapterError) return undefined
      throw error
    }
  }
}

/** Adds further names of counts, which are not enumerable, so that a log shows each count once. */
function withAliases<T extends object, A extends Record<string, number>>(counts: T, aliases: A): T & A {
  const properties = Object.entries(aliases).map(([name, value]) => [name, { value }] as const)
  return Object.defineProperties(counts, Object.fromEntries(properties)) as T & A
}
