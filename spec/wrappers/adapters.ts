import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AsyncMemcachedCache, MemcachedCache } from '../../adapters/memcached/index.ts'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { AsyncRedisCache, RedisCache } from '../../adapters/redis/index.ts'
import { AsyncSqliteCache, SqliteCache } from '../../adapters/sqlite3/index.ts'
import type { CacheAdapter } from '../../lib/adapter/cache-adapter.ts'
import type { AdapterOptions } from '../../lib/core/types.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, redis, withoutServers } from '../support/servers.ts'

/** Makes an adapter of one kind. */
export type AdapterOf<C extends CacheAdapter> = (options: AdapterOptions) => C | Promise<C>

const servers = async () => {
  const { host, port } = await memcached()
  return `${host}:${port}`
}

// One for all: keys are kept apart by their prefixes.
let folder: string | undefined
const path = (name: string) => {
  folder ??= tempFolder('wrappers')
  return join(folder, name)
}

/**
 * A worker is started for each target, and ended when its last cache closes: that takes longer than a test. So one cache stays
 * open, and those over memcached, whose prefix is part of the target, share one that is cleared for each.
 */
const held = new Map<string, CacheAdapter<'sync'>>()
const prefix = `${randomUUID()}:`

function hold(name: string, make: () => CacheAdapter<'sync'>): void {
  if (held.has(name)) return
  const cache = make()
  cache.connect()
  held.set(name, cache)
}

/** Lets go of the workers. */
export function letGo(): void {
  for (const cache of held.values()) cache.close()
  held.clear()
}

/** The synchronous adapters, by name. */
export const SYNC = {
  MemoryCache: (options) => new MemoryCache(options),
  SqliteCache: (options) => new SqliteCache({ ...options, path: path('sync.db') }),
  RedisCache: async (options) => {
    const { url } = await redis()
    hold(url, () => new RedisCache({ url }))
    return new RedisCache({ ...options, url })
  },
  MemcachedCache: async (options) => {
    const where = { servers: await servers(), prefix }
    hold(prefix, () => new MemcachedCache(where))
    const cache = new MemcachedCache({ ...options, ...where })
    cache.clear()
    return cache
  },
} satisfies Record<string, AdapterOf<CacheAdapter<'sync'>>>

/** The asynchronous adapters, by name. */
export const ASYNC = {
  AsyncMemoryCache: (options) => new AsyncMemoryCache(options),
  AsyncSqliteCache: (options) => new AsyncSqliteCache({ ...options, path: path('async.db') }),
  AsyncRedisCache: async (options) => new AsyncRedisCache({ ...options, url: (await redis()).url }),
  AsyncMemcachedCache: async (options) => new AsyncMemcachedCache({ ...options, servers: await servers() }),
} satisfies Record<string, AdapterOf<CacheAdapter<'async'>>>

/** All of them; in the fast run those that need no server. */
export const ADAPTERS: Record<string, AdapterOf<CacheAdapter>> = withoutServers({ ...SYNC, ...ASYNC })
