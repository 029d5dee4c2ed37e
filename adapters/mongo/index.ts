import { inspect } from 'node:util'
import { ConfigError } from '../../lib/core/errors.ts'
import { nameOfInstance } from '../../lib/core/instances.ts'
import type { AdapterOptions } from '../../lib/core/types.ts'
import { setting } from '../../lib/entry/settings.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { beside } from '../bridge/caller/launch.ts'
import { BridgedStore } from '../bridge/caller/store.ts'
import { StoredCache } from '../shared/stored-cache.ts'
import { checkInstalled } from './mongodb.ts'
import { type MongoStoreOptions, placeOf, urlOf } from './options.ts'
import { MongoStore } from './store.ts'

export interface MongoOptions extends AdapterOptions, MongoStoreOptions {}

/**
 * A cache in MongoDB that answers at once: the connection is in a worker thread, and the calling thread waits for it. That
 * blocks the event loop for a round trip at every call; servers use `AsyncMongoCache`. It takes a URL, and no client.
 */
export class MongoCache extends StoredCache<'sync'> {
  static override readonly name: string = 'MongoCache'
  readonly mode = 'sync'

  constructor(options: MongoOptions = {}) {
    if (options.client !== undefined) {
      throw new ConfigError(
        'MongoCache runs in a worker thread, to which a client cannot cross. Give it a url, or use AsyncMongoCache with asyncCached.',
      )
    }
    const where = withDefaultUrl(options)
    super(options, {
      identity: identityOf(where),
      open(context) {
        checkInstalled(context.adapter)
        const module = beside(import.meta.url, './store')
        const { options: given, operationTimeout } = where
        const far = { url: urlOf(where), options: given, ...placeOf(where), operationTimeout }
        const limit = operationTimeoutOf(operationTimeout)
        return new BridgedStore({ module, name: 'MongoStore', options: far, operationTimeout: limit }, context)
      },
    })
  }
}

/** A cache in MongoDB that answers with promises: one server, a replica set, or a sharded cluster. */
export class AsyncMongoCache extends StoredCache<'async'> {
  static override readonly name: string = 'AsyncMongoCache'
  readonly mode = 'async'

  constructor(options: MongoOptions = {}) {
    const where = withDefaultUrl(options)
    super(options, { identity: identityOf(where), open: (context) => new MongoStore(where, context) })
  }
}

function withDefaultUrl(options: MongoOptions): MongoOptions {
  if (options.client !== undefined || options.url !== undefined) return options
  return { ...options, url: setting('mongodbUrl') }
}

/** What stands for a collection in this process. A client may serve several. */
function identityOf({ client, url, options, database, collection }: MongoOptions): string {
  const where = typeof client === 'object' && client !== null ? nameOfInstance(client) : `${url} ${inspect(options)}`
  return `mongodb ${where} ${database ?? ''} ${collection ?? ''}`
}
