import { ConfigError } from '../../../../lib/core/errors.ts'
import { Balance } from './balance.ts'
import { Fifo, Lru } from './lru.ts'
import type { EvictionPolicy, Policy } from './policy.ts'
import type { Records } from './records.ts'
import { S3Fifo } from './s3-fifo.ts'
import { TinyLfu } from './tiny-lfu.ts'

/**
 * Creates a policy for a capacity. The seed determines what it does by chance; what it knows of each slot is kept in the
 * records of the store.
 */
export type PolicyMaker = (capacity: number, seed: number, records?: Records) => Policy

/** The policy of a cache: a name, a function that creates one per store, or the policy of one store. */
export type PolicyOption = PolicyName | EvictionPolicy | ((capacity: number, seed: number) => EvictionPolicy)

const makers = {
  adaptive: (capacity, seed, records) => new TinyLfu(capacity, seed, new Balance(capacity), records),
  'w-tinylfu': (capacity, seed, records) => new TinyLfu(capacity, seed, undefined, records),
  's3-fifo': (capacity, _seed, records) => new S3Fifo(capacity, records),
  lru: (_capacity, _seed, records) => new Lru(records),
  fifo: (_capacity, _seed, records) => new Fifo(records),
} satisfies Record<string, PolicyMaker>

/**
 * A built-in eviction policy.
 * - `'adaptive'`: evicts what is used least often; new entries are kept in a window that finds its own size.
 * - `'w-tinylfu'`: the same with a window of 1 %.
 * - `'s3-fifo'`: three queues.
 * - `'lru'`: evicts what was not used for the longest time.
 * - `'fifo'`: evicts what was stored first.
 */
export type PolicyName = keyof typeof makers

/** The names of the built-in policies. */
export const POLICIES = Object.keys(makers) as PolicyName[]

/** The built-in policy of a name. Throws `ConfigError` if there is none. */
export function policyMaker(name: PolicyName): PolicyMaker {
  if (Object.hasOwn(makers, name)) return makers[name]
  throw new ConfigError(`policy must be one of ${POLICIES.join(', ')}, or your own, not ${shown(name)}.`)
}

/** Creates the policies of a store: a new one each time, unless the option is a policy itself. */
export function policyFrom(option: PolicyOption): (capacity: number, seed: number, records: Records) => EvictionPolicy {
  if (typeof option === 'string') return policyMaker(option)
  if (typeof option === 'function') return (capacity, seed) => checked(option(capacity, seed))
  if (taken.has(checked(option))) {
    throw new ConfigError('A policy object serves one cache. Pass a function that creates a policy to share it.')
  }
  taken.add(option)
  return () => option
}

/** The policy objects that serve a store already. */
const taken = new WeakSet<EvictionPolicy>()

function checked(policy: EvictionPolicy): EvictionPolicy {
  for (const verb of ['touch', 'admit', 'evict', 'remove'] as const) {
    if (typeof policy?.[verb] === 'function') continue
    throw new ConfigError(`policy must be one of ${POLICIES.join(', ')}, or have touch, admit, evict and remove.`)
  }
  return policy
}

function shown(name: unknown): string {
  return typeof name === 'string' ? JSON.stringify(name) : typeof name
}
