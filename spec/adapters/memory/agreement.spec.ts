import { expect } from 'chai'
import { POLICIES, policyMaker } from '../../../adapters/memory/engine/policies/builtin.ts'
import { MemoryStore } from '../../../adapters/memory/engine/store.ts'
import { hashesOf, replay } from '../../../bench/hitratio/simulate.ts'
import { AsyncMemoryCache, MemoryCache } from '../../../lib/index.ts'
import { FakeClock } from '../../../lib/testing/index.ts'

const SEED = 11
const KEYS = 4000
const CAPACITIES = [1, 7, 100, 600]

let state = 1

/** A trace of all kinds: a few keys that are asked for often, a loop, a scan, keys that come back once, soon, and all of them mixed. */
const requests = Int32Array.from({ length: 40_000 }, (_, i) => {
  const kind = i < 25_000 ? Math.floor(i / 5000) : random(5)
  if (kind === 0) return Math.floor(500 * (random(1000) / 1000) ** 3)
  if (kind === 1) return 500 + (i % 700)
  if (kind === 2) return 1200 + (i % 2800)
  if (kind === 3) return (i >> 1) % 3000
  return random(KEYS)
})

describe('the simulator of policies', () => {
  const hashes = hashesOf(KEYS, SEED)

  for (const policy of POLICIES) {
    const storeFor = (capacity: number): MemoryStore => new MemoryStore(capacity, policy, SEED)

    it(`hits and misses as the cache with the policy '${policy}' does, key for key`, () => {
      for (const capacity of CAPACITIES) {
        const cache = new MemoryCache({ store: storeFor(capacity), clock: new FakeClock() })
        const hits = simulated(policy, capacity)
        requests.forEach((key, i) => {
          const isHit = cache.get(String(key)) !== undefined
          if (!isHit) cache.set(String(key), key)
          if (isHit !== hits.has(i)) expect.fail(`request ${i} of ${key} at ${capacity} entries: hit is ${isHit}`)
        })
      }
    })

    it(`hits and misses as getOrSet with the policy '${policy}' does, key for key`, async () => {
      const capacity = CAPACITIES.at(-1)!
      const cache = new AsyncMemoryCache({ store: storeFor(capacity), clock: new FakeClock() })
      const hits = simulated(policy, capacity)
      for (const [i, key] of requests.subarray(0, 30_000).entries()) {
        let isHit = true
        await cache.getOrSet(String(key), () => {
          isHit = false
          return key
        })
        if (isHit !== hits.has(i)) expect.fail(`request ${i} of ${key}: hit is ${isHit}`)
      }
    })
  }

  function simulated(policy: (typeof POLICIES)[number], capacity: number): Set<number> {
    const hits = new Set<number>()
    replay(requests, hashes, policyMaker(policy), capacity, SEED, (request) => hits.add(request))
    return hits
  }
})

/** A whole number below `most`, the same ones in every run. */
function random(most: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * most)
}
