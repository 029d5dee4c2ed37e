import type { Cache } from '../core/types.ts'
import { systemNow } from '../entry/clock.ts'
import { KeyvStore } from './keyv.ts'

/** A value in the form that Keyv stores. */
interface RawEntry<T> {
  readonly value: T
  /** Milliseconds since the epoch. */
  readonly expires?: number | undefined
}

/**
 * A store for cache-manager 7 and NestJS's cache module over any cache. Their TTLs are milliseconds; without a TTL, an entry
 * does not expire.
 *
 * @example createCache({ stores: [new CacheManagerStore(asyncCached)] })
 * @example CacheModule.register({ stores: [new CacheManagerStore(asyncCached)] })
 */
export class CacheManagerStore extends KeyvStore {
  // NestJS checks these to see that the store needs no Keyv around it.
  readonly hooks = undefined
  readonly stats = undefined

  constructor(cache: Cache) {
    super(cache)
    this.useRelativeTtls()
  }

  /** Returns the value; with `raw`, the value and its deadline, which cache-manager needs to decide about a refresh. */
  override async get<T = unknown>(key: string): Promise<T | undefined>
  override async get<T = unknown>(key: string, options: { raw: true }): Promise<RawEntry<T> | undefined>
  override async get(key: string, { raw = false } = {}): Promise<unknown> {
    const value = await super.get(key)
    if (!raw || value === undefined) return value
    const seconds = await this.cache.ttl(key)
    return typeof seconds === 'number' ? { value, expires: systemNow() + seconds * 1000 } : { value }
  }
}
