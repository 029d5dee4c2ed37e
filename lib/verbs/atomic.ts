import { AdapterError, CacheNotFound } from '../core/errors.ts'
import { type Flow, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { isFresh, renewed } from '../entry/entry.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { found } from './get.ts'
import { newEntryFor } from './set.ts'
import { compareAndSet, readVersioned } from './store-verbs.ts'

/** What to put in place of a fresh entry (or of nothing): an entry, nothing, or `KEEP` to leave it all as it is. */
type Change = (entry: Entry | undefined) => Entry | undefined | typeof KEEP

const KEEP = Symbol('keep')

/** After so many others were faster, the backend is taken to be broken. */
const ATTEMPTS = 1000

/**
 * Changes an entry atomically, and answers the fresh one that was there: looks, decides, and swaps if nothing changed
 * meanwhile, else looks again. Callers of this process take turns, so that only other processes can be faster.
 */
function* change(cache: CacheCore, verb: string, key: string, decide: Change): Flow<Entry | undefined> {
  const id = cache.prefix + key
  // A synchronous cache cannot wait for an asynchronous one over the same store: the swap decides who was first.
  const done = cache.mode === 'sync' ? () => {} : yield* cache.loads.lockKey(id)
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { entry, version } = yield* wait(callStore(cache, verb, key, () => readVersioned(cache, id)))
      const before = isFresh(entry, cache.now()) ? entry : undefined
      const after = decide(before)
      if (after === KEEP) return before

      cache.loads.invalidate(id, cache)
      if (yield* wait(callStore(cache, verb, key, () => compareAndSet(cache, id, version, after)))) return before
    }
    throw new AdapterError(
      `${cache.name} could not do ${verb}: the entry was changed by others ${ATTEMPTS} times meanwhile.`,
    )
  } finally {
    done()
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
  return before.value as T
}

/** Gives an entry a new life, and answers its value. Throws `CacheNotFound` when there is none. */
export function* updateTimeout<T>(cache: CacheCore, key: string, ttl: number | null): Flow<T> {
  const before = yield* change(cache, 'updateTimeout', key, (entry) => {
    if (entry === undefined) return KEEP
    return ttl === 0 ? undefined : renewed(entry, ttl, cache.now())
  })
  if (!found(cache, key, before)) throw new CacheNotFound(key)
  return before.value as T
}

/** Adds to a number, and answers the sum. A missing one counts as 0, and begins a life. */
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
  if (!Number.isSafeInteger(value)) {
    throw new TypeError(
      `increment needs a whole number under ${JSON.stringify(key)}, where there is a ${typeof value}.`,
    )
  }
  const sum = (value as number) + by
  if (!Number.isSafeInteger(sum)) throw new RangeError(`increment of ${JSON.stringify(key)} leaves the safe integers.`)
  return sum
}
