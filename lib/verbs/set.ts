import { type Answer, type Flow, then, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { entryOf, isFresh } from '../entry/entry.ts'
import type { Life } from '../entry/ttl.ts'
import type { Core } from './cache-core.ts'
import { ask } from './call-store.ts'
import { readMany } from './get.ts'

/** The entry that begins its life now; `undefined` when its life is over before it begins. */
export function newborn(cache: Core, value: unknown, { life, grace, tags }: Life): Entry | undefined {
  return life === 0 && grace === 0 ? undefined : entryOf(value, life, cache.now(), tags, grace)
}

/** Stores a value in place of what was there. */
export function set(cache: Core, key: string, given: unknown, life: Life): Answer<void> {
  return then(given, (value) => {
    cache.flights.void(cache.prefix + key, cache)
    return put(cache, 'set', key, value, life)
  })
}

/** Writes a value, and tells of it; a life of nothing leaves nothing under the key. */
export function put(cache: Core, verb: string, key: string, value: unknown, life: Life): Answer<void> {
  const id = cache.prefix + key
  const entry = newborn(cache, value, life)
  return ask<unknown, void>(
    cache,
    verb,
    key,
    () => (entry === undefined ? cache.drop([id]) : cache.write(id, entry)),
    () => cache.events.emit('set', key),
  )
}

/** Removes keys, and answers whether every one of them was there. */
export function* remove(cache: Core, keys: readonly string[]): Flow<boolean> {
  const distinct = [...new Set(keys)]
  for (const key of distinct) cache.flights.void(cache.prefix + key, cache)

  const there = yield* dropFresh(cache, distinct)
  for (const key of distinct) cache.events.emit('remove', key)
  return there === distinct.length
}

/** Drops keys, and answers how many entries there were that had not expired. */
function* dropFresh(cache: Core, keys: readonly string[]): Flow<number> {
  if (keys.length === 0) return 0
  const ids = keys.map((key) => cache.prefix + key)
  const drop = () => ask(cache, 'remove', keys[0], () => cache.drop(ids))
  if (cache.capabilities.millisecondExpiry && !cache.movedClock) return yield* wait(drop())

  // The store may still hold what has expired by this cache's clock: only the entries themselves tell.
  const entries = yield* readMany(cache, 'remove', keys)
  yield* wait(drop())
  const now = cache.now()
  return entries.filter((entry) => isFresh(entry, now)).length
}
