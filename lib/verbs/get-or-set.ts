import { types } from 'node:util'
import { clone } from '../coder/clone.ts'
import { type Answer, andThen, isPromise, run } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import { askers, handedOut, loaders, refuseCircle } from '../single-flight/deadlock.ts'
import { Load } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'
import { read } from './get.ts'
import { dueForRefresh, judge, LOAD, matched } from './judge.ts'
import { patient } from './patience.ts'
import { Call, callLoader, conclude, isDeep, type Loader, noteTags } from './run-loader.ts'
import { bypass } from './store-loaded.ts'

export type { Loader } from './run-loader.ts'

/**
 * `getOrSet`: the value under a key, loaded when it is missing.
 *
 * A load goes through three steps: the store is read and the entry judged; the loader runs; its value is stored. Callers
 * that come meanwhile join. Only this function is on the stack between a loader and what called it, so that loaders nest.
 */
export function getOrSet<T>(cache: CacheCore, key: string, value: Answer<T> | Loader<T>, ttl: ResolvedTtl): Answer<T> {
  const call = begin(cache, key, value, ttl)
  if (call.answer !== undefined) return call.answer.value
  try {
    call.given = typeof value === 'function' ? (value as Loader<T>)(key, call.context) : value
  } catch (error) {
    call.failure = { error }
  }
  // Assignments first: where the stack has overflowed they work, and calls do not.
  call.load.ended = true
  loaders.running--
  return settle(call)
}

/** Does what comes after the loader has returned or thrown. */
export function settle<T>(call: Call<T>): Answer<T> {
  const { load } = call
  try {
    const answer = handOut(call, conclude(call))
    load.tell(() => answer)
    return answer
  } catch (error) {
    load.tell(() => Promise.reject(error))
    throw error
  }
}

/** Does what comes before the loader: joins a load, or starts one and reads the store. */
export function begin<T>(cache: CacheCore, key: string, value: Answer<T> | Loader<T>, ttl: ResolvedTtl): Call<T> {
  // A promise that turns out not to be needed must not end the process by its rejection.
  if (types.isPromise(value)) value.catch(() => {})
  if (ttl.load?.signal?.aborted) throw ttl.load.signal.reason

  const id = cache.prefix + key
  const running = cache.loads.find(id)
  if (running !== undefined && !goesAhead(cache, running, value)) {
    const call = new Call(cache, key, value, ttl, running)
    call.answer = { value: join<T>(cache, key, running, value, ttl) }
    return call
  }
  const load = cache.loads.start(id, cache, askers())
  load.maker = value
  if (running !== undefined) load.earlierMakers = [...(running.earlierMakers ?? []), running.maker]
  const call = new Call(cache, key, value, ttl, load)
  let isOver = true
  try {
    const reading = readBefore(cache, key, load, ttl)
    if (isPromise(reading)) call.answer = { value: handOut(call, afterReading(call, reading as Promise<unknown>)) }
    else {
      const answer = answerOf(call)
      const noted = answer === LOAD ? noteTags(call) : undefined
      if (answer !== LOAD) call.answer = { value: answer as Answer<T> }
      else if (isPromise(noted)) call.answer = { value: handOut(call, onAnotherStack(call, noted)) }
      else if (isDeep(cache)) call.answer = { value: handOut(call, onAnotherStack(call)) }
    }
    isOver = call.answer !== undefined && load.promise === undefined
  } finally {
    if (isOver) cache.loads.end(load)
  }
  if (call.answer === undefined) call.enter()
  return call
}

/** An answer as it is given to the caller that started the load. The load is over if it is not a promise. */
function handOut<T>({ cache, key, load, ttl }: Call<T>, answer: Answer<T>): Answer<T> {
  if (!isPromise(answer)) {
    if (!load.inBackground) cache.loads.end(load)
    return answer
  }
  const promise = answer as Promise<T>
  load.promise ??= () => promise
  return handedOut(ttl.load === undefined ? promise : patient(cache, key, load, promise, ttl), load, load.parents)
}

/**
 * Whether a caller of a synchronous cache does not join a load that answers later, because it brings its value itself, or
 * may: a function that has not been seen to give a promise. It is told by its text, because a function is often another
 * object at each call.
 */
function goesAhead(cache: CacheCore, load: Load, value: unknown): boolean {
  if (cache.mode === 'async' || load.promise === undefined || isPromise(value)) return false
  if (typeof value !== 'function') return true
  if (types.isAsyncFunction(value)) return false
  const isKnown = (maker: unknown) => maker === value || String(maker) === String(value)
  return !isKnown(load.maker) && !load.earlierMakers?.some(isKnown)
}

async function onAnotherStack<T>(call: Call<T>, after?: Promise<unknown>): Promise<T> {
  await after
  return await callLoader(call)
}

async function afterReading<T>(call: Call<T>, reading: Promise<unknown>): Promise<T> {
  const { cache, load } = call
  load.reading = reading
  try {
    await reading
    const answer = answerOf(call)
    if (answer !== LOAD) return await (answer as Answer<T>)
    const noted = noteTags(call)
    if (isPromise(noted)) await noted
    return isDeep(cache) ? await onAnotherStack(call) : await callLoader(call)
  } finally {
    if (!load.inBackground) cache.loads.end(load)
  }
}

function readBefore(cache: CacheCore, key: string, load: Load, { hooks }: ResolvedTtl): Answer<void> {
  const note = (entry: Entry | undefined) => {
    load.before = entry
  }
  try {
    const reading = read(cache, 'getOrSet', key, note)
    return isPromise(reading) ? readLater(cache, reading, hooks) : reading
  } catch (error) {
    bypass(cache, error, hooks)
  }
}

async function readLater(cache: CacheCore, reading: Promise<unknown>, hooks: ResolvedTtl['hooks']): Promise<void> {
  try {
    await reading
  } catch (error) {
    bypass(cache, error, hooks)
  }
}

/** The answer to the caller by what was read, or `LOAD` if the loader has to be called for it. */
function answerOf<T>(call: Call<T>): unknown {
  const { cache, key, load, ttl } = call
  const verdict = judge(cache, key, load, ttl)
  if (ttl.load === undefined) return verdict
  if (load.found) return hit(call, verdict as T)
  const { stale } = load
  if (verdict !== LOAD || !ttl.load.swr || stale === undefined) return verdict

  cache.events.emit('stale', key, { reason: 'swr' })
  if (!cache.background.isFull) goOnBehind(call)
  return stale.value
}

/** The answer of a hit, by the options. */
function hit<T>(call: Call<T>, value: T): Answer<T> {
  const { cache, key, load, ttl } = call
  if (dueForRefresh(load.before!, ttl.load!, cache.now())) refresh(call)
  if (ttl.load!.schema === undefined) return value
  return andThen(run(matched(cache, key, value, ttl.load!)), (match) => {
    if (match !== LOAD) return match as T
    load.found = false
    return callLoader(call)
  })
}

/** Lets a load go on in the background: its caller has an answer. */
function goOnBehind<T>(call: Call<T>): void {
  const { cache, key, load } = call
  load.inBackground = true
  load.callers = Number.POSITIVE_INFINITY
  cache.events.emit('refresh', key)
  const work = behind(call)
  load.promise = () => work
  cache.background.add(work)
}

async function behind<T>(call: Call<T>): Promise<T> {
  await noteTags(call)
  try {
    return await callLoader(call)
  } finally {
    call.cache.loads.end(call.load)
  }
}

/** Starts a refresh of a fresh entry in the background, unless one is running. */
function refresh<T>({ cache, key, value, ttl, load: { id, before } }: Call<T>): void {
  if (cache.background.isFull || cache.loads.find(id)?.inBackground) return
  const load = cache.loads.start(id, cache)
  load.before = before
  goOnBehind(new Call(cache, key, value, ttl, load))
}

/** Joins a load that is running. */
export function join<T>(
  cache: CacheCore,
  key: string,
  load: Load,
  value: Answer<T> | Loader<T> | undefined,
  ttl: ResolvedTtl,
): Answer<T> {
  const waiting = askers()
  // A caller that needs the value at once is one that the loader itself has called.
  if (load.promise === undefined && cache.mode === 'sync' && !types.isAsyncFunction(value))
    refuseCircle(load, waiting, true)
  if (load.inBackground) return besides<T>(cache, key, load, value, ttl, waiting)
  load.callers++
  const promise = joined<T>(cache, key, load, ttl)
  const answer = ttl.load === undefined ? promise : patient(cache, key, load, promise, ttl)
  return handedOut(answer, load, waiting)
}

async function joined<T>(cache: CacheCore, key: string, load: Load, ttl: ResolvedTtl): Promise<T> {
  let value = await cache.loads.promiseOf(load)
  // The caller that started it was given the stale entry, and the load went on.
  if (load.inBackground && !load.ended) {
    if (ttl.load?.swr) cache.events.emit('stale', key, { reason: 'swr' })
    else value = await load.promise!()
  }
  if (load.servedStale) cache.events.emit('stale', key, { reason: 'error' })
  cache.events.emit(load.found ? 'hit' : 'miss', key)
  return copyOf(cache, value) as T
}

/** Looks at the store while a load runs in the background; joins it if there is nothing to be served. */
function besides<T>(
  cache: CacheCore,
  key: string,
  load: Load,
  value: Answer<T> | Loader<T> | undefined,
  ttl: ResolvedTtl,
  waiting: readonly Load[],
): Answer<T> {
  const look = new Load(load.id, waiting)
  return andThen(readBefore(cache, key, look, ttl), () => {
    const verdict = judge(cache, key, look, ttl)
    if (verdict !== LOAD) return verdict as T
    if (ttl.load?.swr && look.stale !== undefined) {
      cache.events.emit('stale', key, { reason: 'swr' })
      return look.stale.value as T
    }
    if (load.ended) return getOrSet(cache, key, value as Loader<T>, ttl)
    load.callers++
    return handedOut(patient(cache, key, load, load.promise!() as Promise<T>, ttl), load, waiting)
  })
}

/** A value for one more caller. Where callers get copies, they do not share an object because they share a load. */
export function copyOf(cache: CacheCore, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !cache.isolates) return value
  try {
    return clone(value)
  } catch {
    // It cannot be copied, and has not been stored for the same reason.
    return value
  }
}
