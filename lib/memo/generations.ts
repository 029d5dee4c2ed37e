import { randomBytes } from 'node:crypto'
import { type Answer, type Flow, wait } from '../core/flow.ts'
import { uniqueName } from '../core/instances.ts'
import { shared } from '../core/process-state.ts'
import type { Cache, Entry } from '../core/types.ts'
import { isFresh } from '../entry/entry.ts'
import { hiddenKey } from '../entry/hidden-keys.ts'
import { type CacheCore, coreOf } from '../verbs/cache-core.ts'
import { callStore } from '../verbs/call-store.ts'
import { compareAndSet, readMany, readVersioned, writeMany } from '../verbs/store-verbs.ts'

/**
 * Generations: how a namespace, or all results of one function, are cleared at once.
 *
 * The key of every result has the tokens of its generations in it. A clear replaces a token by a new random one, so nothing
 * finds the results that were stored under the old one; they go when they expire or when room is needed. It takes as long for
 * a million results as for one, on every backend, and touches no neighbor. A load that was pending during a clear stores its
 * result under the old token, so the clear wins.
 *
 * - In a store of this process, and for a function without a name, the token lives in memory and costs a hit nothing.
 * - In a store that processes share it is a hidden entry without expiry, read together with the result in one round trip. If
 *   it is lost (evicted, say) the namespace is empty; nothing old comes back, because the next token is a new one.
 */
export class Generation {
  /** The key of the entry that holds the token, without the cache's prefix; `undefined` where it lives in memory. */
  readonly key: string | undefined
  /** The token as it was last seen; `undefined` before the first look into the store. */
  token: string | undefined
  /** Counts removals and new values of single results. */
  changes = 0

  constructor(key?: string) {
    this.key = key
    this.token = key === undefined ? uniqueName() : undefined
  }
}

/** The name of a namespace's generation. */
export function ofNamespace(namespace: string): string {
  return `${escaped(namespace)}:generation`
}

/** The name of the generation of a named function. */
export function ofFunction(namespace: string, id: string): string {
  return `${escaped(namespace)}:generation:${id}`
}

/** Text as a part of a key, without the signs that separate and end parts. */
export function escaped(part: string): string {
  return part.replace(/[%:!]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
}

/** The internals of a cache that is an adapter, of this copy of the package or another. */
export function adapterOf(cache: Cache): CacheCore | undefined {
  const core: Partial<CacheCore> = coreOf(cache)
  const isAdapter = typeof core.read === 'function' && typeof core.drop === 'function' && core.events !== undefined
  return isAdapter ? coreOf(cache) : undefined
}

/** True if the tokens of a cache are entries of its store. */
export function isStoredIn(cache: Cache): boolean {
  return adapterOf(cache) !== undefined && cache.capabilities.shared
}

/** The generations over each store by prefix and name, for every copy of this package in the process. */
const stores = shared('memo.generations', () => new WeakMap<object, Map<string, WeakRef<Generation>>>())
const forgotten = new FinalizationRegistry<() => void>((forget) => forget())

/** A generation in a cache, one for all caches of this process that stand over the same store under the same prefix. */
export function generationIn(cache: Cache, name: string): Generation {
  const adapter = adapterOf(cache)
  const store = adapter === undefined ? cache : bottomOf(adapter).loads
  const id = `${adapter?.prefix ?? ''}${name}`
  const known = stores.get(store)?.get(id)?.deref()
  if (known !== undefined) return known

  const generation = new Generation(isStoredIn(cache) ? hiddenKey(name) : undefined)
  const generations = stores.get(store) ?? new Map<string, WeakRef<Generation>>()
  stores.set(store, generations.set(id, new WeakRef(generation)))
  forgotten.register(generation, () => {
    if (generations.get(id)?.deref() === undefined) generations.delete(id)
  })
  return generation
}

// By shape: the wrappers may be of another copy of this package.
function bottomOf(adapter: CacheCore): CacheCore {
  const { inner } = adapter as CacheCore & { readonly inner?: CacheCore }
  return inner === undefined ? adapter : bottomOf(inner)
}

/** Replaces the tokens of generations, so that nothing stored before is found. One round trip for all of them. */
export function* renew(cache: Cache, generations: readonly Generation[]): Flow<void> {
  const tokens = generations.map(({ key }) => (key === undefined ? uniqueName() : newToken()))
  const stored = generations.flatMap(({ key }, i) => (key === undefined ? [] : [[key, tokens[i]!] as const]))
  const adapter = adapterOf(cache)
  if (stored.length > 0 && adapter !== undefined) {
    const entries = stored.map(([key, token]) => [adapter.prefix + key, entryOf(token, adapter)] as const)
    yield* wait(callStore(adapter, 'clear', undefined, () => writeMany(adapter, entries)))
  }
  for (const [i, generation] of generations.entries()) generation.token = tokens[i]!
}

/** Reads entries by their keys: the tokens of generations, and whatever is asked for with them. */
export function readWith(adapter: CacheCore, keys: readonly string[]): Answer<(Entry | undefined)[]> {
  const ids = keys.map((key) => adapter.prefix + key)
  return callStore(adapter, 'getOrSet', undefined, () => readMany(adapter, ids))
}

/** Brings the tokens of generations up to date with what was read of them; starts those that the store does not have. */
export function* settle(
  adapter: CacheCore,
  generations: readonly Generation[],
  read: readonly (Entry | undefined)[],
): Flow<void> {
  for (const [i, generation] of generations.entries()) {
    generation.token = tokenIn(read[i], adapter) ?? (yield* start(adapter, adapter.prefix + generation.key))
  }
}

/** The token in an entry, if there is one. */
export function tokenIn(entry: Entry | undefined, adapter: CacheCore): string | undefined {
  return isFresh(entry, adapter.now()) ? String(entry.value) : undefined
}

/** Stores a token where none was, and answers it, or the one of another process that was faster. */
function* start(adapter: CacheCore, id: string): Flow<string | undefined> {
  const ask = <T>(question: () => Answer<T>): Answer<T> => callStore(adapter, 'getOrSet', undefined, question)
  const { entry, version } = yield* wait(ask(() => readVersioned(adapter, id)))
  const theirs = tokenIn(entry, adapter)
  if (theirs !== undefined) return theirs

  const token = newToken()
  if (yield* wait(ask(() => compareAndSet(adapter, id, version, entryOf(token, adapter))))) return token
  return tokenIn(yield* wait(ask<Entry | undefined>(() => adapter.read(id))), adapter)
}

function entryOf(token: string, adapter: CacheCore): Entry {
  return { value: token, created: adapter.now(), expires: null, until: null }
}

function newToken(): string {
  return randomBytes(6).toString('base64url')
}
