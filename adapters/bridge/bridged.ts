import type { StoreContext } from '../../lib/adapter/byte-store.ts'
import { ownFile } from '../../lib/core/own-file.ts'
import type { Timeout } from '../../lib/core/types.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { BridgedStore } from './caller/store.ts'

/** The asynchronous store behind the synchronous twin of an adapter of ours. */
export interface BridgedTwin {
  /** The module of the store: see `ownFile`. */
  readonly module: string
  /** The class of the store. */
  readonly name: string
  /** The options of the store: plain data, because it crosses to another thread. */
  readonly options: { readonly operationTimeout?: Timeout | undefined }
}

/** The synchronous twin of a store of ours, which runs in a worker thread. */
export function bridged({ module, name, options }: BridgedTwin, context: StoreContext): BridgedStore {
  const operationTimeout = operationTimeoutOf(options.operationTimeout)
  const url = ownFile(module, context.adapter)
  return new BridgedStore({ module: url, name, options, operationTimeout }, context)
}
