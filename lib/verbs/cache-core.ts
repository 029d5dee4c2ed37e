import type { Events } from '../core/events.ts'
import type { BackendErrorPolicy, Cache, Capabilities, Entry, Key, Mode, Out, Store } from '../core/types.ts'
import type { Defaults } from '../entry/load-options.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import type { Loads } from '../single-flight/loads.ts'
import type { Background } from './background.ts'

/**
 * The internals of a cache, as verbs, wrappers and memoized functions use them: its store, what all verbs have in common,
 * and the fast path. `CacheAdapter` keeps them protected, so that users see their own verbs only.
 */
export interface CacheCore<M extends Mode = Mode> extends Store<M> {
  readonly mode: M
  /** The name of its class, for messages. */
  readonly name: string
  readonly capabilities: Capabilities
  /** Stands in front of every key in the store. */
  readonly prefix: string
  readonly events: Events
  /** The loads that run over its store. */
  readonly loads: Loads
  readonly onBackendError: BackendErrorPolicy
  /** The TTL of entries that are stored without a timeout, in ms; `undefined` for that of the process. */
  readonly defaultTtl: number | null | undefined
  /** What applies to every call of `set` and `getOrSet` beside the TTL, unless the call says otherwise. */
  readonly defaults: Defaults | undefined
  /** How long a removal leaves a mark, in ms; 0 if it leaves none. */
  readonly fenceMs: number | null
  /** The work that no caller waits for. */
  readonly background: Background
  /** Whether callers get copies: those who share a load must not share an object. */
  readonly isolates: boolean
  /** How long the version of a tag in a shared store is remembered, in ms. */
  readonly tagTtlMs: number
  /** Whether the store's own clock is another than the cache's. */
  readonly movedClock: boolean
  /** Whether a read gives an entry its whole TTL again, unless the store does that itself. */
  readonly slides: boolean
  /** The cache's clock, in ms since the epoch. */
  now(): number

  /** The stored form under a key. */
  readStored(key: string): Out<M, unknown>
  /** The entry in a stored form. */
  decodeStored(key: string, stored: unknown): Entry | undefined

  /** Opens what the backend needs. */
  open(): Out<M, void>
  /** Asks the backend for a sign of life, and throws when there is none. */
  probe(): Out<M, unknown>
  /** What the backend says about itself, where it says something. */
  backendStats?(): Out<M, Record<string, unknown>>
  /** Receives how long each loader took, in ms. */
  loaded?(ms: number): void

  /**
   * Fast path of reads: the fresh value under a user's key, counted as a hit, if it is in memory; else `MISSING` or
   * `UNKNOWN`. It goes past all the machinery.
   */
  tryGet(key: Key): unknown
  /** Prepares a key that will be read again and again for `tryGetPrepared`. */
  prepareKey(key: string): PreparedKey
  /** `tryGet` of a prepared key. */
  tryGetPrepared(key: PreparedKey): unknown
  /** Fast path of `set`: stores a value in memory, unless something about it needs the long way. Answers whether it did. */
  trySet?(key: string, value: unknown, ttl: ResolvedTtl): boolean
}

/** The internals of a cache. This is the one cast past `protected` in the package. */
export function coreOf<M extends Mode>(cache: Pick<Cache<M>, 'mode'>): CacheCore<M> {
  return cache as unknown as CacheCore<M>
}

/** Answer of the fast path: there is no entry, so `get` need not ask the store. */
export const MISSING = Symbol('missing')

/** Answer of the fast path: the store has to be asked. */
export const UNKNOWN = Symbol('unknown')

/** A key that is read again and again, with what its cache needs to find it sooner. */
export interface PreparedKey {
  readonly key: string
}

/** Whether the fast path gave a value. */
export function isValue(answer: unknown): boolean {
  // Fast path: anything that is not a symbol is a value.
  return typeof answer !== 'symbol' || (answer !== MISSING && answer !== UNKNOWN)
}

/** The capabilities of a store as far as its verbs tell. What they do not tell it is taken not to have. */
export function capabilitiesOf({ readVersioned, compareAndSet, list, wipe }: Partial<Store>): Capabilities {
  return {
    atomic: readVersioned !== undefined && compareAndSet !== undefined,
    listsKeys: list !== undefined,
    clears: list !== undefined || wipe !== undefined,
    shared: false,
    locks: false,
    millisecondExpiry: false,
  }
}
