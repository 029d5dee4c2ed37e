import { performance } from 'node:perf_hooks'
import type { EventMap, EventName, Stats } from '../core/events.ts'
import { type Answer, andThen, asOut, isPromise, run } from '../core/flow.ts'
import type * as contract from '../core/types.ts'
import type { Cache, GetOrSetOptions, Key, Mode, Out, SetOptions, Timeout } from '../core/types.ts'
import { concernsHits } from '../entry/load-options.ts'
import { type ResolvedTtl, resolveTtl } from '../entry/ttl.ts'
import { finite, keysOf, missing, pairsOf } from '../entry/validate.ts'
import { loaders } from '../single-flight/deadlock.ts'
import * as atomic from '../verbs/atomic.ts'
import { type CacheCore, coreOf, isValue, MISSING, UNKNOWN } from '../verbs/cache-core.ts'
import { answerVerb, callStore } from '../verbs/call-store.ts'
import * as reading from '../verbs/get.ts'
import { begin, getOrSet, type Loader, settle } from '../verbs/get-or-set.ts'
import { type BulkLoader, getOrSetMany } from '../verbs/get-or-set-many.ts'
import * as listing from '../verbs/keys.ts'
import { lock, withLock } from '../verbs/locks.ts'
import { getMany, setMany, warm } from '../verbs/many.ts'
import * as writing from '../verbs/set.ts'
import { expireByTag, removeByTag } from '../verbs/tags.ts'
import { StoreAdapter } from './store-adapter.ts'

export { INNER } from './store-adapter.ts'

type Given = Timeout | SetOptions | undefined
const nothing = () => undefined
const no = () => false

/**
 * A cache over a store. A subclass implements `mode` and the four verbs `read`, `write`, `drop` and `close` (see `Store`,
 * also for the optional ones); users get every verb of `Cache`, in that mode. The store verbs are protected, so that users
 * do not see them; a subclass may make its own public.
 *
 * @example
 * class MapCache extends CacheAdapter<'sync'> {
 *   readonly mode = 'sync'
 *   readonly #map = new Map<string, Entry>()
 *   read(key: string) { return this.#map.get(key) }
 *   write(key: string, entry: Entry) { this.#map.set(key, entry) }
 *   drop(keys: readonly string[]) { return keys.filter((key) => this.#map.delete(key)).length }
 *   close() {}
 * }
 */
export abstract class CacheAdapter<M extends Mode = Mode> extends StoreAdapter<M> implements Cache<M> {
  get<T = unknown>(key: Key): Out<M, T | undefined>
  get<T = unknown>(key: Key, fallback: unknown, options: { fail: true }): Out<M, T>
  get<T = unknown, D = T>(key: Key, fallback: D, options?: contract.GetOptions): Out<M, T | D>
  get<T, D>(
    key: Key,
    fallback?: D,
    options?: { fail?: boolean | undefined; stale?: boolean | undefined },
  ): Out<M, T | D | undefined> {
    const value = this.tryGet(key)
    if (isValue(value)) return this.#out(value as T)
    if (value === MISSING && !options?.fail) {
      this.events.miss(key as string)
      return this.#out(fallback)
    }
    if (options?.fail) return this.getOrFail<T>(key)
    const get = options?.stale ? reading.getStale : reading.get
    return this.#verb(
      (core) => get<T, D | undefined>(core, this.keyOf(key), fallback),
      () => fallback,
    )
  }

  getOrFail<T = unknown>(key: Key): Out<M, T> {
    return this.#verb(
      (core) => reading.getOrFail<T>(core, this.keyOf(key)),
      () => missing(this.keyOf(key)),
    )
  }

  has(key: Key): Out<M, boolean> {
    return this.#verb((core) => reading.has(core, this.keyOf(key)), no)
  }

  ttl(key: Key): Out<M, number | null | undefined> {
    return this.#verb((core) => reading.ttl(core, this.keyOf(key)), nothing)
  }

  set(key: Key, value: unknown, timeout?: Given): Out<M, void> {
    if (this.trySet !== undefined && typeof key === 'string' && !isPromise(value)) {
      const ttl = this.#ttl(timeout)
      if (ttl.endsAt === undefined && this.trySet(key, value, ttl)) return asOut<M, void>(undefined)
    }
    return this.#verb((core) => writing.set(core, this.keyOf(key), value, this.#ttl(timeout)), nothing)
  }

  remove(...keys: Key[]): Out<M, boolean> {
    return this.#verb(
      (core) => run(writing.remove(core, keys.map(this.#textOf))),
      () => keys.length === 0,
    )
  }

  add(key: Key, value: unknown, timeout?: Given): Out<M, boolean> {
    return this.#verb((core) => run(atomic.add(core, this.keyOf(key), value, this.#ttl(timeout))), no)
  }

  pull<T = unknown>(key: Key): Out<M, T | undefined> {
    return this.#verb((core) => run(atomic.pull<T>(core, this.keyOf(key))), nothing)
  }

  update<T = unknown>(key: Key, change: atomic.Update<T>, timeout?: Given): Out<M, T> {
    return this.#verb((core) => run(atomic.update<T>(core, this.keyOf(key), change, this.#ttl(timeout))))
  }

  updateTimeout<T = unknown>(key: Key, timeout?: Timeout): Out<M, T> {
    return this.#verb(
      (core) => run(atomic.updateTimeout<T>(core, this.keyOf(key), this.#ttl(timeout).ttlMs)),
      () => missing(this.keyOf(key)),
    )
  }

  increment(key: Key, by = 1, timeout?: Timeout): Out<M, number> {
    return this.#verb(
      (core) => run(atomic.increment(core, this.keyOf(key), finite(by), this.#ttl(timeout))),
      () => by,
    )
  }

  decrement(key: Key, by = 1, timeout?: Timeout): Out<M, number> {
    return this.#verb(
      (core) => run(atomic.increment(core, this.keyOf(key), -finite(by), this.#ttl(timeout))),
      () => -by,
    )
  }

  getOrSet<T>(
    key: Key,
    make: (key: string, context: contract.LoadContext) => Promise<T>,
    timeout?: Timeout | GetOrSetOptions,
  ): contract.OutMade<M, T>
  getOrSet<T>(key: Key, value: Promise<T>, timeout?: Timeout | GetOrSetOptions): contract.OutMade<M, T>
  getOrSet<T>(
    key: Key,
    value: T | ((key: string, context: contract.LoadContext) => T),
    timeout?: Timeout | GetOrSetOptions,
  ): Out<M, T>
  getOrSet<T>(key: Key, value: Answer<T> | Loader<T>, timeout?: Timeout | GetOrSetOptions): Out<M, T> {
    const found = this.#hit(key, value, timeout)
    if (isValue(found)) return this.#out(found as T)
    if (this.mode === 'async') return this.#getOrSet(key, value, timeout)
    // A copy of the body of `getOrSet`: its frame would be on the stack of every loader that calls another loader, which
    // could then nest 1800 deep instead of 2700.
    const call = begin<T>(coreOf(this), this.keyOf(key), value, this.#loadTtl(timeout))
    if (call.answer !== undefined) return call.answer.value as Out<M, T>
    try {
      call.given = typeof value === 'function' ? (value as Loader<T>)(call.key, call.context) : value
    } catch (error) {
      call.failure = { error }
    }
    call.load.ended = true
    loaders.running--
    return settle(call) as Out<M, T>
  }

  getOrSetAsync<T>(key: Key, value: Answer<T> | Loader<T>, timeout?: Timeout | GetOrSetOptions): Promise<T> {
    try {
      const answer = this.getOrSet<T>(key, value as T, timeout) as Answer<T>
      return isPromise(answer) ? (answer as Promise<T>) : Promise.resolve(answer)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  getMany<T = unknown>(keys: Iterable<Key>): Out<M, (T | undefined)[]> {
    let asked: string[] = []
    const get = (core: CacheCore) => {
      asked = keysOf(keys, this.#textOf)
      return run(getMany<T>(core, asked))
    }
    return this.#verb(get, () => asked.map(nothing))
  }

  setMany(entries: contract.Entries, timeout?: Given): Out<M, void> {
    return this.#verb((core) => run(setMany(core, pairsOf(entries, this.#textOf), this.#ttl(timeout))), nothing)
  }

  getOrSetMany<T>(
    keys: Iterable<Key>,
    load: (missing: string[]) => Promise<contract.Loaded<T>>,
    timeout?: Timeout | GetOrSetOptions,
  ): contract.OutMade<M, T[]>
  getOrSetMany<T>(
    keys: Iterable<Key>,
    load: (missing: string[]) => contract.Loaded<T>,
    timeout?: Timeout | GetOrSetOptions,
  ): Out<M, T[]>
  getOrSetMany<T>(keys: Iterable<Key>, load: BulkLoader<T>, timeout?: Timeout | GetOrSetOptions): Out<M, T[]> {
    return this.#verb((core) => run(getOrSetMany(core, keysOf(keys, this.#textOf), load, this.#loadTtl(timeout))))
  }

  warm<T>(keys: Iterable<Key>, load: Loader<T>, options: contract.WarmOptions = {}): Out<M, number> {
    const { concurrency = 10, ...rest } = options
    return this.#verb((core) => run(warm(core, keysOf(keys, this.#textOf), load, this.#loadTtl(rest), concurrency)))
  }

  removeByTag(...tags: string[]): Out<M, void> {
    return this.#verb((core) => run(removeByTag(core, tags)), nothing)
  }

  expireByTag(...tags: string[]): Out<M, void> {
    return this.#verb((core) => run(expireByTag(core, tags)), nothing)
  }

  lock(name: string, options?: contract.LockOptions): Out<M, contract.Lock<M>> {
    return this.#verb((core) => run(lock(core as CacheCore<M>, name, options)))
  }

  withLock<T>(name: string, fn: (lock: contract.Lock<M>) => Promise<T>): Promise<T>
  withLock<T>(name: string, options: contract.LockOptions, fn: (lock: contract.Lock<M>) => Promise<T>): Promise<T>
  withLock<T>(name: string, fn: (lock: contract.Lock<M>) => T): Out<M, T>
  withLock<T>(name: string, options: contract.LockOptions, fn: (lock: contract.Lock<M>) => T): Out<M, T>
  withLock<T>(name: string, ...rest: readonly unknown[]): Out<M, T> {
    const fn = rest.at(-1) as (lock: contract.Lock) => Answer<T>
    const options = rest.length > 1 ? (rest[0] as contract.LockOptions) : {}
    return this.#verb((core) => run(withLock(core, name, options, fn)))
  }

  keys(prefix = ''): contract.Keys<M> {
    return listing.keys(coreOf(this), prefix) as contract.Keys<M>
  }

  clear(prefix = '', options: contract.ClearOptions = {}): Out<M, void> {
    return this.#verb((core) => run(listing.clear(core, prefix, options)), nothing)
  }

  stats(): Stats {
    return this.events.stats()
  }

  on<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this {
    this.events.on(event, listener)
    return this
  }

  off<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this {
    this.events.off(event, listener)
    return this
  }

  connect(): Out<M, void> {
    return this.#verb((core) => callStore(core, 'connect', undefined, () => this.open()))
  }

  status(): contract.CacheStatus {
    return { state: 'up', since: this.since, breaker: 'closed' }
  }

  ping(): Out<M, number> {
    const start = performance.now()
    const probed = (core: CacheCore) => callStore(core, 'ping', undefined, () => this.probe())
    return this.#verb((core) => andThen(probed(core), () => Math.round((performance.now() - start) * 100) / 100))
  }

  idle(): Promise<void> {
    return this.background.idle()
  }

  /** Waits for background work, then closes: `await using cache = new MemoryCache()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.idle()
    await this.close()
  }

  readonly #textOf = (key: Key): string => this.keyOf(key)

  /** Fast path: returns the fresh value in memory, unless an option of the call has to inspect the entry. */
  #hit(key: Key, value: unknown, timeout: Timeout | GetOrSetOptions | undefined): unknown {
    if (this.looksAtHits || (typeof timeout === 'object' && timeout !== null && concernsHits(timeout))) return UNKNOWN
    return isPromise(value) ? UNKNOWN : this.tryGet(key)
  }

  #getOrSet<T>(key: Key, value: Answer<T> | Loader<T>, timeout: Timeout | GetOrSetOptions | undefined): Out<M, T> {
    return this.#verb((core) => getOrSet<T>(core, this.keyOf(key), value, this.#loadTtl(timeout)))
  }

  #out<T>(value: T): Out<M, T> {
    return asOut<M, T>(this.mode === 'sync' ? value : Promise.resolve(value))
  }

  /** Runs a verb in the mode of this cache. */
  #verb<T>(work: (core: CacheCore) => Answer<T>, missed?: () => T): Out<M, T> {
    return asOut<M, T>(answerVerb(coreOf(this), work, missed))
  }

  #ttl(given: Given): ResolvedTtl {
    return resolveTtl(given, this.defaultTtl, this.defaults)
  }

  #loadTtl(given: Timeout | GetOrSetOptions | undefined): ResolvedTtl {
    return resolveTtl(given, this.defaultTtl, this.defaults, 'getOrSet')
  }
}
