import type { StoreContext } from '../../lib/adapter/byte-store.ts'
import type { Timeout } from '../../lib/core/types.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { beside } from './caller/launch.ts'
import { BridgedStore } from './caller/store.ts'

/** The asynchronous store behind the synchronous twin of an adapter of ours. */
export interface BridgedTwin {
  /** `import.meta.url` of the adapter: its store is in the module `store` beside it. */
  readonly url: string
  /** The class of the store. */
  readonly name: string
  /** The options of the store: plain data, because it crosses to another thread. */
  readonly options: { readonly operationTimeout?: Timeout | undefined }
}

/** The synchronous twin of a store of ours, which runs in a worker thread. */
export function bridged({ url, name, options }: BridgedTwin, context: StoreContext): BridgedStore {
  const operationTimeout = operationTimeoutOf(options.operationTimeout)
  return new BridgedStore({ module: beside(url, './store'), name, options, operationTimeout }, context)
}
