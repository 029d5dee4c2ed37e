import type { AdapterOptions, Timeout } from '../lib/contract.ts'
import { operationTimeoutOf } from '../lib/timeout.ts'
import { BridgedStore } from './bridge/store.ts'
import { StoredCache } from './stored.ts'

export interface BridgeOptions extends AdapterOptions {
  /** Which export of the module makes the store: the class of an asynchronous adapter, or a function that gives one. @default the default export, or the only one that is a function */
  name?: string | undefined
  /** What it is given: plain data, because it crosses to another thread. @default nothing */
  options?: object | undefined
  /** How long an operation may take. @default '2s' */
  operationTimeout?: Timeout | undefined
}

/** A synchronous cache over an asynchronous adapter, which runs in a worker thread: see `bridge`. */
export class BridgedCache extends StoredCache<'sync'> {
  readonly mode = 'sync'

  constructor(module: URL | string, options: BridgeOptions = {}) {
    const { name, options: far = {}, operationTimeout } = options
    const limit = operationTimeoutOf(operationTimeout)
    super(options, {
      identity: undefined,
      open: (context) => new BridgedStore({ module, name, options: far, operationTimeout: limit }, context),
    })
  }
}

/**
 * Gives an asynchronous adapter the face of a synchronous one. It runs in a worker thread, which is started at first use and
 * shared by caches with the same module and options; the calling thread waits for its answers, and so blocks its event
 * loop for as long.
 *
 * @param module the URL (or absolute path) of the module that has the adapter, such as `import.meta.resolve('./mongo.js')`
 * @example
 * adapterSet(bridge(new URL('./my-cache.js', import.meta.url), { options: { url } }))
 */
export function bridge(module: URL | string, options?: BridgeOptions): BridgedCache {
  return new BridgedCache(module, options)
}
