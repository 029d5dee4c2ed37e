import { performance } from 'node:perf_hooks'
import { type Answer, type Flow, isPromise, run, together, wait } from '../core/flow.ts'
import type { Entry, Loaded } from '../core/types.ts'
import type { Life } from '../entry/ttl.ts'
import { made, making } from '../single-flight/deadlock.ts'
import type { Flight } from '../single-flight/loads.ts'
import type { Core } from './cache-core.ts'
import { ask } from './call-store.ts'
import { found, readMany } from './get.ts'
import { bypass, join, keep } from './get-or-set.ts'
import { newborn } from './set.ts'
import { writeMany } from './store-verbs.ts'

/** Loads the values of many keys. */
export type Load<T> = (missing: string[]) => Answer<Loaded<T>>

/** The values under many keys, in their order. */
export function* getMany<T>(cache: Core, keys: readonly string[]): Flow<(T | undefined)[]> {
  const entries = yield* readMany(cache, 'getMany', keys)
  const now = cache.now()
  return entries.map((entry, i) => (found(cache, keys[i]!, entry, now) ? (entry.value as T) : undefined))
}

/** Stores many values. */
export function* setMany(cache: Core, given: readonly (readonly [string, unknown])[], life: Life): Flow<void> {
  const values = yield* wait(together(given.map(([, value]) => value)))
  const entries: [string, Entry][] = []
  const dead: string[] = []
  for (const [i, [key]] of given.entries()) {
    const id = cache.prefix + key
    const entry = newborn(cache, values[i], life)
    cache.flights.void(id, cache)
    if (entry === undefined) dead.push(id)
    else entries.push([id, entry])
  }
  yield* wait(ask(cache, 'setMany', given[0]?.[0], () => writeAll(cache, entries, dead)))
  for (const [key] of given) cache.events.emit('set', key)
}

function writeAll(cache: Core, entries: [string, Entry][], dead: string[]): Answer<unknown> {
  if (entries.length === 0) return dead.length === 0 ? undefined : cache.drop(dead)
  return writeMany(cache, entries)
}

/** The values under many keys, in their order; those that are missing are loaded by one call, each once, and stored. */
export function* getOrSetMany<T>(cache: Core, keys: readonly string[], load: Load<T>, life: Life): Flow<T[]> {
  const distinct = [...new Set(keys)]
  const flying = distinct.map((key) => [key, cache.flights.find(cache.prefix + key)] as const)
  const ours = flying.filter(([, flight]) => flight === undefined).map(([key]) => key)

  const values = new Map<string, unknown>()
  if (ours.length > 0) for (const [key, value] of yield* wait(depart(cache, ours, load, life))) values.set(key, value)
  for (const [key, flight] of flying) if (flight !== undefined) values.set(key, yield* join(cache, key, flight))
  return keys.map((key) => values.get(key) as T)
}

/** Starts one flight for many keys: whoever asks for one of them meanwhile waits for the whole. */
function depart<T>(cache: Core, keys: string[], load: Load<T>, life: Life): Answer<Map<string, unknown>> {
  const flights = new Map(keys.map((key) => [key, cache.flights.begin(cache.prefix + key, cache)]))
  const values = run(fly(cache, flights, load, life))
  if (isPromise(values)) {
    for (const [key, flight] of flights) flight.landing = async () => (await values).get(key)
  }
  return values
}

function* fly<T>(cache: Core, flights: Map<string, Flight>, load: Load<T>, life: Life): Flow<Map<string, unknown>> {
  const values = new Map<string, unknown>()
  try {
    const keys = [...flights.keys()]
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
      flights.get(key)!.found = true
      cache.flights.end(flights.get(key)!)
    }
    if (missing.length === 0) return values

    const loaded = yield* create(cache, missing, flights, load)
    for (const [key, value] of loaded) values.set(key, value)
    yield* keepMany(cache, loaded, flights, life)
    return values
  } finally {
    for (const flight of flights.values()) cache.flights.end(flight)
  }
}

function* readOrBypass(cache: Core, keys: string[]): Flow<(Entry | undefined)[]> {
  try {
    return yield* readMany(cache, 'getOrSetMany', keys)
  } catch (error) {
    bypass(cache, error)
    return []
  }
}

function* create<T>(cache: Core, missing: string[], flights: Map<string, Flight>, load: Load<T>): Flow<Map<string, T>> {
  for (const key of missing) cache.events.emit('make', key)
  const start = cache.loaded === undefined ? 0 : performance.now()
  try {
    const makers = missing.map((key) => flights.get(key)!)
    return aligned(missing, yield* wait(making(makers, () => load([...missing]))))
  } catch (error) {
    cache.events.emit('makeError', undefined, { error, verb: 'getOrSetMany' })
    throw error
  } finally {
    made()
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

function* keepMany(cache: Core, loaded: Map<string, unknown>, flights: Map<string, Flight>, life: Life): Flow<void> {
  yield* wait(together([...loaded].map(([key, value]) => run(keep(cache, key, flights.get(key)!, value, life)))))
}
