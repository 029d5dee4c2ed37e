import { performance } from 'node:perf_hooks'
import { PartialFailure } from '../core/errors.ts'
import { type Answer, all, type Flow, isPromise, run, wait } from '../core/flow.ts'
import type { Entry, Loaded } from '../core/types.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import { loaderDone, runLoader } from '../single-flight/deadlock.ts'
import type { Load } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { answerOf, found, readMany } from './get.ts'
import { bypass, join, storeLoaded } from './get-or-set.ts'
import { emitOthers, newEntryFor } from './set.ts'
import { writeMany } from './store-verbs.ts'

/** Loads the values of many keys. */
export type BulkLoader<T> = (missing: string[]) => Answer<Loaded<T>>

/** The values under many keys, in their order. */
export function* getMany<T>(cache: CacheCore, keys: readonly string[]): Flow<(T | undefined)[]> {
  const entries = yield* readAll(cache, keys)
  const now = cache.now()
  return entries.map((entry, i) => (found(cache, keys[i]!, entry, now) ? (entry.value as T) : undefined))
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
  const entries = ids.flatMap((id, i) => {
    const entry = newEntryFor(cache, values[i], ttl)
    return entry === undefined ? [] : [[id, entry] as const]
  })
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

/** The values under many keys, in their order; those that are missing are loaded by one call, each once, and stored. */
export function* getOrSetMany<T>(
  cache: CacheCore,
  keys: readonly string[],
  load: BulkLoader<T>,
  ttl: ResolvedTtl,
): Flow<T[]> {
  const distinct = [...new Set(keys)]
  const flying = distinct.map((key) => [key, cache.loads.find(cache.prefix + key)] as const)
  const ours = flying.filter(([, load]) => load === undefined).map(([key]) => key)

  const values = new Map<string, unknown>()
  if (ours.length > 0)
    for (const [key, value] of yield* wait(startLoads(cache, ours, load, ttl))) values.set(key, value)
  for (const [key, load] of flying) if (load !== undefined) values.set(key, yield* join(cache, key, load))
  return keys.map((key) => values.get(key) as T)
}

/** Starts one flight for many keys: whoever asks for one of them meanwhile waits for the whole. */
function startLoads<T>(
  cache: CacheCore,
  keys: string[],
  load: BulkLoader<T>,
  ttl: ResolvedTtl,
): Answer<Map<string, unknown>> {
  const loads = new Map(keys.map((key) => [key, cache.loads.start(cache.prefix + key, cache)]))
  const values = run(runLoads(cache, loads, load, ttl))
  if (isPromise(values)) {
    for (const [key, load] of loads) load.promise = async () => (await values).get(key)
  }
  return values
}

function* runLoads<T>(
  cache: CacheCore,
  loads: Map<string, Load>,
  load: BulkLoader<T>,
  ttl: ResolvedTtl,
): Flow<Map<string, unknown>> {
  const values = new Map<string, unknown>()
  try {
    const keys = [...loads.keys()]
    const entries = yield* readOrBypass(cache, keys)
    const missing: string[] = []
    for (const [i, key] of keys.entries()) {
      const entry = entries[i]
      if (!found(cache, key, entry)) {
        missing.push(key)
        continue
      }
      values.set(key, entry.value)
      // What was there needs no flight while the rest is loaded: by then it may have been removed.
      loads.get(key)!.found = true
      cache.loads.end(loads.get(key)!)
    }
    if (missing.length === 0) return values

    const loaded = yield* callLoader(cache, missing, loads, load)
    for (const [key, value] of loaded) values.set(key, value)
    yield* storeLoadedMany(cache, loaded, loads, ttl)
    return values
  } finally {
    for (const load of loads.values()) cache.loads.end(load)
  }
}

function* readOrBypass(cache: CacheCore, keys: string[]): Flow<(Entry | undefined)[]> {
  try {
    return yield* readMany(cache, 'getOrSetMany', keys)
  } catch (error) {
    bypass(cache, error)
    return error instanceof PartialFailure ? answerOf(error) : []
  }
}

function* callLoader<T>(
  cache: CacheCore,
  missing: string[],
  loads: Map<string, Load>,
  load: BulkLoader<T>,
): Flow<Map<string, T>> {
  for (const key of missing) cache.events.emit('make', key)
  const start = cache.loaded === undefined ? 0 : performance.now()
  try {
    const makers = missing.map((key) => loads.get(key)!)
    return aligned(missing, yield* wait(runLoader(makers, () => load([...missing]))))
  } catch (error) {
    cache.events.emit('makeError', undefined, { error, verb: 'getOrSetMany' })
    throw error
  } finally {
    loaderDone()
    cache.loaded?.(performance.now() - start)
  }
}

/** What a loader gave, by key. A key that a Map or record leaves out has no value, and none is stored. */
function aligned<T>(keys: readonly string[], loaded: Loaded<T>): Map<string, T> {
  if (loaded instanceof Map) return new Map([...loaded].filter(([key]) => keys.includes(key)))
  if (Array.isArray(loaded)) {
    if (loaded.length !== keys.length) {
      throw new TypeError(`The loader was asked for ${keys.length} values and gave an array of ${loaded.length}.`)
    }
    return new Map(keys.map((key, i) => [key, loaded[i] as T]))
  }
  if (typeof loaded !== 'object' || loaded === null) {
    throw new TypeError(
      `The loader must give an array, a Map or a record, not ${loaded === null ? 'null' : typeof loaded}.`,
    )
  }
  const record = loaded as { readonly [key: string]: T }
  return new Map(keys.filter((key) => Object.hasOwn(record, key)).map((key) => [key, record[key] as T]))
}

function* storeLoadedMany(
  cache: CacheCore,
  loaded: Map<string, unknown>,
  loads: Map<string, Load>,
  ttl: ResolvedTtl,
): Flow<void> {
  yield* wait(all([...loaded].map(([key, value]) => run(storeLoaded(cache, key, loads.get(key)!, value, ttl)))))
}
