import { inspect } from 'node:util'
import type { AdapterOptions } from '../lib/contract.ts'
import { ConfigError } from '../lib/errors.ts'
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

/** The clients that were handed in, by number. */
const clients = new WeakMap<object, number>()
let lastClient = 0

/** What stands for a collection in this process. A client may serve several. */
function identityOf(where: MongoOptions): string {
  const { client, url, options, database, collection } = where
  if (typeof client === 'object' && client !== null && !clients.has(client)) clients.set(client, ++lastClient)
  const number = client === undefined ? '' : clients.get(client)
  return `mongodb ${url ?? ''} ${number} ${inspect(options)} ${database ?? ''} ${collection ?? ''}`
}
