import type { GetOrSetOptions, Key, Loaded, Mode, Out, OutMade, SetOptions, Timeout } from '../../core/types.ts'
import { TransformedCache } from '../base/transformed.ts'

/** A key, or bytes that are one. */
export type ByteKey = Key | Uint8Array

/** Keys and values of which the keys may be more than other caches take: bytes, unless it is said what. */
export type ByteEntries<T = unknown, K = ByteKey> = Iterable<readonly [K, T]> | { readonly [key: string]: T }

/**
 * A cache whose every verb takes more for keys than others do. They become text at once: to all that is below, keys are text.
 * `K` is what it takes beside, and `V` what its values usually are.
 */
export abstract class WiderKeyedCache<M extends Mode, K, V> extends TransformedCache<M> {
  /** The key that stands for one that other caches do not take; every other as it is. */
  protected abstract keyFor(key: Key | K): Key

  override get<T = V>(key: Key | K): Out<M, T | undefined>
  override get<T = V>(key: Key | K, fallback: unknown, options: { fail: true }): Out<M, T>
  override get<T = V, D = T>(key: Key | K, fallback: D, options?: { fail?: false | undefined }): Out<M, T | D>
  override get<T, D>(key: Key | K, fallback?: D, options?: { fail?: boolean | undefined }): Out<M, T | D | undefined> {
    return super.get<T, D | undefined>(this.#key(key), fallback, options as { fail?: false | undefined })
  }

  override getOrFail<T = V>(key: Key | K): Out<M, T> {
    return super.getOrFail<T>(this.#key(key))
  }

  override has(key: Key | K): Out<M, boolean> {
    return super.has(this.#key(key))
  }

  override ttl(key: Key | K): Out<M, number | null | undefined> {
    return super.ttl(this.#key(key))
  }

  override set(key: Key | K, value: unknown, timeout?: Timeout | SetOptions): Out<M, void> {
    return super.set(this.#key(key), value, timeout)
  }

  override add(key: Key | K, value: unknown, timeout?: Timeout | SetOptions): Out<M, boolean> {
    return super.add(this.#key(key), value, timeout)
  }

  override remove(...keys: (Key | K)[]): Out<M, boolean> {
    return super.remove(...keys.map(this.#key))
  }

  override pull<T = V>(key: Key | K): Out<M, T | undefined> {
    return super.pull<T>(this.#key(key))
  }

  override updateTimeout<T = V>(key: Key | K, timeout?: Timeout): Out<M, T> {
    return super.updateTimeout<T>(this.#key(key), timeout)
  }

  override increment(key: Key | K, by?: number, timeout?: Timeout): Out<M, number> {
    return super.increment(this.#key(key), by, timeout)
  }

  override decrement(key: Key | K, by?: number, timeout?: Timeout): Out<M, number> {
    return super.decrement(this.#key(key), by, timeout)
  }

  override getOrSet<T>(
    key: Key | K,
    make: (key: string) => Promise<T>,
    timeout?: Timeout | GetOrSetOptions,
  ): OutMade<M, T>
  override getOrSet<T>(key: Key | K, value: Promise<T>, timeout?: Timeout | GetOrSetOptions): OutMade<M, T>
  override getOrSet<T>(key: Key | K, value: T | ((key: string) => T), timeout?: Timeout | GetOrSetOptions): Out<M, T>
  override getOrSet<T>(key: Key | K, value: T | ((key: string) => T), timeout?: Timeout | GetOrSetOptions): Out<M, T> {
    return super.getOrSet<T>(this.#key(key), value, timeout)
  }

  override getOrSetAsync<T>(
    key: Key | K,
    value: T | Promise<T> | ((key: string) => T | Promise<T>),
    timeout?: Timeout | GetOrSetOptions,
  ): Promise<T> {
    return super.getOrSetAsync<T>(this.#key(key), value, timeout)
  }

  override getMany<T = V>(keys: Iterable<Key | K>): Out<M, (T | undefined)[]> {
    return super.getMany<T>(Array.from(keys, this.#key))
  }

  override setMany(entries: ByteEntries<unknown, Key | K>, timeout?: Timeout | SetOptions): Out<M, void> {
    if (!isIterable(entries)) return super.setMany(entries, timeout)
    return super.setMany(
      Array.from(entries, ([key, value]) => [this.#key(key), value] as const),
      timeout,
    )
  }

  override getOrSetMany<T>(
    keys: Iterable<Key | K>,
    load: (missing: string[]) => Promise<Loaded<T>>,
    timeout?: Timeout | SetOptions,
  ): OutMade<M, T[]>
  override getOrSetMany<T>(
    keys: Iterable<Key | K>,
    load: (missing: string[]) => Loaded<T>,
    timeout?: Timeout | SetOptions,
  ): Out<M, T[]>
  override getOrSetMany<T>(
    keys: Iterable<Key | K>,
    load: (missing: string[]) => Loaded<T>,
    timeout?: Timeout | SetOptions,
  ): Out<M, T[]> {
    return super.getOrSetMany<T>(Array.from(keys, this.#key), load, timeout)
  }

  // `getOrSetAsync` calls `getOrSet` with text, which stays as it is.
  readonly #key = (key: Key | K): Key => this.keyFor(key)
}

function isIterable<K>(entries: ByteEntries<unknown, K>): entries is Iterable<readonly [K, unknown]> {
  return typeof entries === 'object' && entries !== null && Symbol.iterator in entries
}
