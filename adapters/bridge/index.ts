import type { AdapterOptions, Timeout } from '../../lib/core/types.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { StoredCache } from '../shared/stored-cache.ts'
import { BridgedStore } from './caller/store.ts'

/** Options of the cache on this side. Every other option goes to the adapter in the worker, and has to be plain data. */
export interface BridgeOptions extends AdapterOptions {
  /** The export of the module: the class of an asynchronous adapter, or a function that creates one. @default the default export, or the only one that is a function */
  exportName?: string | undefined
  /** How long an operation may take. @default '2s' */
  operationTimeout?: Timeout | undefined
  /** The options of the adapter itself. */
  [option: string]: unknown
}

/** A synchronous cache over an asynchronous adapter, which runs in a worker thread: see `bridge`. */
export class BridgedCache extends StoredCache<'sync'> {
  static override readonly name: string = 'BridgedCache'
  readonly mode = 'sync'

  constructor(module: URL | string, options: BridgeOptions = {}) {
    const { prefix, timeout, coder, isolation, onBackendError, clock, exportName, operationTimeout, ...far } = options
    const limit = operationTimeoutOf(operationTimeout)
    super(options, {
      identity: undefined,
      open: (context) => new BridgedStore({ module, name: exportName, options: far, operationTimeout: limit }, context),
    })
  }
}

/**
 * Turns an asynchronous adapter into a synchronous one. It runs in a worker thread, which is started at first use and shared
 * by caches with the same module and options; the calling thread waits for its answers, which blocks its event loop. Keys, coder, timeouts and events are those of the cache on this side: only bytes cross.
 *
 * @param module the URL (or absolute path) of the module that has the adapter, such as `import.meta.resolve('./mongo.js')`
 * @param options those of the adapter, with those of every cache
 * @example
 * adapterSet(bridge(new URL('./my-cache.js', import.meta.url), { url: 'my://server', timeout: '5m' }))
 */
export function bridge(module: URL | string, options?: BridgeOptions): BridgedCache {
  return new BridgedCache(module, options)
}
