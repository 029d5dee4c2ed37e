import { AdapterError, Unsupported } from '../../core/errors.ts'
import type { CacheEvent, EventMap, EventName, Events, Stats } from '../../core/events.ts'
import { type Answer, all, andThen, type Flow, isPromise, wait } from '../../core/flow.ts'
import { LayeredEvents } from '../../core/layered-events.ts'
import type { Entry, Mode, Timeout, VersionedEntry } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import type { CacheCore } from '../../verbs/cache-core.ts'
import { callStore } from '../../verbs/call-store.ts'
import { compareAndSet, readVersioned } from '../../verbs/store-verbs.ts'
import type { WrapperOptions } from '../base/wrapped.ts'

/** Options of a `TwoLevelCache`. */
export interface TwoLevelOptions extends WrapperOptions {
  /**
   * Goes on with L1 alone while L2 fails, with an event `backendError` each time: reads of L2 are misses, and keys that are
   * written or removed meanwhile are removed from L2 when it answers again. @default false: failures of L2 are thrown
   */
  resilient?: boolean | undefined
  /** Longest time that L1 keeps an entry before L2 is asked again. @default the TTL of the entry */
  nearTimeout?: Timeout | undefined
}

/** Mode of two levels: synchronous if both are. */
export type Both<N extends Mode, F extends Mode> = N extends 'sync' ? F : 'async'

/** Counts of both levels beside those of the whole. */
export interface TwoLevelStats extends Stats {
  readonly near: Stats
  readonly far: Stats
}

/** State in L1 from which an atomic change starts that is decided there, because L2 fails. */
export class NearVersion {
  readonly version: unknown
  constructor(version: unknown) {
    this.version = version
  }
}

/** The state of a key in L1, to start an atomic change there. */
export function nearVersioned({ entry, version }: VersionedEntry, nearTtl: number | null): VersionedEntry {
  return { entry: originalOf(entry, nearTtl), version: new NearVersion(version) }
}

/**
 * Events of two levels. Each level counts the look-ups that reach it, so users' hits and misses are emitted here only. Both
 * levels receive what is stored or removed, and L2 everything else.
 */
export class LevelEvents extends LayeredEvents {
  readonly #near: Events

  constructor(adapter: string, near: Events, far: Events) {
    super(adapter, '', far)
    this.#near = near
  }

  override hit(key: string): void {
    this.hitBelow(key)
  }

  override miss(key: string): void {
    this.here('miss', key)
  }

  override set(key: string): void {
    super.set(key)
    this.#near.set(key)
  }

  override emit<E extends EventName>(event: E, key?: string, facts?: Omit<EventMap[E], keyof CacheEvent>): void {
    if (event === 'hit' || event === 'miss') this.here(event, key, facts)
    else super.emit(event, key, facts)
    if (event === 'set' || event === 'remove') this.#near.emit(event, key, facts)
  }
}

/** The copy that L1 keeps: it expires there after the TTL of L1, and `until` holds the deadline of the entry itself. */
export function nearCopyOf(entry: Entry, nearTtl: number | null, now: number): Entry {
  if (nearTtl === null) return entry
  const end = now + nearTtl
  const { expires } = entry
  return { ...entry, expires: expires === null || expires > end ? end : expires, until: expires }
}

/** The entry of a copy in L1. */
export function originalOf<E extends Entry | undefined>(copy: E, nearTtl: number | null): E {
  return copy === undefined || nearTtl === null ? copy : { ...copy, expires: copy.until }
}

/** The answer of the second, which is asked without waiting for the first. */
export function both<T>(first: Answer<unknown>, second: () => Answer<T>): Answer<T> {
  if (!isPromise(first)) return second()
  // In an `async` function, so that a throw of the second leaves neither promise unhandled.
  const asked = (async () => await second())()
  return andThen(all<unknown>([first, asked]), ([, answer]) => answer as T)
}

/** Compares the states of a key that two reads found. */
export function isSameVersion(one: unknown, other: unknown): boolean {
  const areBytes = one instanceof Uint8Array && other instanceof Uint8Array
  return one === other || (areBytes && Buffer.compare(one, other) === 0)
}

/** Asks a store. If it fails, the failure is an event, and `instead` answers. */
export function* askOr<T>(
  cache: CacheCore,
  verb: string,
  key: string,
  ask: () => Answer<T>,
  instead: () => Answer<T>,
): Flow<T> {
  try {
    return yield* wait(callStore(cache, verb, key, ask))
  } catch (error) {
    if (!(error instanceof AdapterError) || error instanceof Unsupported) throw error
    return yield* wait(instead())
  }
}

/** Puts an entry where there is none, and answers whether it did. An expired or unreadable one counts as none. */
export function* putIfAbsent(store: CacheCore, id: string, entry: Entry, now: number): Flow<boolean> {
  if (yield* wait(compareAndSet(store, id, undefined, entry))) return true
  const there = yield* wait(readVersioned(store, id))
  return !isFresh(there.entry, now) && (yield* wait(compareAndSet(store, id, there.version, entry)))
}
