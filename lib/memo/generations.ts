import { randomBytes } from 'node:crypto'
import { CacheAdapter } from '../adapter/cache-adapter.ts'
import { type Flow, wait } from '../core/flow.ts'
import type { Cache } from '../core/types.ts'
import { coreOf } from '../verbs/cache-core.ts'
import { bottomOf } from '../wrappers/base/wrapped.ts'

/**
 * Namespaces are emptied by changing the keys of all that is in them: each key has the generation of its namespace in it,
 * a random token. Who clears takes a new one; what was stored before is found by nobody any more, and goes when it expires
 * or room is needed. That takes as long for a million entries as for one, on every backend, and meets no neighbour.
 *
 * - In a store of this process the token lives beside it, in memory: a hit costs nothing more for it.
 * - In a store that processes share, it is an entry without expiry, read together with the value, in one round trip. When
 *   it is lost, to eviction say, everything in the namespace is a miss; nothing stale ever comes back, because the next
 *   token is a new one too.
 * - What is being made during a clear is stored under the token that was, so a clear wins over it.
 *
 * A memoised function has a generation of its own too, within that of its namespace, so that it can be cleared alone.
 */
export class Generation {
  /** The key of the entry that keeps it where processes share the store. */
  readonly key: string
  /** The token as it was last seen; `undefined` before it was. */
  token: string | undefined
  /** How many changes there have been within it. */
  changes = 0

  constructor(key: string, isShared: boolean) {
    this.key = key
    this.token = isShared ? undefined : newToken()
  }
}

/** The entry of a namespace's generation. Entries of functions have three colons and more, so that none is like it. */
export function namespaceKey(namespace: string): string {
  return `${escaped(namespace)}:generation`
}

/** The entry of a function's generation. */
export function functionKey(namespace: string, id: string): string {
  return `${escaped(namespace)}:generation:${id}`
}

/** Text as a part of a key, without what stands between and behind the parts. */
export function escaped(part: string): string {
  return part.replace(/[%:!]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
}

/** The generations over each store, by prefix and key. Those that nothing is kept under are forgotten: the next is a new one. */
const stores = new WeakMap<object, Map<string, WeakRef<Generation>>>()
const forgotten = new FinalizationRegistry<() => void>((forget) => forget())

/** A generation in a cache; all the caches of this process that stand over one store under one prefix have it in common. */
export function generationIn(cache: Cache, key: string): Generation {
  const { store, id } = placeOf(cache, key)
  const known = stores.get(store)?.get(id)?.deref()
  if (known !== undefined) return known

  const generation = new Generation(key, cache.capabilities.shared)
  const generations = stores.get(store) ?? new Map<string, WeakRef<Generation>>()
  stores.set(store, generations.set(id, new WeakRef(generation)))
  forgotten.register(generation, () => {
    if (generations.get(id)?.deref() === undefined) generations.delete(id)
  })
  return generation
}

function placeOf(cache: Cache, key: string): { store: object; id: string } {
  if (!(cache instanceof CacheAdapter)) return { store: cache, id: key }
  return { store: coreOf(bottomOf(cache)).loads, id: cache.prefix + key }
}

/** Begins new generations: what was stored under those before is found no more. One round trip, however many they are. */
export function* renewed(cache: Cache, keys: readonly string[]): Flow<void> {
  const tokens = keys.map((key) => [key, newToken()] as const)
  if (cache.capabilities.shared) yield* wait(cache.setMany(tokens, null))
  for (const [key, token] of tokens) generationIn(cache, key).token = token
}

/** Sees to it that the tokens of generations are those in the store, given what was read of them. */
export function* settle(cache: Cache, generations: readonly Generation[], read: readonly unknown[]): Flow<void> {
  for (const [i, generation] of generations.entries()) {
    generation.token = read[i] === undefined ? yield* begin(cache, generation.key) : String(read[i])
  }
}

/** The token under a key where none was. */
function* begin(cache: Cache, key: string): Flow<string | undefined> {
  const token = newToken()
  if (yield* wait(cache.add(key, token, null))) return token
  const others = yield* wait(cache.get(key))
  return others === undefined ? undefined : String(others)
}

function newToken(): string {
  return randomBytes(6).toString('base64url')
}
