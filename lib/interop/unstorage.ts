import type { Cache } from '../core/types.ts'

export { fromUnstorage, type Storage, type UnstorageCache } from './from-unstorage.ts'

/** The options that unstorage passes to `setItem`. */
interface SetOptions {
  /** Seconds. */
  readonly ttl?: number | undefined
}

/**
 * Creates a driver for unstorage over any cache. TTLs are seconds, as in unstorage's own drivers; without a TTL, an item
 * does not expire.
 *
 * @example createStorage({ driver: unstorageDriver(asyncCached) })
 */
export function unstorageDriver(cache: Cache) {
  const setItem = async (key: string, value: unknown, { ttl }: SetOptions = {}): Promise<void> => {
    await cache.set(key, value, ttl ?? null)
  }
  const getItem = async (key: string) => (await cache.get(key, null)) as null | string
  return {
    name: 'polycache',
    options: { cache },
    getInstance: () => cache,
    hasItem: async (key: string): Promise<boolean> => await cache.has(key),
    getItem,
    getItemRaw: getItem as (key: string) => Promise<unknown>,
    getItems: async (items: readonly { readonly key: string }[]) => {
      const values = await cache.getMany(items.map(({ key }) => key))
      return items.map(({ key }, i) => ({ key, value: (values[i] ?? null) as string | null }))
    },
    setItem,
    setItemRaw: setItem,
    removeItem: async (key: string): Promise<void> => {
      await cache.remove(key)
    },
    getKeys: async (base = ''): Promise<string[]> => {
      const keys: string[] = []
      for await (const key of cache.keys(base)) keys.push(key)
      return keys
    },
    clear: async (base = ''): Promise<void> => {
      await cache.clear(base)
    },
    dispose: async (): Promise<void> => {
      await cache.close()
    },
  }
}
