import type { Cache } from '../core/types.ts'
import { systemNow } from '../entry/clock.ts'

export { fromKeyv, type KeyvCache, type KeyvStorage } from './from-keyv.ts'

/** One entry of Keyv's `setMany`. */
interface KeyvEntry {
  readonly key: string
  readonly value: unknown
  /** Keyv 5: milliseconds from now. */
  readonly ttl?: number | undefined
  /** Keyv 6: milliseconds since the epoch. */
  readonly expires?: number | undefined
}

/**
 * A store for Keyv 5 and 6 over any cache. Entries without a TTL do not expire.
 *
 * The two major versions call the same methods differently: Keyv 5 adds the namespace to the keys and passes a relative TTL;
 * Keyv 6 leaves the namespace to the store and passes a deadline. Only Keyv 5 reads `opts.dialect`, which tells them apart.
 *
 * @example new Keyv({ store: new KeyvStore(asyncCached), namespace: 'sessions' })
 */
export class KeyvStore {
  /** Set by Keyv. */
  namespace: string | undefined
  readonly opts: { readonly cache: Cache; readonly dialect: string }
  /** Tells Keyv 6 to pass deadlines. */
  readonly capabilities = { expires: true }
  protected readonly cache: Cache
  #isLegacy = false

  constructor(cache: Cache) {
    this.cache = cache
    const readByKeyv5 = () => {
      this.useRelativeTtls()
      // Keyv 5 only offers an iterator for dialects that it knows.
      return 'redis'
    }
    this.opts = {
      cache,
      get dialect() {
        return readByKeyv5()
      },
    }
  }

  async get<T = unknown>(key: string): Promise<T | undefined> {
    return await this.cache.get<T>(this.#prefix + key)
  }

  async getMany<T = unknown>(keys: readonly string[]): Promise<(T | undefined)[]> {
    return await this.cache.getMany<T>(keys.map((key) => this.#prefix + key))
  }

  async set(key: string, value: unknown, ttlOrExpires?: number): Promise<boolean> {
    await this.cache.set(this.#prefix + key, value, this.#timeoutOf(ttlOrExpires))
    return true
  }

  async setMany(entries: readonly KeyvEntry[]): Promise<boolean[]> {
    return await Promise.all(entries.map(({ key, value, ttl, expires }) => this.set(key, value, expires ?? ttl)))
  }

  async delete(key: string): Promise<boolean> {
    return await this.cache.remove(this.#prefix + key)
  }

  async deleteMany(keys: readonly string[]): Promise<boolean[] | boolean> {
    if (this.#isLegacy) return keys.length > 0 && (await this.cache.remove(...keys))
    return await Promise.all(keys.map((key) => this.delete(key)))
  }

  async has(key: string): Promise<boolean> {
    return await this.cache.has(this.#prefix + key)
  }

  async hasMany(keys: readonly string[]): Promise<boolean[]> {
    return await Promise.all(keys.map((key) => this.has(key)))
  }

  async clear(): Promise<void> {
    await this.cache.clear(prefixOf(this.namespace))
  }

  async *iterator<T = unknown>(namespace = this.namespace): AsyncGenerator<[string, T], void, undefined> {
    const prefix = prefixOf(namespace)
    for await (const key of this.cache.keys(prefix)) {
      const value = await this.cache.get<T>(key)
      if (value !== undefined) yield [this.#isLegacy ? key : key.slice(prefix.length), value]
    }
  }

  async disconnect(): Promise<void> {
    await this.cache.close()
  }

  /** Keyv listens to `error`. Failures of its calls are rejections; this forwards the `error` events of the cache. */
  on(event: string, listener: (error: unknown) => void): this {
    if (event === 'error') this.cache.on('error', ({ error }) => listener(error))
    return this
  }

  protected useRelativeTtls(): void {
    this.#isLegacy = true
  }

  get #prefix(): string {
    return this.#isLegacy ? '' : prefixOf(this.namespace)
  }

  /** In Keyv 5, 0 means no TTL. */
  #timeoutOf(ttlOrExpires: number | undefined): number | null {
    if (ttlOrExpires === undefined) return null
    if (this.#isLegacy) return ttlOrExpires === 0 ? null : ttlOrExpires / 1000
    return (ttlOrExpires - systemNow()) / 1000
  }
}

function prefixOf(namespace: string | undefined): string {
  return namespace === undefined ? '' : `${namespace}:`
}
