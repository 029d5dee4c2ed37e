import { CoderError } from '../../core/errors.ts'
import { run } from '../../core/flow.ts'
import { quoted } from '../../core/quoted.ts'
import {
  AsyncRedisCache,
  type Cache,
  type Entry,
  type Key,
  type Keys,
  type RedisOptions,
  type Timeout,
} from '../../index.ts'
import { jsonKey } from '../../key-text/index.ts'
import { coreOf } from '../../verbs/cache-core.ts'
import { dropListed } from '../../verbs/keys.ts'
import { WiderKeyedCache } from '../../wrappers/bytes/keyed.ts'
import { PrefixedCache } from '../../wrappers/prefixed/index.ts'

/** A ready client of ioredis. */
export type RedisClient = NonNullable<RedisOptions['client']>

/** The commands of a client, or the methods of a cache over one, that tell about the server. */
interface Server {
  info?(...sections: string[]): Promise<string | Record<string, string | number>>
  dbsize?(): Promise<number>
}

/** Options of the Redis classes; a number or `null` in their place is the `ttl`. */
export interface RedisCacheOptions {
  /** The TTL of entries that are stored without a timeout. @default 600 seconds */
  ttl?: Timeout | undefined
  /** Takes keys and values as they are, bytes among them, instead of writing both as JSON. @default false */
  raw?: boolean | undefined
}

/** A key, or plain data that is one: Python's tuples, lists and dicts. */
export type JsonKey = Key | JsonData
type JsonData = readonly unknown[] | { readonly [name: string]: unknown }

/** Begins the text that stands for a key of other JSON than a text, as listings spell it. */
const DATA = '\u0000'

/**
 * A Redis server as a cache, after `CacheToolsUtils.RedisCache`: keys and values are stored as the compact, sorted ASCII JSON
 * that Python writes, so that both read what the other wrote. Over another cache instead of a client, it does the same there.
 *
 * @example new RedisCache(new Redis('redis://localhost'), { ttl: 3600 })
 */
export class RedisCache extends WiderKeyedCache<'async', JsonData, unknown> {
  readonly #server: Server
  readonly #isRaw: boolean
  readonly #hasTextKeys: boolean

  constructor(client: RedisClient | Cache<'async'>, options: RedisCacheOptions | Timeout = {}, prefix?: string) {
    const { ttl = 600, raw = false } = typeof options === 'object' && options !== null ? options : { ttl: options }
    super(adapterOver(client, ttl, raw, prefix), { timeout: ttl })
    this.#server = client as Server
    this.#isRaw = raw
    this.#hasTextKeys = raw || prefix !== undefined
  }

  /** The hit rate of this cache in this process, from 0 to 1. */
  hits(): number {
    return this.stats().hitRate
  }

  /** Removes a key; whether it was there. */
  delete(key: JsonKey): Promise<boolean> {
    return this.remove(key)
  }

  /** Facts of the server about itself, or one section of them. */
  async info(section?: string): Promise<Record<string, string | number>> {
    const facts = (await this.#server.info?.(...(section === undefined ? [] : [section]))) ?? {}
    return typeof facts === 'string' ? factsIn(facts) : facts
  }

  /** The number of keys in the whole database, of whatever program. */
  async dbsize(): Promise<number> {
    return (await this.#server.dbsize?.()) ?? 0
  }

  protected override keyOf(key: JsonKey): string {
    if (typeof key === 'string') return key
    const isData = typeof key === 'object' && key !== null
    if (this.#hasTextKeys) return isData ? jsonOf(key) : super.keyOf(key as Key)
    return DATA + (isData ? jsonOf(key) : super.keyOf(key as Key))
  }

  protected override toKey(key: string): string {
    if (this.#hasTextKeys) return key
    return key.startsWith(DATA) ? key.slice(DATA.length) : jsonOf(key)
  }

  protected override seal(_key: string, entry: Entry): Entry {
    return this.#isRaw ? entry : { ...entry, value: jsonOf(entry.value) }
  }

  protected override unseal(_key: string, stored: Entry): Entry {
    return this.#isRaw ? stored : { ...stored, value: parsed(stored.value) }
  }

  protected override list(prefix: string): Keys<'async'> {
    return this.#hasTextKeys ? super.list(prefix) : this.#listJson(prefix)
  }

  protected override wipe(prefix: string): Promise<void> {
    return this.#hasTextKeys ? super.wipe(prefix) : Promise.resolve(run(dropListed(coreOf(this), prefix)))
  }

  async *#listJson(prefix: string): AsyncGenerator<string, void, undefined> {
    for await (const stored of this.store.list!(this.prefix)) {
      const text = stored.slice(this.prefix.length)
      const key = this.prefix + (text.startsWith('"') ? String(parsed(text)) : DATA + text)
      if (key.startsWith(prefix)) yield key
    }
  }
}

/** The same with a prefix, and with text keys that are stored as they are. */
export class PrefixedRedisCache extends RedisCache {
  constructor(
    client: RedisClient | Cache<'async'>,
    prefix = '',
    options: Omit<RedisCacheOptions, 'raw'> | Timeout = {},
  ) {
    super(client, options, prefix)
  }
}

/** The same as `PrefixedRedisCache`, as every Redis cache counts hits. */
export class StatsRedisCache extends PrefixedRedisCache {}

function adapterOver(
  client: RedisClient | Cache<'async'>,
  timeout: Timeout,
  raw: boolean,
  prefix = '',
): Cache<'async'> {
  if ('getOrSet' in client) return prefix === '' ? client : new PrefixedCache(client, prefix)
  return new AsyncRedisCache({ client, prefix, timeout, raw: raw ? 'bytes' : 'text' })
}

/** Plain data as the JSON that Python writes. Throws `CoderError` for anything that JSON would not bring back. */
function jsonOf(data: unknown): string {
  try {
    const text = jsonKey(data).slice(1, -1)
    // Other data than JSON's is written as an expression, which does not parse, and large integers as digits, which parse as others.
    const again = JSON.parse(text)
    if (!/\d{16}/.test(text) || jsonKey(again).slice(1, -1) === text) return text
  } catch (cause) {
    throw new CoderError(`JSON cannot store ${described(data)} as it is: ${(cause as Error).message}`, { cause })
  }
  throw new CoderError(`JSON cannot store ${described(data)} as it is: it has an integer that numbers cannot hold.`)
}

/** The lines `name:value` of Redis' INFO. */
function factsIn(info: string): Record<string, string | number> {
  const pairs = Array.from(info.matchAll(/^([^#:\r\n]+):([^\r\n]*)/gm), ([, name, value]) => {
    return [name!, /^\d+(\.\d+)?$/.test(value!) ? Number(value) : value!] as const
  })
  return Object.fromEntries(pairs)
}

function described(data: unknown): string {
  return typeof data === 'string' ? quoted(data) : `this ${typeof data}`
}

function parsed(stored: unknown): unknown {
  try {
    return JSON.parse(stored as string)
  } catch (cause) {
    throw new CoderError('The stored value is not JSON: another program wrote it.', { cause })
  }
}
