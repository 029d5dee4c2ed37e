import { PartialFailure } from '../core/errors.ts'
import { type Answer, andThen, type Flow, run, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { newEntry, special } from '../entry/entry.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { answerOf, isFreshIn, readMany } from './get.ts'
import { writeMany } from './store-verbs.ts'
import { stampedNow, usesTags } from './tags.ts'

/** A new entry, or `undefined` if its TTL is zero. */
export function newEntryFor(
  cache: CacheCore,
  value: unknown,
  { ttlMs, staleMs, tags, endsAt }: ResolvedTtl,
): Entry | undefined {
  const now = cache.now()
  const ms = endsAt === undefined ? ttlMs : Math.max(0, endsAt - now)
  return ms === 0 && staleMs === 0 ? undefined : newEntry(value, ms, now, tags, staleMs)
}

/** Stores a value in place of what was there. */
export function set(cache: CacheCore, key: string, given: unknown, ttl: ResolvedTtl): Answer<void> {
  return andThen(given, (value) => {
    const id = cache.prefix + key
    const entry = newEntryFor(cache, value, ttl)
    if (entry?.tags !== undefined) return run(setTagged(cache, key, value, entry))
    cache.loads.invalidate(id, cache)
    return write(cache, key, entry)
  })
}

/**
 * Stores a value with tags, whose versions have to be known first. Until they are it counts as a load, so that whatever is
 * done to the key meanwhile wins, as it was done later.
 */
function* setTagged(cache: CacheCore, key: string, value: unknown, entry: Entry): Flow<void> {
  const load = cache.loads.start(cache.prefix + key, cache)
  load.promise = () => Promise.resolve(value)
  try {
    const ready = yield* wait(stampedNow(cache, entry))
    if (!load.invalidated) yield* wait(write(cache, key, ready))
  } finally {
    cache.loads.end(load)
  }
}

function write(cache: CacheCore, key: string, entry: Entry | undefined): Answer<void> {
  const id = cache.prefix + key
  return callStore<unknown, void>(
    cache,
    'set',
    key,
    () => (entry === undefined ? cache.drop([id]) : cache.write(id, entry)),
    () => cache.events.emit('set', key),
  )
}

/** Removes keys, and answers whether every one of them was there. */
export function* remove(cache: CacheCore, keys: readonly string[]): Flow<boolean> {
  const distinct = [...new Set(keys)]
  if (distinct.length === 0) return true
  for (const key of distinct) cache.loads.invalidate(cache.prefix + key, cache)
  try {
    const there = yield* dropFresh(cache, distinct)
    for (const key of distinct) cache.events.emit('remove', key)
    return there === distinct.length
  } catch (error) {
    if (error instanceof PartialFailure) emitOthers(cache, 'remove', distinct, error)
    throw error
  }
}

/** Emits an event for each key that has not failed. */
export function emitOthers(
  cache: CacheCore,
  event: 'remove' | 'set',
  keys: readonly string[],
  { failed }: PartialFailure,
): void {
  const dead = new Set(failed)
  for (const [i, key] of keys.entries()) if (!dead.has(i)) cache.events.emit(event, key)
}

/** Drops keys, and answers how many entries there were that had not expired. */
function* dropFresh(cache: CacheCore, keys: readonly string[]): Flow<number> {
  const ids = keys.map((key) => cache.prefix + key)
  if (cache.fenceMs !== 0) return yield* replaceByMarks(cache, keys, ids)
  const drop = () => callStore(cache, 'remove', keys, () => cache.drop(ids))
  if (cache.capabilities.millisecondExpiry && !cache.movedClock && !usesTags(cache)) return yield* wait(drop())

  // The store may still hold what has expired by this cache's clock: only the entries themselves tell.
  const entries = yield* readLiving(cache, keys)
  yield* wait(drop())
  const now = cache.now()
  return entries.filter((entry) => isFreshIn(cache, entry, now)).length
}

/**
 * Leaves a mark in place of each entry for a while: a load of another process that began before finds another state than
 * the one it read, and does not store. Loads that begin later read the mark, and store over it.
 */
function* replaceByMarks(cache: CacheCore, keys: readonly string[], ids: readonly string[]): Flow<number> {
  const entries = yield* readLiving(cache, keys)
  const now = cache.now()
  const mark = special('mark', null, cache.fenceMs, now)
  const marks = ids.map((id) => [id, mark] as const)
  yield* wait(callStore<unknown>(cache, 'remove', keys, () => writeMany(cache, marks)))
  return entries.filter((entry) => isFreshIn(cache, entry, now)).length
}

function* readLiving(cache: CacheCore, keys: readonly string[]): Flow<(Entry | undefined)[]> {
  try {
    return yield* readMany(cache, 'remove', keys)
  } catch (error) {
    return answerOf(error)
  }
}
