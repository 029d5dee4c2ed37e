import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { BridgedStore, type BridgedStoreOptions } from '../../../adapters/bridge/caller/store.ts'
import type { FarOptions } from './fixtures/far-store.ts'

/** An event as the context of a store is told it. */
export type Told = readonly [event: string, key: string | undefined, facts: unknown]

/** How long the stores of these specs may take, in ms: long enough for a busy machine, but for those that never answer. */
export const LIMIT = 2000

const open = new Set<BridgedStore>()

/** A bridged store that `closeAll` closes, and the events that it has told. */
export function bridged(options: Partial<BridgedStoreOptions> = {}, adapter = 'FarCache') {
  const events: Told[] = []
  const module = new URL('./fixtures/far-store.ts', import.meta.url)
  const store = new BridgedStore(
    { module, options: {}, operationTimeout: LIMIT, ...options },
    // Specs do little but wait, so that blocking may be told of in any of them.
    { adapter, emit: (event, key, facts) => event !== 'blocking' && events.push([event, key, facts]) },
  )
  open.add(store)
  return { store, events }
}

/** A store over the misbehaving module, told so much. */
export function far(options: FarOptions, operationTimeout = LIMIT): BridgedStore {
  return bridged({ options, operationTimeout }).store
}

export function closeAll(): void {
  for (const store of open) store.close()
  open.clear()
}

/** The worker that the act starts. */
export async function workerOf(act: () => void): Promise<Worker> {
  // Node tells of a worker in the next turn: this one is not to be taken for an earlier one.
  await turn()
  act()
  for (;;) {
    const [worker] = (await once(process, 'worker')) as [Worker & { threadName?: string }]
    // Later versions of Node tell of threads that load modules, too, and of the names.
    if (worker.threadName === undefined || worker.threadName.startsWith('polycache')) return worker
  }
}

/** What an act throws. */
export function thrownBy(act: () => unknown): Error & Record<string, unknown> {
  try {
    act()
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('Nothing was thrown.')
}
