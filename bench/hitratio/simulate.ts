import { hashOf } from '../../adapters/memory/policies/hash.ts'
import type { PolicyMaker } from '../../adapters/memory/policies/names.ts'
import { type Policy, SLOTS } from '../../adapters/memory/policies/policy.ts'

/** The hashes of keys 0 to `count`, as the cache makes them of their texts. */
export function hashesOf(count: number, seed: number): Int32Array {
  return Int32Array.from({ length: count }, (_, key) => hashOf(String(key), seed))
}

/**
 * Runs requests through a policy, as a cache that stores whatever it misses, and counts the hits.
 */
export function hitsOf(
  requests: Int32Array,
  hashes: Int32Array,
  make: PolicyMaker,
  capacity: number,
  seed: number,
): number {
  const policy = make(capacity, seed)
  const slots = new Int32Array(hashes.length)
  const keys = new Int32Array(SLOTS + capacity)
  let used = 0
  let hits = 0
  policy.grow(SLOTS + capacity)
  for (const key of requests) {
    const slot = slots[key]!
    if (slot !== 0) {
      policy.touch(slot)
      hits++
      continue
    }
    const free = used < capacity ? SLOTS + used++ : vacated(policy, slots, keys)
    slots[key] = free
    keys[free] = key
    policy.admit(free, hashes[key]!)
  }
  return hits
}

function vacated(policy: Policy, slots: Int32Array, keys: Int32Array): number {
  const slot = policy.evict()
  slots[keys[slot]!] = 0
  return slot
}
