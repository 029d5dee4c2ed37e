import { AsyncMemcachedCache, MemcachedCache, type MemcachedOptions } from '../../adapters/memcached/index.ts'
import { MemoryStore } from '../../adapters/memory/engine/store.ts'
import { AsyncMemoryCache, MemoryCache, type MemoryOptions } from '../../adapters/memory/index.ts'
import { AsyncMongoCache, MongoCache, type MongoOptions } from '../../adapters/mongo/index.ts'
import { AsyncNullCache, NullCache } from '../../adapters/null/index.ts'
import { AsyncRedisCache, RedisCache, type RedisOptions } from '../../adapters/redis/index.ts'
import { AsyncSqliteCache, SqliteCache, type SqliteOptions } from '../../adapters/sqlite3/index.ts'
import { ConfigError, UnknownAdapter } from '../core/errors.ts'
import type { AdapterOptions, Cache, Mode } from '../core/types.ts'

/** The options of each built-in adapter. */
export interface Adapters {
  memory: MemoryOptions
  redis: RedisOptions
  memcached: MemcachedOptions
  sqlite3: SqliteOptions
  mongo: MongoOptions
  null: AdapterOptions
}

/** The class of an adapter. */
export type AdapterClass<C extends Cache = Cache, O = never> = new (options: O) => C

/** An adapter in both modes, with its aliases and URL schemes. */
interface Family<O> {
  readonly sync: AdapterClass<Cache<'sync'>, O>
  readonly async: AdapterClass<Cache<'async'>, O>
  readonly aliases: readonly string[]
  /** Converts a URL of each scheme to options. */
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
    schemes: {
      redis: (url) => ({ url }),
      rediss: (url) => ({ url }),
      'redis+cluster': (url) => ({ url }),
      'rediss+cluster': (url) => ({ url }),
      unix: (url, rest) => ({ url: required(rest.replace(/^\/\//, ''), url) }),
    },
  },
  memcached: {
    sync: MemcachedCache,
    async: AsyncMemcachedCache,
    aliases: ['memcached', 'memcache', 'mcache'],
    schemes: { memcached: memcachedAt, memcacheds: memcachedAt },
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

/**
 * Creates an adapter from its alias, its class name in any case, or a URL. An alias or a URL selects the class for the mode;
 * a class name selects that class.
 */
export function adapterNamed(name: string, options: object | undefined, mode: Mode): Cache {
  const [Class, fromUrl] = classNamed(name.trim(), mode)
  return new Class({ ...fromUrl, ...options } as never)
}

// The compiler has checked the options of each family against `Adapters`. A function, because bundlers could not drop the
// adapters if this ran when the module is loaded.
function families(): readonly Family<never>[] {
  return Object.values(FAMILIES) as unknown as readonly Family<never>[]
}

function classNamed(name: string, mode: Mode): [AdapterClass, object?] {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(name) ?? []
  const lower = name.toLowerCase()
  for (const family of families()) {
    if (family.aliases.includes(lower)) return [family[mode]]
    if (family.sync.name.toLowerCase() === lower) return [family.sync]
    if (family.async.name.toLowerCase() === lower) return [family.async]

    const parse = scheme === undefined ? undefined : family.schemes[scheme.toLowerCase()]
    if (parse !== undefined) return [family[mode], parse(name, rest!)]
  }
  throw new UnknownAdapter(withoutSecrets(name, scheme), knownNames())
}

function knownNames(): string[] {
  const classes = families().flatMap((family) => [family.sync.name, family.async.name])
  const schemes = families().flatMap((family) => Object.keys(family.schemes).map((scheme) => `${scheme}:`))
  return [...families().flatMap((family) => family.aliases), ...classes, ...schemes]
}

/** Returns the part of an unknown name that is safe to show: only the scheme of anything like a URL, which may contain a password. */
function withoutSecrets(name: string, scheme: string | undefined): string {
  if (!/[/@:]/.test(name)) return name
  return scheme === undefined ? `${/^[\w+.-]*/.exec(name)![0]}...` : `${scheme}:...`
}

function memcachedAt(url: string, rest: string): MemcachedOptions {
  const [scheme] = url.split(':', 1)
  return { url: `${scheme}://${required(rest.replace(/^\/\/|\/$/g, ''), url)}` }
}

/** Validates the address in a URL. Throws `ConfigError` if it is empty. */
function required(text: string, url: string): string {
  if (text !== '') return text
  throw new ConfigError(`The URL ${JSON.stringify(url)} has no address to connect to.`)
}

/** The store that the default memory adapters of `cached` and `asyncCached` share. */
export type SharedMemory = MemoryStore

/** Creates the store for the default memory adapters. */
export function sharedMemory(): SharedMemory {
  return new MemoryStore(MemoryStore.MAX_ENTRIES)
}

/** Creates a memory adapter over a shared store. */
export function memoryOver(store: SharedMemory, mode: Mode): Cache {
  return mode === 'sync' ? new MemoryCache({ store }) : new AsyncMemoryCache({ store })
}
