import { AsyncMemcachedCache, MemcachedCache, type MemcachedOptions } from '../../adapters/memcached/index.ts'
import { MemoryStore } from '../../adapters/memory/engine/store.ts'
import { AsyncMemoryCache, MemoryCache, type MemoryOptions } from '../../adapters/memory/index.ts'
import { AsyncMongoCache, MongoCache, type MongoOptions } from '../../adapters/mongo/index.ts'
import { AsyncNullCache, NullCache } from '../../adapters/null/index.ts'
import { AsyncRedisCache, RedisCache, type RedisOptions } from '../../adapters/redis/index.ts'
import { AsyncSqliteCache, SqliteCache, type SqliteOptions } from '../../adapters/sqlite3/index.ts'
import { ConfigError, UnknownAdapter } from '../core/errors.ts'
import type { AdapterOptions, Cache, Mode } from '../core/types.ts'

/** The options of each adapter that has a name. */
export interface Adapters {
  memory: MemoryOptions
  redis: RedisOptions
  memcached: MemcachedOptions
  sqlite3: SqliteOptions
  mongo: MongoOptions
  null: AdapterOptions
}

/** A class of adapters, and what it is made with. */
export type AdapterClass<C extends Cache = Cache, O = never> = new (options: O) => C

/** An adapter in its two colours, with the names and URL schemes by which it is known. */
interface Family<O> {
  readonly sync: AdapterClass<Cache<'sync'>, O>
  readonly async: AdapterClass<Cache<'async'>, O>
  readonly aliases: readonly string[]
  /** What a URL of one of these schemes says, as options. */
  readonly schemes: Readonly<Record<string, (url: string, rest: string) => O>>
}

const FAMILIES: { readonly [K in keyof Adapters]: Family<Adapters[K]> } = {
  memory: {
    sync: MemoryCache,
    async: AsyncMemoryCache,
    aliases: ['memory', 'mem', 'ram'],
    schemes: { memory: () => ({}) },
  },
  redis: {
    sync: RedisCache,
    async: AsyncRedisCache,
    aliases: ['redis'],
    schemes: { redis: (url) => ({ url }), rediss: (url) => ({ url }) },
  },
  memcached: {
    sync: MemcachedCache,
    async: AsyncMemcachedCache,
    aliases: ['memcached', 'memcache', 'mcache'],
    schemes: {
      memcached: (url, rest) => ({ url: `memcached://${required(rest.replace(/^\/\/|\/$/g, ''), url)}` }),
      memcacheds: (url, rest) => ({ url: `memcacheds://${required(rest.replace(/^\/\/|\/$/g, ''), url)}` }),
    },
  },
  sqlite3: {
    sync: SqliteCache,
    async: AsyncSqliteCache,
    aliases: ['sqlite3', 'sqlite', 'sqlitedb'],
    schemes: { sqlite: (url, rest) => ({ path: required(rest.replace(/^\/\//, ''), url) }) },
  },
  mongo: {
    sync: MongoCache,
    async: AsyncMongoCache,
    aliases: ['mongo', 'mongodb'],
    schemes: { mongodb: (url) => ({ url }), 'mongodb+srv': (url) => ({ url }) },
  },
  null: { sync: NullCache, async: AsyncNullCache, aliases: ['null'], schemes: {} },
}

// Each family takes its own options; a caller that names one by text has had them checked by `Adapters`.
const families = Object.values(FAMILIES) as unknown as readonly Family<never>[]

/** The adapter of a name (an alias, a class name in any case, or a URL), newly made, in the colour asked for unless the name says another. */
export function adapterNamed(name: string, options: object | undefined, mode: Mode): Cache {
  const [Class, fromUrl] = classNamed(name.trim(), mode)
  return new Class({ ...fromUrl, ...options } as never)
}

/** The names that adapters are known by. */
export function knownAdapters(): string[] {
  const classes = families.flatMap((family) => [family.sync.name, family.async.name])
  const schemes = families.flatMap((family) => Object.keys(family.schemes).map((scheme) => `${scheme}:`))
  return [...families.flatMap((family) => family.aliases), ...classes, ...schemes]
}

function classNamed(name: string, mode: Mode): [AdapterClass, object?] {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(name) ?? []
  const lower = name.toLowerCase()
  for (const family of families) {
    if (family.aliases.includes(lower)) return [family[mode]]
    if (family.sync.name.toLowerCase() === lower) return [family.sync]
    if (family.async.name.toLowerCase() === lower) return [family.async]

    const parse = scheme === undefined ? undefined : family.schemes[scheme.toLowerCase()]
    if (parse !== undefined) return [family[mode], parse(name, rest!)]
  }
  // A URL may hold a password: only its scheme is repeated.
  throw new UnknownAdapter(scheme !== undefined && rest!.startsWith('//') ? `${scheme}://...` : name, knownAdapters())
}

function required(text: string, url: string): string {
  if (text === '') throw new ConfigError(`The URL ${JSON.stringify(url)} does not say where to connect.`)
  return text
}

/** The store that the default memory adapters of both twins share. */
export type SharedMemory = MemoryStore

/** A new store for the default memory adapters. */
export function sharedMemory(): SharedMemory {
  return new MemoryStore(MemoryStore.MAX_ENTRIES)
}

/** A memory adapter over a shared store. */
export function memoryOver(store: SharedMemory, mode: Mode): Cache {
  return mode === 'sync' ? new MemoryCache({ store }) : new AsyncMemoryCache({ store })
}
