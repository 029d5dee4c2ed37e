import { defaultTtl } from '../../entry/settings.ts'
import type { Mode } from '../../index.ts'
import { CacheAdapter as Adapter, configure } from '../../index.ts'

/**
 * The names of Privex helpers' cache (`privex.helpers.cache`), for programs that are ported from it line by line.
 * `docs/predecessors.md` says what differs.
 */
export {
  AsyncCacheWrapper,
  AsyncMemcachedCache,
  AsyncMemoryCache,
  AsyncRedisCache,
  AsyncSqliteCache,
  adapterGet,
  adapterReset,
  adapterSet,
  asyncAdapterGet,
  asyncAdapterReset,
  asyncAdapterSet,
  asyncCached,
  CacheNotFound,
  CacheWrapper,
  cached,
  configure,
  get,
  getOrSet,
  getOrSetAsync,
  MemcachedCache,
  type MemcachedOptions,
  MemoryCache,
  type MemoryOptions,
  RedisCache,
  type RedisOptions,
  remove,
  SqliteCache,
  type SqliteOptions,
  set,
  updateTimeout,
} from '../../index.ts'

/** The base of a synchronous adapter: its author writes `read`, `write`, `drop` and `close`. */
export abstract class CacheAdapter extends Adapter<'sync'> {
  readonly mode = 'sync' satisfies Mode
}

/** The base of an asynchronous adapter: the same verbs with promises. */
export abstract class AsyncCacheAdapter extends Adapter<'async'> {
  readonly mode = 'async' satisfies Mode
}

/** The settings of `privex.helpers.settings` that concern the cache. They take effect at once, for every later verb. */
export const settings = {
  /** The TTL of entries that are stored without a timeout, in seconds; `null` for none. */
  get DEFAULT_CACHE_TIMEOUT(): number | null {
    const ms = defaultTtl()
    return ms === null ? null : ms / 1000
  },
  set DEFAULT_CACHE_TIMEOUT(timeout: number | null) {
    configure({ timeout })
  },
}
