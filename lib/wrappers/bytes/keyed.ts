import type { GetOrSetOptions, Key, Loaded, Mode, Out, OutMade, SetOptions, Timeout } from '../../core/types.ts'
import { TransformedCache } from '../base/transformed.ts'

/** A key, or bytes that are one. */
export type ByteKey = Key | Uint8Array

/** Keys and values, as pairs, a Map or a record. */
export type ByteEntries<T = unknown, K = ByteKey> = Iterable<readonly [K, T]> | { readonly [key: string]: T }

/**
 * A cache whose verbs take more kinds of keys than others do. Its author overrides `keyOf`, which turns them into text: for
 * everything below, keys are text. `K` are the further keys, and `V` the usual values.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface widens the types of verbs that are inherited.
// biome-ignore lint/correctness/noUnusedVariables: the interface uses K and V.
export abstract class WiderKeyedCache<M extends Mode, K, V> extends TransformedCache<M> {}

export interface WiderKeyedCache<M extends Mode, K, V> {
  get<T = V>(key: Key | K): Out<M, T | undefined>
  get<T = V>(key: Key | K, fallback: unknown, options: { fail: true }): Out<M, T>
  get<T = V, D = T>(key: Key | K, fallback: D, options?: { fail?: false | undefined }): Out<M, T | D>
  getOrFail<T = V>(key: Key | K): Out<M, T>
  has(key: Key | K): Out<M, boolean>
  ttl(key: Key | K): Out<M, number | null | undefined>
  set(key: Key | K, value: unknown, timeout?: Timeout | SetOptions): Out<M, void>
  add(key: Key | K, value: unknown, timeout?: Timeout | SetOptions): Out<M, boolean>
  remove(...keys: (Key | K)[]): Out<M, boolean>
  pull<T = V>(key: Key | K): Out<M, T | undefined>
  updateTimeout<T = V>(key: Key | K, timeout?: Timeout): Out<M, T>
  increment(key: Key | K, by?: number, timeout?: Timeout): Out<M, number>
  decrement(key: Key | K, by?: number, timeout?: Timeout): Out<M, number>
  getOrSet<T>(key: Key | K, make: (key: string) => Promise<T>, timeout?: Timeout | GetOrSetOptions): OutMade<M, T>
  getOrSet<T>(key: Key | K, value: Promise<T>, timeout?: Timeout | GetOrSetOptions): OutMade<M, T>
  getOrSet<T>(key: Key | K, value: T | ((key: string) => T), timeout?: Timeout | GetOrSetOptions): Out<M, T>
  getOrSetAsync<T>(
    key: Key | K,
    value: T | Promise<T> | ((key: string) => T | Promise<T>),
    timeout?: Timeout | GetOrSetOptions,
  ): Promise<T>
  getMany<T = V>(keys: Iterable<Key | K>): Out<M, (T | undefined)[]>
  setMany(entries: ByteEntries<unknown, Key | K>, timeout?: Timeout | SetOptions): Out<M, void>
  getOrSetMany<T>(
    keys: Iterable<Key | K>,
    load: (missing: string[]) => Promise<Loaded<T>>,
    timeout?: Timeout | SetOptions,
  ): OutMade<M, T[]>
  getOrSetMany<T>(
    keys: Iterable<Key | K>,
    load: (missing: string[]) => Loaded<T>,
    timeout?: Timeout | SetOptions,
  ): Out<M, T[]>
}
