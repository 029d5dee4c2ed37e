import type { GetOrSetOptions, Key, Loaded, Mode, Out, OutMade, SetOptions, Timeout } from '../contract.ts'
import { TransformedCache } from '../transformed.ts'

/** A key, or bytes that are one. */
export type ByteKey = Key | Uint8Array

/** Keys and values of which the keys may be bytes. */
export type ByteEntries<T = unknown> = Iterable<readonly [ByteKey, T]> | { readonly [key: string]: T }

/** A cache whose every verb takes bytes for keys. They become text at once: to all that is below, keys are text. */
export abstract class ByteKeyedCache<M extends Mode = Mode> extends TransformedCache<M> {
  /** The text that a key of bytes is. */
  protected abstract textOf(bytes: Uint8Array): string

  override get<T = Uint8Array>(key: ByteKey): Out<M, T | undefined>
  override get<T = Uint8Array>(key: ByteKey, fallback: unknown, options: { fail: true }): Out<M, T>
  override get<T = Uint8Array, D = T>(key: ByteKey, fallback: D, options?: { fail?: false | undefined }): Out<M, T | D>
  override get<T, D>(key: ByteKey, fallback?: D, options?: { fail?: boolean | undefined }): Out<M, T | D | undefined> {
    return super.get<T, D | undefined>(this.#key(key), fallback, options as { fail?: false | undefined })
  }

  override getOrFail<T = Uint8Array>(key: ByteKey): Out<M, T> {
    return super.getOrFail<T>(this.#key(key))
  }

  override has(key: ByteKey): Out<M, boolean> {
    return super.has(this.#key(key))
  }

  override ttl(key: ByteKey): Out<M, number | null | undefined> {
    return super.ttl(this.#key(key))
  }

  override set(key: ByteKey, value: unknown, timeout?: Timeout | SetOptions): Out<M, void> {
    return super.set(this.#key(key), value, timeout)
  }

  override add(key: ByteKey, value: unknown, timeout?: Timeout | SetOptions): Out<M, boolean> {
    return super.add(this.#key(key), value, timeout)
  }

  override remove(...keys: ByteKey[]): Out<M, boolean> {
    return super.remove(...keys.map(this.#key))
  }

  override pull<T = Uint8Array>(key: ByteKey): Out<M, T | undefined> {
    return super.pull<T>(this.#key(key))
  }

  override updateTimeout<T = Uint8Array>(key: ByteKey, timeout?: Timeout): Out<M, T> {
    return super.updateTimeout<T>(this.#key(key), timeout)
  }

  override increment(key: ByteKey, by?: number, timeout?: Timeout): Out<M, number> {
    return super.increment(this.#key(key), by, timeout)
  }

  override decrement(key: ByteKey, by?: number, timeout?: Timeout): Out<M, number> {
    return super.decrement(this.#key(key), by, timeout)
  }

  override getOrSet<T>(
    key: ByteKey,
    make: (key: string) => Promise<T>,
    timeout?: Timeout | GetOrSetOptions,
  ): OutMade<M, T>
  override getOrSet<T>(key: ByteKey, value: Promise<T>, timeout?: Timeout | GetOrSetOptions): OutMade<M, T>
  override getOrSet<T>(key: ByteKey, value: T | ((key: string) => T), timeout?: Timeout | GetOrSetOptions): Out<M, T>
  override getOrSet<T>(key: ByteKey, value: T | ((key: string) => T), timeout?: Timeout | GetOrSetOptions): Out<M, T> {
    return super.getOrSet<T>(this.#key(key), value, timeout)
  }

  override getOrSetAsync<T>(
    key: ByteKey,
    value: T | Promise<T> | ((key: string) => T | Promise<T>),
    timeout?: Timeout | GetOrSetOptions,
  ): Promise<T> {
    return super.getOrSetAsync<T>(this.#key(key), value, timeout)
  }

  override getMany<T = Uint8Array>(keys: Iterable<ByteKey>): Out<M, (T | undefined)[]> {
    return super.getMany<T>(Array.from(keys, this.#key))
  }

  override setMany(entries: ByteEntries, timeout?: Timeout | SetOptions): Out<M, void> {
    if (!isIterable(entries)) return super.setMany(entries, timeout)
    return super.setMany(
      Array.from(entries, ([key, value]) => [this.#key(key), value] as const),
      timeout,
    )
  }

  override getOrSetMany<T>(
    keys: Iterable<ByteKey>,
    load: (missing: string[]) => Promise<Loaded<T>>,
    timeout?: Timeout | SetOptions,
  ): OutMade<M, T[]>
  override getOrSetMany<T>(
    keys: Iterable<ByteKey>,
    load: (missing: string[]) => Loaded<T>,
    timeout?: Timeout | SetOptions,
  ): Out<M, T[]>
  override getOrSetMany<T>(
    keys: Iterable<ByteKey>,
    load: (missing: string[]) => Loaded<T>,
    timeout?: Timeout | SetOptions,
  ): Out<M, T[]> {
    return super.getOrSetMany<T>(Array.from(keys, this.#key), load, timeout)
  }

  // `getOrSetAsync` calls `getOrSet` with text, which stays as it is.
  readonly #key = (key: ByteKey): Key => (key instanceof Uint8Array ? this.textOf(key) : key)
}

function isIterable(entries: ByteEntries): entries is Iterable<readonly [ByteKey, unknown]> {
  return typeof entries === 'object' && entries !== null && Symbol.iterator in entries
}
