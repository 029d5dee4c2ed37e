import { PartialFailure } from '../core/errors.ts'
import { all, type Flow, run, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { answerOf, found, readMany } from './get.ts'
import { getOrSet } from './get-or-set.ts'
import type { Loader } from './run-loader.ts'
import { emitOthers, newEntryFor } from './set.ts'
import { writeMany } from './store-verbs.ts'
import { snapshot, stamped } from './tags.ts'

/** The values under many keys, in their order. */
export function* getMany<T>(cache: CacheCore, keys: readonly string[]): Flow<(T | undefined)[]> {
  const entries = yield* readAll(cache, keys)
  const now = cache.now()
  return entries.map((entry, i) => (found(cache, keys[i]!, entry, now) ? (entry!.value as T) : undefined))
}

function* readAll(cache: CacheCore, keys: readonly string[]): Flow<(Entry | undefined)[]> {
  try {
    return yield* readMany(cache, 'getMany', keys)
  } catch (error) {
    if (cache.onBackendError !== 'miss') throw error
    return answerOf(error)
  }
}

/** Stores many values. */
export function* setMany(
  cache: CacheCore,
  given: readonly (readonly [string, unknown])[],
  ttl: ResolvedTtl,
): Flow<void> {
  const values = yield* wait(all(given.map(([, value]) => value)))
  const keys = given.map(([key]) => key)
  const ids = keys.map((key) => cache.prefix + key)
  const tags = ttl.tags === undefined ? undefined : yield* wait(snapshot(cache, ttl.tags))
  const entries: (readonly [string, Entry])[] = []
  for (const [i, id] of ids.entries()) {
    const entry = newEntryFor(cache, values[i], ttl)
    if (entry !== undefined) entries.push([id, tags ? yield* wait(stamped(cache, entry, tags)) : entry])
  }
  for (const id of ids) cache.loads.invalidate(id, cache)
  // They all have the same TTL: if one is stored, all are.
  const store = () => (entries.length === 0 ? cache.drop(ids) : writeMany(cache, entries))
  try {
    if (ids.length > 0) yield* wait(callStore<unknown>(cache, 'setMany', keys, store))
    for (const key of keys) cache.events.emit('set', key)
  } catch (error) {
    if (error instanceof PartialFailure) emitOthers(cache, 'set', keys, error)
    throw error
  }
}

/** Loads what is missing of some keys, several at a time, and answers how many were loaded. Throws the first failure at the end. */
export function* warm<T>(
  cache: CacheCore,
  keys: readonly string[],
  load: Loader<T>,
  ttl: ResolvedTtl,
  concurrency: number,
): Flow<number> {
  if (!(concurrency >= 1)) throw new RangeError(`concurrency must be 1 or more, not ${concurrency}.`)
  let loaded = 0
  const failures: unknown[] = []
  const counted: Loader<T> = (key, context) => {
    loaded++
    return load(key, context)
  }
  const queue = keys.values()
  function* worker(): Flow<void> {
    for (const key of queue) {
      try {
        yield* wait(getOrSet(cache, key, counted, ttl))
      } catch (error) {
        failures.push(error)
      }
    }
  }
  yield* wait(all(Array.from({ length: Math.min(concurrency, keys.length) }, () => run(worker()))))
  if (failures.length > 0) throw failures[0]
  return loaded
}
