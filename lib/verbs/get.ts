import { CacheNotFound, PartialFailure } from '../core/errors.ts'
import { type Answer, andThen, type Flow, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { kindOf } from '../entry/entry.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { slide } from './slide.ts'
import * as store from './store-verbs.ts'
import { judged, judgedMany } from './tags.ts'

/** Reads the entry under a user's key, and maps it. */
export function read<R>(cache: CacheCore, verb: string, key: string, look: (entry: Entry | undefined) => R): Answer<R> {
  const id = cache.prefix + key
  return callStore<unknown, R>(
    cache,
    verb,
    key,
    () => cache.readStored(id),
    (stored) => {
      const entry = cache.decodeStored(id, stored)
      return entry?.tags === undefined ? look(entry) : andThen(judged(cache, entry), look)
    },
  )
}

/** The entries under many keys, in their order. */
export function* readMany(cache: CacheCore, verb: string, keys: readonly string[]): Flow<(Entry | undefined)[]> {
  if (keys.length === 0) return []
  const ids = keys.map((key) => cache.prefix + key)
  const entries = yield* wait(callStore(cache, verb, keys, () => store.readMany(cache, ids)))
  return (yield* wait(judgedMany(cache, entries))) as (Entry | undefined)[]
}

/** What living nodes answered about many keys, where others failed. Any other failure is thrown on. */
export function answerOf<T>(error: unknown): T {
  if (error instanceof PartialFailure) return error.answer as T
  throw error
}

/**
 * Whether there is an entry that has not expired. Where the backend expires entries by its own clock, its word counts,
 * because the host that wrote the entry may have another one; the entry's own deadline is for what the backend cannot say.
 */
export function isFreshIn(cache: CacheCore, entry: Entry | undefined, now: number): boolean {
  if (entry === undefined) return false
  if (entry.expires === null || now < entry.expires) return true
  if (entry.until !== entry.expires) return false
  return cache.capabilities.ownClock === true && !cache.movedClock
}

/** Whether a value was found for a caller, which is counted as a hit or a miss. */
export function found(cache: CacheCore, key: string, entry: Entry | undefined, now = cache.now()): entry is Entry {
  if (isFreshIn(cache, entry, now)) {
    cache.events.hit(key)
    if (cache.slides) slide(cache, key, entry!)
    return true
  }
  if (entry !== undefined && kindOf(entry) === undefined) cache.events.emit('expire', key)
  cache.events.emit('miss', key)
  return false
}

/** The value under a key, or the fallback. */
export function get<T, D>(cache: CacheCore, key: string, fallback: D): Answer<T | D> {
  return read(cache, 'get', key, (entry) => (found(cache, key, entry) ? (entry.value as T) : fallback))
}

/** The value under a key, also of an entry that has expired and is still stored, or the fallback. */
export function getStale<T, D>(cache: CacheCore, key: string, fallback: D): Answer<T | D> {
  return read(cache, 'get', key, (entry) => {
    const now = cache.now()
    const isStale = entry !== undefined && kindOf(entry) === undefined && (entry.until === null || now < entry.until)
    if (isStale && !isFreshIn(cache, entry, now)) {
      cache.events.emit('miss', key)
      return entry.value as T
    }
    return found(cache, key, entry, now) ? (entry.value as T) : fallback
  })
}

/** The value under a key; throws `CacheNotFound` when it is missing. */
export function getOrFail<T>(cache: CacheCore, key: string): Answer<T> {
  return read(cache, 'get', key, (entry) => {
    if (!found(cache, key, entry)) throw new CacheNotFound(key)
    return entry.value as T
  })
}

/** Whether there is a value under a key. */
export function has(cache: CacheCore, key: string): Answer<boolean> {
  cache.events.emit('test', key)
  return read(cache, 'has', key, (entry) => isFreshIn(cache, entry, cache.now()))
}

/** The seconds that an entry has left; `null` for no limit, `undefined` when it is missing. */
export function ttl(cache: CacheCore, key: string): Answer<number | null | undefined> {
  return read(cache, 'ttl', key, (entry) => {
    const now = cache.now()
    if (!isFreshIn(cache, entry, now)) return undefined
    const { expires } = entry!
    return expires === null ? null : Math.max(0, expires - now) / 1000
  })
}
