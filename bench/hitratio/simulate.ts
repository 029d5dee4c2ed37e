import type { PolicyMaker } from '../../adapters/memory/engine/policies/builtin.ts'
import { hashOf, secretOf } from '../../adapters/memory/engine/policies/hash.ts'
import { type Policy, SLOTS } from '../../adapters/memory/engine/policies/policy.ts'

/** Initial capacity, doubled as it fills: as the cache does, so that a sketch learns the same. */
const FIRST_ROOM = 16

/** The hashes of keys 0 to `count`, as the cache makes them of their texts. */
export function hashesOf(count: number, seed: number): Int32Array {
  const secret = secretOf(seed)
  return Int32Array.from({ length: count }, (_, key) => hashOf(String(key), secret))
}

/** Runs requests through a policy, as a cache that stores whatever it misses, and counts the hits. */
export function hitsOf(
  requests: Int32Array,
  hashes: Int32Array,
  make: PolicyMaker,
  capacity: number,
  seed: number,
): number {
  let hits = 0
  replay(requests, hashes, make, capacity, seed, () => hits++)
  return hits
}

/** The same, and tells of every hit which request it was. */
export function replay(
  requests: Int32Array,
  hashes: Int32Array,
  make: PolicyMaker,
  capacity: number,
  seed: number,
  hit: (request: number) => void,
): void {
  const policy = make(capacity, seed)
  const slots = new Int32Array(hashes.length)
  const keys = new Int32Array(SLOTS + capacity)
  let used = 0
  let room = 0
  for (let i = 0; i < requests.length; i++) {
    const key = requests[i]!
    const slot = slots[key]!
    if (slot !== 0) {
      policy.touch(slot)
      hit(i)
      continue
    }
    policy.miss(hashes[key]!)
    if (used === room && room < capacity) {
      room = Math.min(capacity, Math.max(FIRST_ROOM, 2 * room))
      policy.grow(SLOTS + room)
    }
    const free = used < capacity ? SLOTS + used++ : vacated(policy, slots, keys)
    slots[key] = free
    keys[free] = key
    policy.admit(free, hashes[key]!)
  }
}

function vacated(policy: Policy, slots: Int32Array, keys: Int32Array): number {
  const slot = policy.evict()
  slots[keys[slot]!] = 0
  return slot
}
