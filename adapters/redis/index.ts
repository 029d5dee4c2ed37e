import type { AdapterOptions } from '../../lib/core/types.ts'
import { setting } from '../../lib/entry/settings.ts'
import { ADAPTER_OPTIONS, refuseUnknownOptions } from '../../lib/entry/validate.ts'
import { bridged } from '../bridge/bridged.ts'
import { StoredCache } from '../shared/stored-cache.ts'
import { checkInstalled } from './ioredis.ts'
import { addressOf, optionsOfClient, REDIS_OPTIONS, type RedisStoreOptions } from './options.ts'
import { type Raw, rawForm } from './raw.ts'
import { RedisStore } from './store.ts'

export interface RedisOptions extends AdapterOptions, RedisStoreOptions {
  /**
   * Keeps values as they are, without a head, as other programs read and write them: text, bytes, and numbers as their
   * digits. They come back as bytes, or as text with `'text'`. Redis alone knows when they expire: `ttl`, `increment` and
   * `decrement` are `Unsupported`.
   * @default false
   */
  raw?: Raw | undefined
}

const KNOWN = [...ADAPTER_OPTIONS, ...REDIS_OPTIONS, 'raw']

/**
 * A synchronous cache in Redis: the connection is in a worker thread, and the calling thread waits for it. That blocks the
 * event loop for a round trip at every call; servers use `AsyncRedisCache`. The caller's client cannot cross to the worker,
 * which opens a connection of its own to the same server, database and `keyPrefix`.
 */
export class RedisCache extends StoredCache<'sync'> {
  static override readonly name: string = 'RedisCache'
  readonly mode = 'sync'

  constructor(options: RedisOptions = {}) {
    refuseUnknownOptions(options, KNOWN, 'RedisCache')
    const { client, operationTimeout } = options
    const where = client === undefined ? withDefaultUrl(options) : optionsOfClient(client)
    const { url, cluster } = where
    const { identity } = addressOf({ url, cluster, options: where.options })
    super(options, {
      identity,
      form: rawForm(options.raw),
      expiresItself: true,
      open(context) {
        checkInstalled(context.adapter)
        const options = { url, cluster, options: where.options, operationTimeout }
        return bridged({ module: 'adapters/redis/store', name: 'RedisStore', options }, context)
      },
    })
  }
}

/** An asynchronous cache in Redis: one server, one behind Sentinel, or a Cluster. */
export class AsyncRedisCache extends StoredCache<'async'> {
  static override readonly name: string = 'AsyncRedisCache'
  readonly mode = 'async'

  constructor(options: RedisOptions = {}) {
    refuseUnknownOptions(options, KNOWN, 'AsyncRedisCache')
    const where = withDefaultUrl(options)
    super(options, {
      identity: addressOf(where).identity,
      form: rawForm(options.raw),
      expiresItself: true,
      open: (context) => new RedisStore(where, context),
    })
  }
}

function withDefaultUrl(options: RedisOptions): RedisOptions {
  if (options.client !== undefined || options.url !== undefined || options.options !== undefined) return options
  return { ...options, url: setting('redisUrl') }
}
