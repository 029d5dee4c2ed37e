import { CacheAdapter } from '../adapter/cache-adapter.ts'
import { type Flow, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Cache } from '../core/types.ts'
import { concernsHits } from '../entry/load-options.ts'
import { type CacheCore, type PreparedKey, UNKNOWN } from '../verbs/cache-core.ts'
import { isFreshIn } from '../verbs/get.ts'
import {
  adapterOf,
  escaped,
  Generation,
  generationIn,
  isStoredIn,
  ofFunction,
  ofNamespace,
  readWith,
  renew,
  settle,
  tokenIn,
} from './generations.ts'
import type { Recipe } from './options.ts'
import { RememberedKeys } from './remembered-keys.ts'
import { reportNameCollision, reportUnnamed } from './warnings.ts'

/** The outcome of looking for a result: its key, and the value if it is there. */
export interface Found {
  readonly key: string
  readonly isHit: boolean
  readonly value?: unknown
  /** The result must not be stored: what was cleared cannot be told. */
  readonly isUnstored?: boolean
}

/** A memoized function in one cache: knows the keys of its results. */
export class CacheBinding {
  readonly cache: Cache
  /** True if generations have to be read from the store. */
  readonly isShared: boolean
  /** The internals of the cache, if it is an adapter. */
  readonly #adapter: CacheCore | undefined
  /** The same, if it answers `getOrSet` as every adapter does. */
  readonly core: CacheCore | undefined
  /** The same, if hits need not be looked at. */
  readonly #fast: CacheCore | undefined
  readonly #recipe: Recipe
  readonly #namespace: Generation
  readonly #own: Generation
  /** The generations among these that are entries of the store. */
  readonly #stored: readonly Generation[]
  // The beginning of the keys, and the tokens in it.
  #start = ''
  #namespaceToken: string | undefined
  #ownToken: string | undefined
  readonly #keys = new RememberedKeys()

  constructor(cache: Cache, recipe: Recipe) {
    const { namespace, id, isNamed, reportsCollisions } = recipe
    this.cache = cache
    this.#adapter = adapterOf(cache)
    this.core = isStandard(cache) ? this.#adapter : undefined
    const looksAtHits = concernsHits(recipe.loadOptions) || concernsHits(this.#adapter?.defaults ?? {})
    this.#fast = looksAtHits ? undefined : this.core
    this.#recipe = recipe
    // Without a name, results belong to this function alone: its generation is known to nobody else.
    this.#own = isNamed && namespace !== null ? generationIn(cache, ofFunction(namespace, id)) : new Generation()
    this.#namespace = namespace === null ? new Generation() : generationIn(cache, ofNamespace(namespace))
    this.#stored = [this.#namespace, this.#own].filter(({ key }) => key !== undefined)
    this.isShared = this.#stored.length > 0
    if (namespace === null) return
    if (!isNamed && isStoredIn(cache)) reportUnnamed(recipe.name)
    if (isNamed && reportsCollisions) reportNameCollision(this.#own, recipe)
  }

  /** The key of a result, by the tokens as they were last seen. */
  key(text: string): string {
    this.#refreshStart()
    return this.#start + text
  }

  /** The same, prepared for the fast path of the cache. */
  prepared(text: string): PreparedKey {
    const key = this.key(text)
    return this.#fast === undefined ? { key } : this.#fast.prepareKey(key)
  }

  /** The prepared key for arguments, if it is remembered. */
  remembered(args: readonly unknown[]): PreparedKey | undefined {
    this.#refreshStart()
    return this.#keys.of(args)
  }

  /** Prepares the key for arguments and remembers it. */
  remember(args: readonly unknown[], text: string): PreparedKey {
    const key = this.prepared(text)
    this.#keys.remember(args, key)
    return key
  }

  /** The fast path for one argument: the value if its key is remembered and the value is at once to be had. */
  tryGetOfOne(argument: unknown): unknown {
    if (this.isShared) return UNKNOWN
    this.#refreshStart()
    const key = this.#keys.ofOne(argument)
    return key === undefined ? UNKNOWN : this.tryGet(key)
  }

  /** The fast path for a key. */
  tryGet(key: PreparedKey): unknown {
    return this.#fast === undefined ? UNKNOWN : this.#fast.tryGetPrepared(key)
  }

  /** The key of a result by the tokens that the store has now. */
  *currentKey(text: string): Flow<string> {
    if (this.isShared) yield* settle(this.#adapter!, this.#stored, yield* wait(readWith(this.#adapter!, this.#ids())))
    return this.#known(text)
  }

  /** Looks for a value together with its generations, in one round trip. Counts a hit; a miss is for who asks next. */
  *find(text: string): Flow<Found> {
    if (this.#fast === undefined || this.#stored.some(({ token }) => token === undefined)) {
      return { key: yield* this.currentKey(text), isHit: false }
    }
    const adapter = this.#adapter!
    const guess = this.key(text)
    const read = yield* wait(readWith(adapter, [...this.#ids(), guess]))
    const entry = read[this.#stored.length]
    if (this.#stored.every(({ token }, i) => token === tokenIn(read[i], adapter))) {
      if (!isFreshIn(adapter, entry, adapter.now())) return { key: guess, isHit: false }
      const { value } = entry!
      adapter.events.hit(guess)
      return { key: guess, isHit: true, value }
    }
    yield* settle(adapter, this.#stored, read)
    return { key: this.#known(text), isHit: false }
  }

  /**
   * A key under which nothing is ever stored, for runs that callers share while the generations cannot be read. It changes
   * with every removal, so that nobody joins a run from before it.
   */
  keyOfNothing(text: string): string {
    const { token, changes } = this.#own
    const generation = `${this.#namespace.token}.${token}.${changes}`
    return `${escaped(this.#recipe.namespace ?? '')}:?${generation}:${this.#recipe.id}:${text}`
  }

  /** Notes that a result of the function is removed or replaced. */
  changed(): void {
    this.#own.changes++
  }

  /** Forgets every result of the function. */
  *clear(): Flow<void> {
    yield* renew(this.cache, [this.#own])
  }

  #ids(): string[] {
    return this.#stored.map(({ key }) => key!)
  }

  #known(text: string): string {
    if (this.#namespace.token !== undefined && this.#own.token !== undefined) return this.key(text)
    throw new Error(`The cache does not keep the generation of the namespace ${quoted(this.#recipe.namespace ?? '')}.`)
  }

  #refreshStart(): void {
    if (this.#namespaceToken === this.#namespace.token && this.#ownToken === this.#own.token) return
    this.#namespaceToken = this.#namespace.token
    this.#ownToken = this.#own.token
    const { namespace, id } = this.#recipe
    if (namespace !== null) this.#start = `${escaped(namespace)}:${this.#namespaceToken}.${this.#ownToken}:${id}:`
    this.#keys.clear()
  }
}

/** True if a cache answers `getOrSet` as every adapter does. */
function isStandard(cache: Cache): boolean {
  return cache instanceof CacheAdapter && cache.getOrSet === CacheAdapter.prototype.getOrSet
}
