import type { Cache, Mode } from '../../core/types.ts'
import type { FailoverOptions } from './backends.ts'
import { FailoverCache } from './cache.ts'

export type { FailoverOptions, FailoverStatus } from './backends.ts'
export { FailoverCache } from './cache.ts'

/** A secondary of a primary of mode `M`: an asynchronous primary may have synchronous ones. */
export type Secondary<M extends Mode> = M extends 'sync' ? Cache<'sync'> : Cache

/**
 * A cache that goes on with the next backend while its primary is down, and returns to the primary when it is back: see
 * `FailoverCache` for the rule that keeps stale data away.
 *
 * @example failover(new AsyncRedisCache(), new AsyncMemoryCache(), { returnAfter: '10s' })
 */
export function failover<M extends Mode>(
  primary: Cache<M>,
  ...others: [Secondary<M>, ...Secondary<M>[]] | [Secondary<M>, ...Secondary<M>[], FailoverOptions]
): FailoverCache<M> {
  const last = others.at(-1)
  const hasOptions = last !== undefined && typeof (last as Partial<Cache>)?.get !== 'function'
  const secondaries = (hasOptions ? others.slice(0, -1) : others) as Cache[]
  return new FailoverCache<M>(primary, secondaries, hasOptions ? (last as FailoverOptions) : {})
}
