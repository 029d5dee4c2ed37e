import { inspect } from 'node:util'
import { ConfigError } from '../../lib/core/errors.ts'
import type { AdapterOptions } from '../../lib/core/types.ts'
import { setting } from '../../lib/entry/settings.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { beside } from '../bridge/caller/launch.ts'
import { BridgedStore } from '../bridge/caller/store.ts'
import { StoredCache } from '../shared/stored-cache.ts'
import type { RedisClient } from './client.ts'
import { checkInstalled } from './ioredis.ts'
import { type RedisStoreOptions, urlOf } from './options.ts'
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

/**
 * A cache in Redis that answers at once: the connection is in a worker thread, and the calling thread waits for it. That
 * blocks the event loop for a round trip at every call; servers use `AsyncRedisCache`. A client that is handed in cannot
 * cross to the worker, which opens a connection of its own to the same server.
 */
export class RedisCache extends StoredCache<'sync'> {
  static override readonly name: string = 'RedisCache'
  readonly mode = 'sync'

  constructor(options: RedisOptions = {}) {
    const { client, operationTimeout } = options
    const where = withDefaultUrl(client === undefined ? options : { options: addressOf(client) })
    super(options, {
      identity: identityOf(where),
      form: rawForm(options.raw),
      open(context) {
        checkInstalled(context.adapter)
        const module = beside(import.meta.url, './store')
        const far = { url: urlOf(where), options: where.options, operationTimeout }
        const limit = operationTimeoutOf(operationTimeout)
        return new BridgedStore({ module, name: 'RedisStore', options: far, operationTimeout: limit }, context)
      },
    })
  }
}

/** A cache in Redis that answers with promises: one server, one behind Sentinel, or a Cluster. */
export class AsyncRedisCache extends StoredCache<'async'> {
  static override readonly name: string = 'AsyncRedisCache'
  readonly mode = 'async'

  constructor(options: RedisOptions = {}) {
    const where = withDefaultUrl(options)
    super(options, {
      identity: options.client ?? identityOf(where),
      form: rawForm(options.raw),
      open: (context) => new RedisStore(where, context),
    })
  }
}

function withDefaultUrl(options: RedisOptions): RedisOptions {
  if (options.client !== undefined || options.url !== undefined || options.options !== undefined) return options
  return { ...options, url: setting('redisUrl') }
}

function identityOf({ url, options }: RedisOptions): string {
  return `redis ${url ?? ''} ${inspect(options)}`
}

/** What of a client's options says where its server is and how to log in. */
const ADDRESS = [
  'host',
  'port',
  'path',
  'family',
  'username',
  'password',
  'db',
  'tls',
  'sentinels',
  'name',
  'sentinelPassword',
]

/** Where a client that was handed in is connected to. */
function addressOf(client: RedisClient): object {
  const { options = {} } = client
  if (!('host' in options || 'path' in options || 'sentinels' in options)) {
    throw new ConfigError(
      'RedisCache runs in a worker thread, and cannot tell from this client where its server is. Give it a url, or use AsyncRedisCache with asyncCached.',
    )
  }
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => ADDRESS.includes(name) && value !== null))
}
