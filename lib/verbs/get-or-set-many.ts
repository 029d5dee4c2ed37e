import { performance } from 'node:perf_hooks'
import { NotFound, PartialFailure } from '../core/errors.ts'
import { type Answer, type Flow, isPromise, run, wait } from '../core/flow.ts'
import type { Entry, Loaded as Given } from '../core/types.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import { askers, enterLoader, handedOut, leaveLoader, loaderDone, loaders } from '../single-flight/deadlock.ts'
import type { Load } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'
import { answerOf, readMany } from './get.ts'
import { join } from './get-or-set.ts'
import { dueForRefresh, judge, LOAD, matched, outputOf } from './judge.ts'
import { patient } from './patience.ts'
import { fail, rememberNone } from './run-loader.ts'
import { bypass, type Loaded, storeManyLoaded } from './store-loaded.ts'
import { snapshot } from './tags.ts'

/** Loads the values of many keys. */
export type BulkLoader<T> = (missing: string[]) => Answer<Given<T>>

/** What became of a key: its value, or the error that is its alone. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown }

type Outcomes = Map<string, Outcome>
type LoadsByKey = ReadonlyMap<string, Load>

/**
 * `getOrSetMany`: the outcomes for many keys. Those that are missing are loaded by one call of the loader, each once; those
 * that are being loaded elsewhere are waited for. A failure of one key leaves the others alone.
 */
export function* outcomesOf<T>(
  cache: CacheCore,
  keys: readonly string[],
  load: BulkLoader<T>,
  ttl: ResolvedTtl,
): Flow<Outcomes> {
  if (ttl.load?.signal?.aborted) throw ttl.load.signal.reason
  const running = new Map<string, Load>()
  const ours: string[] = []
  for (const key of new Set(keys)) {
    const other = cache.loads.find(cache.prefix + key)
    if (other === undefined) ours.push(key)
    else running.set(key, other)
  }
  const outcomes: Outcomes = ours.length === 0 ? new Map() : yield* wait(startLoads(cache, ours, load, ttl))
  for (const [key, other] of running) {
    try {
      outcomes.set(key, { value: yield* wait(join(cache, key, other, undefined, ttl)) })
    } catch (error) {
      outcomes.set(key, { error })
    }
  }
  return outcomes
}

/** The values under many keys, in their order. Throws the first failure, after the other values are stored. */
export function* getOrSetMany<T>(
  cache: CacheCore,
  keys: readonly string[],
  load: BulkLoader<T>,
  ttl: ResolvedTtl,
): Flow<T[]> {
  const outcomes = yield* outcomesOf(cache, keys, load, ttl)
  return keys.map((key) => {
    const outcome = outcomes.get(key)
    if (ttl.outcomes) return outcome as T
    if (outcome !== undefined && 'error' in outcome) throw outcome.error
    return outcome?.value as T
  })
}

/** Starts a load for each key, which all have one loader. Callers that ask for one of them wait for its outcome. */
function startLoads<T>(
  cache: CacheCore,
  keys: readonly string[],
  load: BulkLoader<T>,
  ttl: ResolvedTtl,
): Answer<Outcomes> {
  const waiting = askers()
  const loads = new Map(keys.map((key) => [key, cache.loads.start(cache.prefix + key, cache, waiting)]))
  const outcomes = run(runLoads(cache, loads, load, ttl))
  if (!isPromise(outcomes)) {
    for (const [key, each] of loads) each.tell(() => valueIn(Promise.resolve(outcomes), key))
    return outcomes
  }
  const promise = outcomes as Promise<Outcomes>
  // One that is over, because its key was there, has been given its outcome.
  for (const [key, each] of loads) {
    each.promise ??= () => valueIn(promise, key)
    each.tell(nothing)
  }
  const [first] = loads.values()
  return handedOut(patient(cache, keys[0]!, first!, promise, ttl), first!, waiting)
}

const nothing = () => undefined

async function valueIn(outcomes: Promise<Outcomes>, key: string): Promise<unknown> {
  const outcome = (await outcomes).get(key)!
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

function* runLoads<T>(cache: CacheCore, loads: LoadsByKey, load: BulkLoader<T>, ttl: ResolvedTtl): Flow<Outcomes> {
  const outcomes: Outcomes = new Map()
  const behind = new Map<string, Load>()
  try {
    yield* readBefore(cache, loads, ttl)
    const missing = new Map<string, Load>()
    for (const [key, each] of loads) {
      const outcome = yield* found(cache, key, each, ttl)
      if (outcome === undefined) missing.set(key, each)
      else if (each.inBackground) behind.set(key, each)
      // A key that was there needs no load while others are loaded: by then it may have been removed.
      else cache.loads.end(each)
      if (outcome !== undefined) outcomes.set(key, outcome)
    }
    if (behind.size > 0) goOnBehind(cache, behind, load, ttl)
    if (missing.size > 0) yield* loadMissing(cache, missing, load, ttl, outcomes)
    return outcomes
  } finally {
    for (const each of loads.values()) if (!each.inBackground) cache.loads.end(each)
  }
}

function* readBefore(cache: CacheCore, loads: LoadsByKey, { hooks }: ResolvedTtl): Flow<void> {
  let entries: (Entry | undefined)[] = []
  try {
    entries = yield* readMany(cache, 'getOrSetMany', [...loads.keys()])
  } catch (error) {
    bypass(cache, error, hooks)
    if (error instanceof PartialFailure) entries = answerOf(error)
  }
  let i = 0
  for (const load of loads.values()) load.before = entries[i++]
}

/** The outcome for a key that need not be waited for; its load is in the background then if there is one to come. */
function* found(cache: CacheCore, key: string, load: Load, ttl: ResolvedTtl): Flow<Outcome | undefined> {
  const { load: options } = ttl
  try {
    let verdict = judge(cache, key, load, ttl)
    if (load.found && options?.schema !== undefined) verdict = yield* matched(cache, key, load.before!.value, options)
    if (verdict !== LOAD) {
      if (load.found && options !== undefined && !cache.background.isFull) {
        load.inBackground = dueForRefresh(load.before!, options, cache.now())
      }
      return { value: verdict }
    }
    load.found = false
    if (!options?.swr || load.stale === undefined) return undefined
    cache.events.emit('stale', key, { reason: 'swr' })
    load.inBackground = !cache.background.isFull
    return { value: load.stale.value }
  } catch (error) {
    return { error }
  }
}

/** Loads keys in the background: their callers have an answer. */
function goOnBehind<T>(cache: CacheCore, loads: LoadsByKey, load: BulkLoader<T>, ttl: ResolvedTtl): void {
  for (const key of loads.keys()) cache.events.emit('refresh', key)
  const work = (async (): Promise<Outcomes> => {
    await null
    const outcomes: Outcomes = new Map()
    try {
      await run(loadMissing(cache, loads, load, ttl, outcomes))
      return outcomes
    } finally {
      for (const each of loads.values()) cache.loads.end(each)
    }
  })()
  for (const [key, each] of loads) each.promise = () => valueIn(work, key)
  cache.background.add(work)
}

/** Runs the loader for what is missing, and stores what it gives. */
function* loadMissing<T>(
  cache: CacheCore,
  loads: LoadsByKey,
  load: BulkLoader<T>,
  ttl: ResolvedTtl,
  outcomes: Outcomes,
): Flow<void> {
  if (ttl.tags !== undefined || cache.loads.looksAtTags) {
    const tags = yield* wait(snapshot(cache, ttl.tags))
    for (const each of loads.values()) each.tags = tags
  }
  const given = yield* callLoader(cache, loads, load)
  const hasFailed = !(given instanceof Map)
  if (hasFailed) cache.events.emit('makeError', undefined, { error: given.error, verb: 'getOrSetMany' })
  const stored: Loaded[] = []
  for (const [key, each] of loads) {
    const its: Outcome | undefined = hasFailed ? given : given.get(key)
    outcomes.set(
      key,
      its === undefined ? { value: undefined } : yield* outcomeOf(cache, key, each, its, ttl, stored, hasFailed),
    )
  }
  yield* storeManyLoaded(cache, stored)
}

function* outcomeOf(
  cache: CacheCore,
  key: string,
  load: Load,
  given: Outcome,
  ttl: ResolvedTtl,
  stored: Loaded[],
  isTold: boolean,
): Flow<Outcome> {
  try {
    if ('error' in given) return { value: yield* fail(cache, key, load, ttl, given.error, isTold) }
    if (given.value instanceof NotFound) return { value: yield* rememberNone(cache, key, load, ttl) }
    const { schema, shouldCache } = ttl.load ?? {}
    const value = schema === undefined ? given.value : yield* outputOf(key, schema, given.value)
    const isStored = shouldCache === undefined || (yield* wait((shouldCache as (value: unknown) => unknown)(value)))
    if (isStored) stored.push({ key, load, value, ttl })
    return { value }
  } catch (error) {
    return { error }
  }
}

/** What the loader gave for each key, or the error that it failed with for all. */
function* callLoader<T>(
  cache: CacheCore,
  loads: LoadsByKey,
  load: BulkLoader<T>,
): Flow<Map<string, Outcome> | { error: unknown }> {
  for (const key of loads.keys()) cache.events.emit('make', key)
  const start = cache.loaded === undefined ? 0 : performance.now()
  try {
    return aligned([...loads.keys()], yield* wait(called(loads, load)))
  } catch (error) {
    return { error }
  } finally {
    loaders.running--
    loaderDone()
    cache.loaded?.(performance.now() - start)
  }
}

function called<T>(loads: LoadsByKey, load: BulkLoader<T>): Answer<Given<T>> {
  const before = enterLoader([...loads.values()])
  try {
    return load([...loads.keys()])
  } finally {
    leaveLoader(before)
  }
}

/** The outcomes by key. A key that a Map or record leaves out has no value, and none is stored; extra keys are left alone. */
function aligned<T>(keys: readonly string[], loaded: Given<T>): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>()
  const add = (key: string, value: unknown) =>
    outcomes.set(key, value instanceof Error && !(value instanceof NotFound) ? { error: value } : { value })

  if (loaded instanceof Map) {
    for (const key of keys) if (loaded.has(key)) add(key, loaded.get(key))
    return outcomes
  }
  if (Array.isArray(loaded)) {
    if (loaded.length !== keys.length) {
      throw new TypeError(`The loader was asked for ${keys.length} values and gave an array of ${loaded.length}.`)
    }
    for (const [i, key] of keys.entries()) add(key, loaded[i])
    return outcomes
  }
  const isRecord = typeof loaded === 'object' && loaded !== null && !(Symbol.iterator in loaded)
  if (!isRecord) throw new TypeError(`The loader must give an array, a Map or a record, not ${describe(loaded)}.`)
  for (const key of keys) if (Object.hasOwn(loaded, key)) add(key, (loaded as Record<string, unknown>)[key])
  return outcomes
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return `a ${value.constructor?.name ?? 'list'}`
}
