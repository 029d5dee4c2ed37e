import { Redis } from 'ioredis'
import { asyncAdapterSet, asyncCached } from '../../lib/index.ts'
import { peer } from '../data.ts'

/** The measurements of a Redis client, the same for all of them. */
export interface Client {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<unknown>
  getMany?: ((keys: string[]) => Promise<readonly unknown[]>) | undefined
}

const SECONDS = 300
const MS = 1000 * SECONDS

/** Keyv, which cache-manager works over too. */
interface Keyv {
  get(key: string): Promise<unknown>
  get(keys: string[]): Promise<unknown[]>
  set(key: string, value: unknown, ms: number): Promise<unknown>
}

/** The clients by name. Each has a server of the same address, and keys of its own in it. */
export const clients: Readonly<Record<string, (url: string) => Client | Promise<Client>>> = {
  polycache: (url) => {
    asyncAdapterSet('redis', { url })
    return {
      get: (key) => asyncCached.get(key),
      set: (key, value) => asyncCached.set(key, value, SECONDS),
      getMany: (keys) => asyncCached.getMany(keys),
    }
  },

  'ioredis + JSON': (url) => {
    const redis = new Redis(url, { keyPrefix: 'raw:' })
    return {
      get: async (key) => parsed(await redis.get(key)),
      set: (key, value) => redis.set(key, JSON.stringify(value), 'PX', MS),
      getMany: async (keys) => (await redis.mget(keys)).map(parsed),
    }
  },

  // The floor over ioredis: the commands of a tick leave together, and nothing else is done.
  'ioredis + JSON, corked': (url) => {
    const redis = new Redis(url, { keyPrefix: 'corked:' })
    let isHeld = false
    const release = (): void => {
      isHeld = false
      redis.stream.uncork()
    }
    const hold = (): void => {
      if (isHeld || redis.status !== 'ready') return
      isHeld = true
      redis.stream.cork()
      process.nextTick(release)
    }
    return {
      get: async (key) => {
        hold()
        return parsed(await redis.get(key))
      },
      set: (key, value) => {
        hold()
        return redis.set(key, JSON.stringify(value), 'PX', MS)
      },
    }
  },

  ioredis: (url) => {
    const redis = new Redis(url, { keyPrefix: 'bare:' })
    const text = JSON.stringify({ id: 1_000_000, name: '-'.repeat(70), ok: true })
    return {
      get: (key) => redis.get(key),
      set: (key) => redis.set(key, text, 'PX', MS),
      getMany: (keys) => redis.mget(keys),
    }
  },

  Keyv: async (url) => {
    const keyv = await keyvOver(url)
    return {
      get: (key) => keyv.get(key),
      set: (key, value) => keyv.set(key, value, MS),
      getMany: (keys) => keyv.get(keys),
    }
  },

  'cache-manager': async (url) => {
    interface Manager {
      get(key: string): Promise<unknown>
      set(key: string, value: unknown, ms: number): Promise<unknown>
      mget(keys: string[]): Promise<unknown[]>
    }
    const { createCache } = await peer<{ createCache: (options: object) => Manager }>('cache-manager')
    const cache = createCache({ stores: [await keyvOver(url)] })
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value, MS),
      getMany: (keys) => cache.mget(keys),
    }
  },

  BentoCache: async (url) => {
    interface Bento {
      get(options: { key: string }): Promise<unknown>
      set(options: { key: string; value: unknown; ttl: string }): Promise<unknown>
    }
    interface Package {
      BentoCache: new (options: object) => Bento
      bentostore: () => { useL2Layer(driver: unknown): unknown }
    }
    const { BentoCache, bentostore } = await peer<Package>('bentocache')
    const { redisDriver } = await peer<{ redisDriver: (options: object) => unknown }>('bentocache/drivers/redis')
    const { hostname: host, port } = new URL(url)
    const stores = { redis: bentostore().useL2Layer(redisDriver({ connection: { host, port: Number(port) } })) }
    const bento = new BentoCache({ default: 'redis', stores })
    return {
      get: (key) => bento.get({ key }),
      set: (key, value) => bento.set({ key, value, ttl: '5m' }),
    }
  },

  unstorage: async (url) => {
    interface Storage {
      getItem(key: string): Promise<unknown>
      getItems(keys: string[]): Promise<{ value: unknown }[]>
      setItem(key: string, value: unknown, options: { ttl: number }): Promise<void>
    }
    const { createStorage } = await peer<{ createStorage: (options: object) => Storage }>('unstorage')
    const { default: redisDriver } = await peer<{ default: (options: object) => unknown }>('unstorage/drivers/redis')
    const storage = createStorage({ driver: redisDriver({ url, base: 'unstorage' }) })
    return {
      get: (key) => storage.getItem(key),
      set: (key, value) => storage.setItem(key, value, { ttl: SECONDS }),
      getMany: async (keys) => (await storage.getItems(keys)).map(({ value }) => value),
    }
  },
}

async function keyvOver(url: string): Promise<Keyv> {
  const { default: Keyv } = await peer<{ default: new (store: object) => Keyv }>('keyv')
  const { default: KeyvRedis } = await peer<{ default: new (url: string) => object }>('@keyv/redis')
  return new Keyv(new KeyvRedis(url))
}

function parsed(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text)
}
