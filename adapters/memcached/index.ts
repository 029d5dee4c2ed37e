import type { AdapterOptions } from '../../lib/core/types.ts'
import { setting } from '../../lib/entry/settings.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { beside } from '../bridge/caller/launch.ts'
import { BridgedStore } from '../bridge/caller/store.ts'
import { StoredCache } from '../shared/stored-cache.ts'
import { clearsHere } from './clears.ts'
import { addressesOf } from './servers.ts'
import { MemcachedStore, type MemcachedStoreOptions } from './store.ts'

export interface MemcachedOptions extends AdapterOptions, MemcachedStoreOptions {}

/**
 * A cache in memcached that answers at once: the connection is in a worker thread, and the calling thread waits for it. That
 * blocks the event loop for a round trip at every call; servers use `AsyncMemcachedCache`.
 */
export class MemcachedCache extends StoredCache<'sync'> {
  readonly mode = 'sync'

  constructor(options: MemcachedOptions = {}) {
    const { servers, client, options: given, operationTimeout } = withDefaultServers(options)
    // Said here rather than by the worker at the first verb.
    addressesOf(servers)
    super(options, {
      identity: identityOf(servers),
      open(context, prefix) {
        const module = beside(import.meta.url, './store')
        const far = { servers, client, options: given, operationTimeout, prefix, clears: clearsHere().memory }
        const limit = operationTimeoutOf(operationTimeout)
        return new BridgedStore({ module, name: 'MemcachedStore', options: far, operationTimeout: limit }, context)
      },
    })
  }
}

/** A cache in memcached, on one server or several, that answers with promises. */
export class AsyncMemcachedCache extends StoredCache<'async'> {
  readonly mode = 'async'

  constructor(options: MemcachedOptions = {}) {
    const where = withDefaultServers(options)
    super(options, {
      identity: where.client ?? identityOf(where.servers),
      open: (context, prefix) => new MemcachedStore({ ...where, prefix }, context),
    })
  }
}

function withDefaultServers(options: MemcachedOptions): MemcachedOptions {
  if (options.client !== undefined || options.servers !== undefined) return options
  return { ...options, servers: setting('memcachedServers') }
}

function identityOf(servers: MemcachedOptions['servers']): string {
  return `memcached ${String(servers ?? '')}`
}
