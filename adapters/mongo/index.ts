import { ConfigError } from '../../lib/core/errors.ts'
import type { AdapterOptions } from '../../lib/core/types.ts'
import { setting } from '../../lib/entry/settings.ts'
import { ADAPTER_OPTIONS, refuseUnknownOptions } from '../../lib/entry/validate.ts'
import { bridged } from '../bridge/bridged.ts'
import { StoredCache } from '../shared/stored-cache.ts'
import { checkInstalled } from './mongodb.ts'
import { checkClient, identityOf, type MongoStoreOptions, placeOf, urlOf } from './options.ts'
import { MongoStore } from './store.ts'

export interface MongoOptions extends AdapterOptions, MongoStoreOptions {}

const KNOWN = [...ADAPTER_OPTIONS, 'url', 'client', 'options', 'database', 'collection', 'operationTimeout']

/**
 * A synchronous cache in MongoDB: the connection is in a worker thread, and the calling thread waits for it. That blocks the
 * event loop for a round trip at every call; servers use `AsyncMongoCache`. It takes a URL, and no client.
 */
export class MongoCache extends StoredCache<'sync'> {
  static override readonly name: string = 'MongoCache'
  readonly mode = 'sync'

  constructor(options: MongoOptions = {}) {
    refuseUnknownOptions(options, KNOWN, 'MongoCache')
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
        const { options: given, operationTimeout } = where
        const options = { url: urlOf(where), options: given, ...placeOf(where), operationTimeout }
        return bridged({ module: 'adapters/mongo/store', name: 'MongoStore', options }, context)
      },
    })
  }
}

/** An asynchronous cache in MongoDB: one server, a replica set, or a sharded cluster. */
export class AsyncMongoCache extends StoredCache<'async'> {
  static override readonly name: string = 'AsyncMongoCache'
  readonly mode = 'async'

  constructor(options: MongoOptions = {}) {
    refuseUnknownOptions(options, KNOWN, 'AsyncMongoCache')
    const where = withDefaultUrl(options)
    if (options.client !== undefined) checkClient(options)
    super(options, { identity: identityOf(where), open: (context) => new MongoStore(where, context) })
  }
}

function withDefaultUrl(options: MongoOptions): MongoOptions {
  if (options.client !== undefined || options.url !== undefined) return options
  return { ...options, url: setting('mongodbUrl') }
}
