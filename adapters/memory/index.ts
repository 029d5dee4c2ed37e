import type { ResolvedTtl } from '../../lib/entry/ttl.ts'
import { MemoryAdapter } from './adapter.ts'

export type { Dumped, Restored } from './dump.ts'
export type { Weigher } from './engine/estimate.ts'
export type { Expiry } from './engine/expiry.ts'
export type { PolicyName, PolicyOption } from './engine/policies/builtin.ts'
export type { EvictionPolicy } from './engine/policies/policy.ts'
export type { RemovalCause, RemovalListener } from './engine/removals.ts'
export type { EntryFacts, Inspection, MemoryStats } from './inspection.ts'
export type { MemoryOptions } from './options.ts'

/** A bounded cache in the memory of the process, with synchronous verbs. */
export class MemoryCache extends MemoryAdapter<'sync'> {
  static override readonly name: string = 'MemoryCache'
  readonly mode = 'sync'

  protected override trySet(key: string, value: unknown, ttl: ResolvedTtl): boolean {
    return this.putFresh(key, value, ttl)
  }
}

/** A bounded cache in the memory of the process, whose verbs return promises. */
export class AsyncMemoryCache extends MemoryAdapter<'async'> {
  static override readonly name: string = 'AsyncMemoryCache'
  readonly mode = 'async'
}
