import { CacheAdapter } from '../adapter/cache-adapter.ts'
import { type Flow, wait } from '../core/flow.ts'
import type { Cache } from '../core/types.ts'
import { type CacheCore, coreOf, type PreparedKey, UNKNOWN } from '../verbs/cache-core.ts'
import { escaped, functionKey, type Generation, generationIn, namespaceKey, settle } from './generations.ts'
import { claim } from './name-collisions.ts'
import type { Recipe } from './options.ts'
import { RememberedKeys } from './remembered-keys.ts'

/** A value that was found, or `undefined`, and the key under which to ask for it. */
export interface Found {
  readonly key: string
  readonly value: unknown
}

/** A memoised function in one cache: knows the keys of its entries. */
export class Seat {
  readonly cache: Cache
  /** Whether the generations have to be read from the store. */
  readonly isShared: boolean
  readonly #core: CacheCore | undefined
  readonly #recipe: Recipe
  readonly #namespace: Generation
  readonly #own: Generation
  // The beginning of the keys, and the tokens that it is of.
  #start = ''
  #namespaceToken: string | undefined
  #ownToken: string | undefined
  readonly #keys = new RememberedKeys()

  constructor(cache: Cache, recipe: Recipe) {
    this.cache = cache
    this.isShared = cache.capabilities.shared
    this.#core = hasShortWay(cache) ? coreOf(cache) : undefined
    this.#recipe = recipe
    this.#namespace = generationIn(cache, namespaceKey(recipe.namespace))
    this.#own = generationIn(cache, functionKey(recipe.namespace, recipe.id))
    claim(this.#own, recipe)
  }

  /** The key of an entry, of the generation that was last seen. */
  key(text: string): string {
    this.#renew()
    return this.#start + text
  }

  /** The same, as the cache knows keys that it is asked for often. */
  known(text: string): PreparedKey {
    const key = this.key(text)
    return this.#core === undefined ? { key } : this.#core.prepareKey(key)
  }

  /** The same for arguments of which the text is made, if it is remembered. */
  remembered(args: readonly unknown[]): PreparedKey | undefined {
    this.#renew()
    return this.#keys.of(args)
  }

  /** Remembers the key for arguments, and answers it. */
  remember(args: readonly unknown[], text: string): PreparedKey {
    const key = this.known(text)
    this.#keys.remember(args, key)
    return key
  }

  /** The value for one argument, if it can be had on the spot, and the key is remembered. */
  atHandOfOne(argument: unknown): unknown {
    if (this.isShared) return UNKNOWN
    this.#renew()
    const key = this.#keys.ofOne(argument)
    return key === undefined ? UNKNOWN : this.atHand(key)
  }

  /** The value under a key, if it can be had on the spot. */
  atHand(key: PreparedKey): unknown {
    return this.#core === undefined ? UNKNOWN : this.#core.tryGetPrepared(key)
  }

  /** The key of an entry as it is now, by what the store says. */
  *currentKey(text: string): Flow<string> {
    return this.isShared ? yield* this.#readKey(text) : this.key(text)
  }

  /** Looks for a value, with its generations in one round trip; `undefined` when it has to be asked for under the key. */
  *find(text: string): Flow<Found> {
    const generations = [this.#namespace, this.#own]
    const tokens = generations.map(({ token }) => token)
    if (tokens.includes(undefined)) return { key: yield* this.#readKey(text), value: undefined }

    const guess = this.key(text)
    const [namespace, own, value] = yield* wait(this.cache.getMany([...generations.map(({ key }) => key), guess]))
    if (namespace === tokens[0] && own === tokens[1]) return { key: guess, value }
    yield* settle(this.cache, generations, [namespace, own])
    return { key: this.#known(text), value: undefined }
  }

  /**
   * A key under which nothing is ever stored, for runs that are shared while the generation cannot be had. It is another one
   * after each change, so that nobody joins a run from before it.
   */
  keyOfNothing(text: string): string {
    const { token, changes } = this.#own
    return `${escaped(this.#recipe.namespace)}:?${this.#namespace.token}.${token}.${changes}:${this.#recipe.id}:${text}`
  }

  /** A result of the function is removed or replaced. */
  changed(): void {
    this.#own.changes++
  }

  *#readKey(text: string): Flow<string> {
    const generations = [this.#namespace, this.#own]
    const read = yield* wait(this.cache.getMany(generations.map(({ key }) => key)))
    yield* settle(this.cache, generations, read)
    return this.#known(text)
  }

  #known(text: string): string {
    if (this.#namespace.token !== undefined && this.#own.token !== undefined) return this.key(text)
    throw new Error(
      `The cache does not keep the generation of the namespace ${JSON.stringify(this.#recipe.namespace)}.`,
    )
  }

  #renew(): void {
    if (this.#namespaceToken === this.#namespace.token && this.#ownToken === this.#own.token) return
    this.#namespaceToken = this.#namespace.token
    this.#ownToken = this.#own.token
    const { namespace, id } = this.#recipe
    this.#start = `${escaped(namespace)}:${this.#namespaceToken}.${this.#ownToken}:${id}:`
    this.#keys.clear()
  }
}

/** Whether a cache answers `getOrSet` as every adapter does: then what it has at hand may be asked for directly. */
function hasShortWay(cache: Cache): boolean {
  return cache instanceof CacheAdapter && cache.getOrSet === CacheAdapter.prototype.getOrSet
}
