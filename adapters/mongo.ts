import { inspect } from 'node:util'
import type { AdapterOptions } from '../lib/contract.ts'
import { ConfigError } from '../lib/errors.ts'
import { nameOfInstance } from '../lib/instances.ts'
import { setting } from '../lib/settings.ts'
import { operationTimeoutOf } from '../lib/timeout.ts'
import { beside } from './bridge/launch.ts'
import { BridgedStore } from './bridge/store.ts'
import { checkInstalled } from './mongo/mongodb.ts'
import { type MongoStoreOptions, placeOf, urlOf } from './mongo/options.ts'
import { MongoStore } from './mongo/store.ts'
import { StoredCache } from './stored.ts'

export interface MongoOptions extends AdapterOptions, MongoStoreOptions {}

/**
 * A cache in MongoDB that answers at once: the connection is in a worker thread, and the calling thread waits for it. That
 * blocks the event loop for a round trip at every call; servers use `AsyncMongoCache`. It takes a URL, and no client.
 */
export class MongoCache extends StoredCache<'sync'> {
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
        const module = beside(import.meta.url, './mongo/store')
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
