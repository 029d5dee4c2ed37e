import { CoderError } from '../../core/errors.ts'
import { AsyncMemcachedCache, type Cache, type MemcachedOptions } from '../../index.ts'
import { jsonKey } from '../../key-text/index.ts'
import { ForwardingCache } from '../../wrappers/base/forwarding.ts'
import { PrefixedCache } from '../../wrappers/prefixed/index.ts'

/** A ready client of the package memcached. */
export type MemcachedClient = NonNullable<MemcachedOptions['client']>

/** Options of the memcached classes. */
export type MemCachedOptions = Omit<MemcachedOptions, 'client' | 'prefix' | 'servers'>

/**
 * A memcached server as a cache, after `CacheToolsUtils.MemCached`. Keys of any length and characters are encoded, values are
 * written by the `coder`, and `clear()` removes the entries of this prefix only.
 *
 * @example new MemCached('localhost:11211')
 */
export class MemCached extends ForwardingCache<'async'> {
  /** @param server a client, or the addresses of servers; or another asynchronous cache */
  constructor(server: MemcachedClient | string | Cache<'async'>, options: MemCachedOptions = {}, prefix?: string) {
    super(adapterOver(server, options, prefix))
  }

  /** The hit rate of this cache in this process, from 0 to 1. */
  hits(): number {
    return this.stats().hitRate
  }

  /** Removes a key; whether it was there. */
  delete(key: string): Promise<boolean> {
    return this.remove(key)
  }
}

/** The same with a prefix. */
export class PrefixedMemCached extends MemCached {
  constructor(server: MemcachedClient | string | Cache<'async'>, prefix = '', options: MemCachedOptions = {}) {
    super(server, options, prefix)
  }
}

/** The same as `PrefixedMemCached`, as every cache counts hits. */
export class StatsMemCached extends PrefixedMemCached {}

function adapterOver(
  server: MemcachedClient | string | Cache<'async'>,
  options: MemCachedOptions,
  prefix: string | undefined,
): Cache<'async'> {
  if (typeof server === 'string') return new AsyncMemcachedCache({ ...options, servers: server, prefix })
  if ('getOrSet' in server) return prefix ? new PrefixedCache(server, prefix) : server
  return new AsyncMemcachedCache({ ...options, client: server, prefix })
}

/** How a value was written: bytes as they are, text in UTF-8, anything else as JSON. */
const BYTES = 1
const TEXT = 2
const JSON_TEXT = 3

/** Writes values for memcached clients that take a serializer, after `CacheToolsUtils.JsonSerde`, with the same flags. */
export class JsonSerde {
  /** The bytes of a value, and the flag that says how they were written. */
  serialize(_key: string, value: unknown): [bytes: Buffer, flag: number] {
    if (value instanceof Uint8Array) return [Buffer.from(value), BYTES]
    if (typeof value === 'string') return [Buffer.from(value), TEXT]
    return [Buffer.from(jsonKey(value).slice(1, -1)), JSON_TEXT]
  }

  /** The value in bytes that were written with a flag. Throws `CoderError` for other flags. */
  deserialize(_key: string, bytes: Uint8Array, flag: number): unknown {
    if (flag === BYTES) return bytes
    if (flag === TEXT) return Buffer.from(bytes).toString()
    if (flag === JSON_TEXT) return JSON.parse(Buffer.from(bytes).toString())
    throw new CoderError(`Unknown serialization format: ${flag}. Another program wrote the value.`)
  }
}
