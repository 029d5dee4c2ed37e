import type { AdapterOptions } from '../../lib/core/types.ts'
import { setting } from '../../lib/entry/settings.ts'
import { ADAPTER_OPTIONS, refuseUnknownOptions } from '../../lib/entry/validate.ts'
import { bridged } from '../bridge/bridged.ts'
import { StoredCache } from '../shared/stored-cache.ts'
import { clearCounter } from './generation.ts'
import { serversOf } from './servers.ts'
import { MemcachedStore, type MemcachedStoreOptions } from './store.ts'

export interface MemcachedOptions extends AdapterOptions, MemcachedStoreOptions {}

/**
 * A cache in memcached that answers at once: a worker thread owns the connection, and the calling thread waits for it. That
 * blocks the event loop for a round trip at every call; servers use `AsyncMemcachedCache`.
 */
export class MemcachedCache extends StoredCache<'sync'> {
  static override readonly name: string = 'MemcachedCache'
  readonly mode = 'sync'

  constructor(options: MemcachedOptions = {}) {
    const store = storeOptions(options, 'MemcachedCache')
    super(options, {
      identity: identityOf(store),
      open(context, prefix) {
        const options = { ...store, prefix, clears: clearCounter() }
        return bridged({ module: 'adapters/memcached/store', name: 'MemcachedStore', options }, context)
      },
    })
  }
}

/** A cache in memcached, on one server or several, that answers with promises. */
export class AsyncMemcachedCache extends StoredCache<'async'> {
  static override readonly name: string = 'AsyncMemcachedCache'
  readonly mode = 'async'

  constructor(options: MemcachedOptions = {}) {
    const store = storeOptions(options, 'AsyncMemcachedCache')
    super(options, {
      identity: identityOf(store),
      open: (context, prefix) => new MemcachedStore({ ...store, prefix }, context),
    })
  }
}

const STORE_OPTIONS: readonly string[] = [
  'servers',
  'url',
  'username',
  'password',
  'tls',
  'client',
  'options',
  'operationTimeout',
] satisfies (keyof MemcachedStoreOptions)[]

/** The options that concern the store. Throws `ConfigError` for an option that does not exist. */
function storeOptions(given: MemcachedOptions, owner: string): MemcachedStoreOptions {
  refuseUnknownOptions(given, [...ADAPTER_OPTIONS, ...STORE_OPTIONS], owner)
  const { url, client, options, operationTimeout, username, password, tls } = given
  const isDefault = client === undefined && url === undefined && given.servers === undefined
  const servers = isDefault ? setting('memcachedServers') : given.servers
  return { servers, url, client, options, operationTimeout, username, password, tls }
}

/** Names the store, the same for every spelling of its servers. Also checks them, before the worker does at the first verb. */
function identityOf(options: MemcachedStoreOptions): object | string {
  const { client } = options
  // A client spreads its keys over several servers in its own way, and may have a prefix of its own.
  if (client !== undefined && (client.servers?.length !== 1 || client.namespace)) return client
  const servers = serversOf(client === undefined ? options : { servers: client.servers })
  return `memcached ${servers
    .map(({ id }) => id)
    .sort()
    .join()}`
}
