import { AdapterError, CacheNotFound } from '../core/errors.ts'
import { type Answer, andThen, type Flow, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Entry } from '../core/types.ts'
import { renewed } from '../entry/entry.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { found, isFreshIn } from './get.ts'
import { newEntryFor } from './set.ts'
import { slid } from './slide.ts'
import { compareAndSet, readVersioned } from './store-verbs.ts'
import { judged, stampedNow } from './tags.ts'

/** What to put in place of a fresh entry (or of nothing): an entry, nothing, or `KEEP` to leave it all as it is. */
type Change = (entry: Entry | undefined) => Answer<Entry | undefined | typeof KEEP>

/** The change of a value by a user. */
export type Update<T> = (value: T | undefined) => Answer<T>

const KEEP = Symbol('keep')

/** After this many lost races, the backend counts as broken. */
const ATTEMPTS = 1000

/**
 * Changes an entry atomically, and answers the fresh one that was there: reads it, decides, and swaps it if nothing changed
 * meanwhile, else begins again. Callers of this process go one after the other, so that only other processes can be faster.
 * In a synchronous cache nobody can come in between, and it must not wait for callers that answer later.
 */
function* change(cache: CacheCore, verb: string, key: string, decide: Change): Flow<Entry | undefined> {
  const id = cache.prefix + key
  const release = cache.mode === 'sync' ? undefined : yield* cache.loads.lockKey(id)
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = yield* wait(callStore(cache, verb, key, () => readVersioned(cache, id)))
      const entry = yield* wait(judged(cache, found.entry))
      const before = isFreshIn(cache, entry, cache.now()) ? entry : undefined
      const decided = yield* wait(decide(before))
      if (decided === KEEP) return before
      // Tags of an entry that was there are kept with their stamp.
      const isNew = decided?.tags !== undefined && before === undefined
      const after = isNew ? yield* wait(stampedNow(cache, decided)) : decided

      cache.loads.invalidate(id, cache)
      if (yield* wait(callStore(cache, verb, key, () => compareAndSet(cache, id, found.version, after)))) return before
    }
    throw new AdapterError(
      `${cache.name} could not do ${verb}: other processes changed the entry ${ATTEMPTS} times meanwhile.`,
    )
  } finally {
    release?.()
  }
}

/** Stores a value unless one is there, and answers whether it did. */
export function* add(cache: CacheCore, key: string, given: unknown, ttl: ResolvedTtl): Flow<boolean> {
  const value = yield* wait(given)
  const before = yield* change(cache, 'add', key, (entry) =>
    entry === undefined ? newEntryFor(cache, value, ttl) : KEEP,
  )
  if (before === undefined) cache.events.emit('set', key)
  return before === undefined
}

/** The value under a key, which is removed with it. */
export function* pull<T>(cache: CacheCore, key: string): Flow<T | undefined> {
  const before = yield* change(cache, 'pull', key, (entry) => (entry === undefined ? KEEP : undefined))
  if (!found(cache, key, before)) return undefined
  cache.events.emit('remove', key)
  return before!.value as T
}

/** Gives an entry a new TTL, and answers its value. Throws `CacheNotFound` if there is none. */
export function* updateTimeout<T>(cache: CacheCore, key: string, ttl: number | null): Flow<T> {
  const before = yield* change(cache, 'updateTimeout', key, (entry) => {
    if (entry === undefined) return KEEP
    if (ttl === 0) return undefined
    return cache.slides ? slid(entry, ttl, cache.now()) : renewed(entry, ttl, cache.now())
  })
  if (!found(cache, key, before)) throw new CacheNotFound(key)
  return before!.value as T
}

/** Changes a value by a function, and answers the new one. */
export function* update<T>(cache: CacheCore, key: string, by: Update<T>, ttl: ResolvedTtl): Flow<T> {
  if (typeof by !== 'function') throw new TypeError(`update needs a function, not of type ${typeof by}.`)
  let value: T
  yield* change(cache, 'update', key, (entry) =>
    andThen(by(entry?.value as T | undefined), (changed) => {
      value = changed
      return entry === undefined || ttl.isGiven ? newEntryFor(cache, value, ttl) : { ...entry, value }
    }),
  )
  cache.events.emit('set', key)
  return value!
}

/** Adds to a number, and answers the sum. A missing one counts as 0, and is stored with the TTL. */
export function* increment(cache: CacheCore, key: string, by: number, ttl: ResolvedTtl): Flow<number> {
  let sum = 0
  yield* change(cache, 'increment', key, (entry) => {
    sum = plus(key, entry === undefined ? 0 : entry.value, by)
    return entry === undefined ? newEntryFor(cache, sum, ttl) : { ...entry, value: sum }
  })
  cache.events.emit('set', key)
  return sum
}

function plus(key: string, value: unknown, by: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new TypeError(`increment needs a number under ${quoted(key)}, and there is a value of type ${typeof value}.`)
  }
  const sum = value + by
  if (Number.isFinite(sum) && (!Number.isInteger(sum) || Number.isSafeInteger(sum))) return sum
  throw new RangeError(`The sum under ${quoted(key)} is beyond the safe integers.`)
}
