import { AdapterError, CoderError } from '../core/errors.ts'
import { type Answer, all, type Flow, run, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { noteOf, withNote } from '../entry/entry.ts'
import { type LoadHooks, type ResolvedTtl, ttlOfLoaded } from '../entry/ttl.ts'
import type { Load, TagSnapshot } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { newEntryFor } from './set.ts'
import { addMany, compareAndSet, readVersioned, writeMany } from './store-verbs.ts'
import { judged, stamped } from './tags.ts'

/*
 * A load stores only into the state that it read: if it read nothing, only if there is still nothing, which costs no more
 * than a write; else by compare-and-set, if the entry is still the one that it read. So the `set`, `add` or `increment` of
 * another process during the load stays, and the callers of the load get their own value.
 */

/** What a load stores: the entry, and what the loader's run cost, in ms, where that is to be remembered. */
export interface Loaded {
  readonly key: string
  readonly load: Load
  readonly value: unknown
  readonly ttl: ResolvedTtl
  readonly cost?: number | undefined
}

/** Stores a loaded value. What cannot be stored is an event: the callers have their value all the same. */
export function* storeLoaded(cache: CacheCore, loaded: Loaded): Flow<void> {
  const { key, load, ttl } = loaded
  if (load.invalidated) return
  try {
    const entry = yield* entryOf(cache, loaded)
    if (entry === undefined) return
    yield* storeEntry(cache, key, load, entry)
  } catch (error) {
    notStored(cache, key, error, ttl.hooks)
  }
}

/** Stores an entry of a load, unless the key was changed since the load read it. */
export function* storeEntry(cache: CacheCore, key: string, load: Load, entry: Entry): Flow<void> {
  if (load.invalidated) return
  load.writer = cache
  const isStored = yield* writeOver(cache, key, load, entry)
  yield* told(cache, key, load, isStored)
}

/** Stores the values of a load of many keys, with one call of the store for all that were missing. */
export function* storeManyLoaded(cache: CacheCore, loaded: readonly Loaded[]): Flow<void> {
  const news: { key: string; load: Load; entry: Entry }[] = []
  const others: Loaded[] = []
  for (const each of loaded) {
    const { key, load } = each
    if (load.invalidated) continue
    const entry = load.before === undefined ? yield* entryOf(cache, each) : undefined
    if (entry !== undefined) news.push({ key, load, entry })
    else if (load.before !== undefined) others.push(each)
  }
  for (const { load } of news) load.writer = cache
  try {
    if (news.length > 0) {
      const pairs = news.map(({ key, entry }) => [cache.prefix + key, entry] as const)
      const keys = news.map(({ key }) => key)
      const added = yield* wait(callStore<boolean[]>(cache, 'getOrSetMany', keys, () => writeNew(cache, pairs)))
      for (const [i, { key, load, entry }] of news.entries()) {
        const isStored = added[i] || (!load.invalidated && (yield* replace(cache, key, load, entry)))
        yield* told(cache, key, load, isStored)
      }
    }
  } catch (error) {
    if (!(error instanceof CoderError)) return notStored(cache, news[0]!.key, error, loaded[0]!.ttl.hooks)
    // One of them cannot be written as bytes: the others are stored one by one.
    others.push(...loaded.filter(({ load }) => load.before === undefined))
  }
  yield* wait(all(others.map((each) => run(storeLoaded(cache, each)))))
}

/** Remembers on a stale entry that the loader failed: it is served until then without another load. */
export function* postpone(cache: CacheCore, key: string, load: Load, ms: number | null): Flow<void> {
  const { stale } = load
  if (stale === undefined || ms === 0 || stale !== load.before || load.invalidated) return
  const now = cache.now()
  const retryAt = Math.min(ms === null ? Number.MAX_SAFE_INTEGER : now + ms, stale.until ?? Number.MAX_SAFE_INTEGER)
  try {
    if (cache.capabilities.atomic) yield* replace(cache, key, load, withNote(stale, 'retryAt', retryAt))
    else
      yield* wait(
        callStore<unknown>(cache, 'getOrSet', key, () => cache.write(load.id, withNote(stale, 'retryAt', retryAt))),
      )
  } catch (error) {
    bypass(cache, error)
  }
}

/** Whether a stale entry is not to be refreshed yet, because the last refresh failed. */
export function isPostponed(stale: Entry, now: number): boolean {
  const retryAt = noteOf(stale, 'retryAt')
  return retryAt !== undefined && now < Number(retryAt)
}

/** Lets a failure of the backend pass, unless the cache is set to throw it. It has been counted where it happened. */
export function bypass(cache: CacheCore, error: unknown, hooks?: LoadHooks): void {
  if (hooks !== undefined) hooks.onCacheError(error)
  else if (!(error instanceof AdapterError) || cache.onBackendError === 'throw') throw error
}

function* entryOf(cache: CacheCore, { value, ttl, cost, load }: Loaded): Flow<Entry | undefined> {
  const its = ttlOfLoaded(value, ttl)
  const entry = its && newEntryFor(cache, value, its)
  if (entry === undefined) return undefined
  const ready = entry.tags === undefined ? entry : yield* wait(stamped(cache, entry, load.tags ?? NO_TAGS))
  return cost === undefined ? ready : withNote(ready, 'cost', Math.ceil(cost))
}

const NO_TAGS: TagSnapshot = { count: 0, versions: new Map() }

function* writeOver(cache: CacheCore, key: string, load: Load, entry: Entry): Flow<boolean> {
  if (!cache.capabilities.atomic) {
    yield* wait(callStore<unknown>(cache, 'getOrSet', key, () => cache.write(load.id, entry)))
    return true
  }
  if (load.before === undefined) {
    const add = () => compareAndSet(cache, load.id, undefined, entry)
    if (yield* wait(callStore<boolean>(cache, 'getOrSet', key, add))) return true
  }
  return yield* replace(cache, key, load, entry)
}

/** Replaces the entry that a load read, or what could not be read, if it is still there. */
function* replace(cache: CacheCore, key: string, load: Load, next: Entry): Flow<boolean> {
  const { entry, version } = yield* wait(callStore(cache, 'getOrSet', key, () => readVersioned(cache, load.id)))
  const there = yield* wait(judged(cache, entry))
  if (!isSame(cache, load.before, there)) return false
  return yield* wait(callStore(cache, 'getOrSet', key, () => compareAndSet(cache, load.id, version, next)))
}

/** Whether an entry is the one that was read. One whose time is over counts as absent, before and after the store drops it. */
function isSame(cache: CacheCore, before: Entry | undefined, there: Entry | undefined): boolean {
  const isOver = (entry: Entry) => entry.until !== null && cache.now() >= entry.until
  if (before === undefined) return there === undefined || isOver(there)
  if (there === undefined) return isOver(before)
  const isSameValue = typeof before.value === 'object' || Object.is(before.value, there.value)
  return before.created === there.created && before.expires === there.expires && isSameValue
}

function writeNew(cache: CacheCore, pairs: readonly (readonly [string, Entry])[]): Answer<boolean[]> {
  if (cache.capabilities.atomic && cache.capabilities.shared) return addMany(cache, pairs)
  // Nobody but this process changes the store, and what it changes has invalidated its load.
  const written = writeMany(cache, pairs)
  return written instanceof Promise ? allTrue(written, pairs.length) : pairs.map(() => true)
}

async function allTrue(written: Promise<unknown>, count: number): Promise<boolean[]> {
  await written
  return Array(count).fill(true)
}

function* told(cache: CacheCore, key: string, load: Load, isStored: boolean): Flow<void> {
  if (!isStored) return cache.events.emit('superseded', key)
  cache.events.emit('set', key)
  if (load.superseded) yield* wait(callStore(cache, 'getOrSet', key, () => cache.drop([load.id])))
}

let warned = false

function notStored(cache: CacheCore, key: string, error: unknown, hooks: LoadHooks | undefined): void {
  if (!(error instanceof CoderError)) {
    bypass(cache, error, hooks)
    return
  }
  cache.events.emit('encodeError', key, { error, verb: 'getOrSet' })
  hooks?.onCacheError(error)
  if (warned) return
  warned = true
  process.emitWarning(`${error.message} The value was given to its caller, but not kept.`, {
    code: 'POLYCACHE_UNCODABLE',
  })
}
