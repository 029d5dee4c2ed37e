import type { Cache } from '../core/types.ts'
import { systemNow } from '../entry/clock.ts'
import { KeyvStore } from './keyv.ts'

/** A value as Keyv keeps it. */
interface RawEntry<T> {
  readonly value: T
  /** Milliseconds since the epoch. */
  readonly expires?: number | undefined
}

/**
 * A store for cache-manager 7 over any cache, and for NestJS's cache module. TTLs are milliseconds there; without one an
 * entry has no limit.
 *
 * @example createCache({ stores: [new CacheManagerStore(asyncCached)] })
 * @example CacheModule.register({ stores: [new CacheManagerStore(asyncCached)] })
 */
export class CacheManagerStore extends KeyvStore {
  // By these NestJS knows that the store needs no Keyv around it.
  readonly hooks = undefined
  readonly stats = undefined

  constructor(cache: Cache) {
    super(cache)
    this.useRelativeTtls()
  }

  /** The value; with `raw`, the value and its deadline, by which cache-manager decides whether to refresh it. */
  override async get<T = unknown>(key: string): Promise<T | undefined>
  override async get<T = unknown>(key: string, options: { raw: true }): Promise<RawEntry<T> | undefined>
  override async get(key: string, { raw = false } = {}): Promise<unknown> {
    const value = await super.get(key)
    if (!raw || value === undefined) return value
    const seconds = await this.cache.ttl(key)
    return typeof seconds === 'number' ? { value, expires: systemNow() + seconds * 1000 } : { value }
  }
}
