import { CacheNotFound, PartialFailure } from '../core/errors.ts'
import { type Answer, type Flow, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { isFresh } from '../entry/entry.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import * as store from './store-verbs.ts'

/** The entry of the store under a user's key, as it is, and what is made of it. */
export function read<R>(cache: CacheCore, verb: string, key: string, look: (entry: Entry | undefined) => R): Answer<R> {
  const id = cache.prefix + key
  return callStore(
    cache,
    verb,
    key,
    () => cache.readStored(id),
    (kept) => look(cache.decodeStored(id, kept)),
  )
}

/** The entries under many keys, in their order. */
export function* readMany(cache: CacheCore, verb: string, keys: readonly string[]): Flow<(Entry | undefined)[]> {
  if (keys.length === 0) return []
  const ids = keys.map((key) => cache.prefix + key)
  return yield* wait(callStore(cache, verb, keys, () => store.readMany(cache, ids)))
}

/** What living nodes answered about many keys, where others failed. Any other failure is thrown on. */
export function answerOf<T>(error: unknown): T {
  if (error instanceof PartialFailure) return error.answer as T
  throw error
}

/** Whether a value was found for someone who asked for it; counts the hit or miss. */
export function found(cache: CacheCore, key: string, entry: Entry | undefined, now = cache.now()): entry is Entry {
  if (isFresh(entry, now)) {
    cache.events.hit(key)
    return true
  }
  if (entry !== undefined) cache.events.emit('expire', key)
  cache.events.emit('miss', key)
  return false
}

/** The value under a key, or the fallback. */
export function get<T, D>(cache: CacheCore, key: string, fallback: D): Answer<T | D> {
  return read(cache, 'get', key, (entry) => (found(cache, key, entry) ? (entry.value as T) : fallback))
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
  return read(cache, 'has', key, (entry) => isFresh(entry, cache.now()))
}

/** The seconds that an entry has left; `null` for no limit, `undefined` when it is missing. */
export function ttl(cache: CacheCore, key: string): Answer<number | null | undefined> {
  return read(cache, 'ttl', key, (entry) => {
    const now = cache.now()
    if (!isFresh(entry, now)) return undefined
    return entry.expires === null ? null : (entry.expires - now) / 1000
  })
}
