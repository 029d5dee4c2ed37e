import { ConfigError } from '../../../../lib/core/errors.ts'
import { Balance } from './balance.ts'
import { Fifo, Lru } from './lru.ts'
import type { EvictionPolicy, Policy } from './policy.ts'
import type { Records } from './records.ts'
import { S3Fifo } from './s3-fifo.ts'
import { TinyLfu } from './tiny-lfu.ts'

/**
 * Makes a policy for so many entries. The seed is for whatever it does by chance; what it knows of each slot, it writes into the
 * records of the store.
 */
export type PolicyMaker = (capacity: number, seed: number, records?: Records) => Policy

/** A policy for a cache: a name, what makes one for each store, or the policy of one store. */
export type PolicyOption = PolicyName | EvictionPolicy | ((capacity: number, seed: number) => EvictionPolicy)

const makers = {
  adaptive: (capacity, seed, records) => new TinyLfu(capacity, seed, new Balance(capacity), records),
  'w-tinylfu': (capacity, seed, records) => new TinyLfu(capacity, seed, undefined, records),
  's3-fifo': (capacity, _seed, records) => new S3Fifo(capacity, records),
  lru: (_capacity, _seed, records) => new Lru(records),
  fifo: (_capacity, _seed, records) => new Fifo(records),
} satisfies Record<string, PolicyMaker>

/**
 * What a full cache gives up:
 * `'adaptive'`: what is used least often, in front of which a window that finds its own size keeps what is new;
 * `'w-tinylfu'`: the same with a window of 1 %;
 * `'s3-fifo'`: three queues;
 * `'lru'`: what was not used for the longest time;
 * `'fifo'`: what was stored first.
 */
export type PolicyName = keyof typeof makers

/** The names of the policies that are built in. */
export const POLICIES = Object.keys(makers) as PolicyName[]

/** What makes the policy of a name. Throws `ConfigError` when there is none. */
export function policyMaker(name: PolicyName): PolicyMaker {
  if (Object.hasOwn(makers, name)) return makers[name]
  throw new ConfigError(`policy must be one of ${POLICIES.join(', ')}, or a policy of your own, not ${shown(name)}.`)
}

/** What makes the policies of a store: new ones each time, but for an object, which is the only one that there is. */
export function policyFrom(option: PolicyOption): (capacity: number, seed: number, records: Records) => EvictionPolicy {
  if (typeof option === 'string') return policyMaker(option)
  if (typeof option === 'function') return (capacity, seed) => checked(option(capacity, seed))
  if (taken.has(checked(option))) {
    throw new ConfigError('A policy serves one cache. For several, give a function that makes one.')
  }
  taken.add(option)
  return () => option
}

/** The policies that were given as objects. */
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
