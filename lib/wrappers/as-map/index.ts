import type { Cache, Mode, Timeout } from '../../core/types.ts'
import { refuseUnknownOptions } from '../../entry/validate.ts'

/** Options of `asMap`. */
export interface AsMapOptions {
  /** TTL of entries that `set` stores. @default that of the cache */
  timeout?: Timeout | undefined
}

/** Answer for a key that is gone since it was listed. */
const GONE = Symbol('gone')
/** Values that are read at once while an asynchronous cache is iterated. */
const PAGE = 256

/**
 * A cache as a map: a real `Map` in type and behavior for a synchronous cache, and the same with promises and asynchronous
 * iteration for an asynchronous one. Entries expire as ever. If the cache cannot list its keys, `size` and iteration throw
 * `Unsupported`.
 *
 * @example
 * const users = asMap<User>(new SqliteCache(), { timeout: null })
 * users.set('ada', ada).size
 * for (const [name, user] of users) console.log(name, user)
 */
export function asMap<T = unknown>(cache: Cache<'sync'>, options?: AsMapOptions): CacheMap<T>
export function asMap<T = unknown>(cache: Cache<'async'>, options?: AsMapOptions): AsyncCacheMap<T>
export function asMap<T = unknown>(cache: Cache<Mode>, options: AsMapOptions = {}): CacheMap<T> | AsyncCacheMap<T> {
  if (typeof cache?.get !== 'function' || (cache.mode !== 'sync' && cache.mode !== 'async')) {
    throw new TypeError('asMap takes a cache, such as new MemoryCache() or the result of adapterGet().')
  }
  refuseUnknownOptions(options, ['timeout'], 'asMap')
  return isSync(cache) ? new CacheMap<T>(cache, options) : new AsyncCacheMap<T>(cache as Cache<'async'>, options)
}

/** A synchronous cache as a Map. */
export class CacheMap<T = unknown> implements Map<string, T> {
  static readonly name: string = 'CacheMap'
  readonly [Symbol.toStringTag] = 'CacheMap'
  readonly #cache: Cache<'sync'>
  readonly #timeout: Timeout | undefined

  constructor(cache: Cache<'sync'>, { timeout }: AsMapOptions = {}) {
    this.#cache = cache
    this.#timeout = timeout
  }

  /** Number of keys, which are listed to be counted. */
  get size(): number {
    let size = 0
    for (const _ of this.#cache.keys()) size++
    return size
  }

  get(key: string): T | undefined {
    return this.#cache.get<T>(key)
  }

  set(key: string, value: T): this {
    this.#cache.set(key, value, this.#timeout)
    return this
  }

  has(key: string): boolean {
    return this.#cache.has(key)
  }

  delete(key: string): boolean {
    return this.#cache.remove(key)
  }

  clear(): void {
    this.#cache.clear()
  }

  *keys(): Generator<string, undefined, undefined> {
    yield* this.#cache.keys()
  }

  *values(): Generator<T, undefined, undefined> {
    for (const [, value] of this) yield value
  }

  *entries(): Generator<[string, T], undefined, undefined> {
    for (const key of this.#cache.keys()) {
      const value = this.#cache.get<T, typeof GONE>(key, GONE)
      if (value !== GONE) yield [key, value as T]
    }
  }

  forEach(callback: (value: T, key: string, map: Map<string, T>) => void, thisArg?: unknown): void {
    for (const [key, value] of this) callback.call(thisArg, value, key, this)
  }

  [Symbol.iterator](): Generator<[string, T], undefined, undefined> {
    return this.entries()
  }
}

/** An asynchronous cache as a map whose members answer with promises. */
export class AsyncCacheMap<T = unknown> {
  static readonly name: string = 'AsyncCacheMap'
  readonly [Symbol.toStringTag] = 'AsyncCacheMap'
  readonly #cache: Cache<'async'>
  readonly #timeout: Timeout | undefined

  constructor(cache: Cache<'async'>, { timeout }: AsMapOptions = {}) {
    this.#cache = cache
    this.#timeout = timeout
  }

  /** Number of keys, which are listed to be counted. */
  get size(): Promise<number> {
    return this.#count()
  }

  get(key: string): Promise<T | undefined> {
    return this.#cache.get<T>(key)
  }

  async set(key: string, value: T): Promise<this> {
    await this.#cache.set(key, value, this.#timeout)
    return this
  }

  has(key: string): Promise<boolean> {
    return this.#cache.has(key)
  }

  delete(key: string): Promise<boolean> {
    return this.#cache.remove(key)
  }

  clear(): Promise<void> {
    return this.#cache.clear()
  }

  async *keys(): AsyncGenerator<string, undefined, undefined> {
    yield* this.#cache.keys()
  }

  async *values(): AsyncGenerator<T, undefined, undefined> {
    for await (const [, value] of this) yield value
  }

  async *entries(): AsyncGenerator<[string, T], undefined, undefined> {
    let page: string[] = []
    for await (const key of this.#cache.keys()) {
      page.push(key)
      if (page.length < PAGE) continue
      yield* await this.#pairs(page)
      page = []
    }
    yield* await this.#pairs(page)
  }

  async forEach(callback: (value: T, key: string, map: AsyncCacheMap<T>) => unknown, thisArg?: unknown): Promise<void> {
    for await (const [key, value] of this) await callback.call(thisArg, value, key, this)
  }

  [Symbol.asyncIterator](): AsyncGenerator<[string, T], undefined, undefined> {
    return this.entries()
  }

  /** The pairs of those keys that are still there. */
  async #pairs(keys: readonly string[]): Promise<[string, T][]> {
    const values = await Promise.all(keys.map((key) => this.#cache.get<T, typeof GONE>(key, GONE)))
    const pairs = keys.map((key, i) => [key, values[i]] as [string, T | typeof GONE])
    return pairs.filter((pair): pair is [string, T] => pair[1] !== GONE)
  }

  async #count(): Promise<number> {
    let size = 0
    for await (const _ of this.#cache.keys()) size++
    return size
  }
}

function isSync(cache: Cache<Mode>): cache is Cache<'sync'> {
  return cache.mode === 'sync'
}
