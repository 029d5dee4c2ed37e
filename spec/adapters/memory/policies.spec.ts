import { expect } from 'chai'
import fc from 'fast-check'
import { POLICIES, policyMaker } from '../../../adapters/memory/engine/policies/builtin.ts'
import { Lru } from '../../../adapters/memory/engine/policies/lru.ts'
import { SLOTS } from '../../../adapters/memory/engine/policies/policy.ts'
import { MemoryStore } from '../../../adapters/memory/engine/store.ts'
import { MemoryCache } from '../../../adapters/memory/index.ts'
import { hashesOf, hitsOf } from '../../../bench/hitratio/simulate.ts'
import { hitRatio, workloads } from '../../../bench/hitratio/workloads.ts'
import { ownerWith } from './owner.ts'

const SEED = 7
const NOBODY = ownerWith()

for (const name of POLICIES) {
  describe(`the policy '${name}'`, () => {
    it('knows exactly the slots that are in use, whatever happens to them', () => {
      const steps = fc.array(fc.tuple(fc.constantFrom('touch', 'remove', 'admit', 'admit', 'evict'), fc.nat()), {
        maxLength: 400,
      })
      fc.assert(
        fc.property(steps, fc.integer({ min: 1, max: 50 }), (steps, capacity) => {
          const policy = policyMaker(name)(capacity, SEED)
          policy.grow(SLOTS + capacity)
          const free = Array.from({ length: capacity }, (_, i) => SLOTS + i)
          const used: number[] = []
          for (const [step, number] of steps) {
            const slot = used[number % used.length]
            if (step === 'touch' && slot !== undefined) policy.touch(slot)
            if (step === 'remove' && slot !== undefined) {
              policy.remove(slot)
              free.push(...used.splice(used.indexOf(slot), 1))
            }
            if (step === 'evict' ? used.length > 0 : step === 'admit' && free.length === 0) {
              const gone = policy.evict()
              expect(used).to.include(gone)
              free.push(...used.splice(used.indexOf(gone), 1))
            }
            if (step === 'admit') {
              const taken = free.pop()!
              used.push(taken)
              policy.admit(taken, number)
            }
            expect([...policy.coldest()].sort()).to.deep.equal([...used].sort())
          }
        }),
        { numRuns: 100 },
      )
    })

    it('does the same in the store as in the simulator, key for key', () => {
      fc.assert(
        fc.property(fc.array(fc.nat(200), { maxLength: 3000 }), fc.integer({ min: 1, max: 100 }), (keys, capacity) => {
          const store = new MemoryStore(capacity, name, SEED)
          let hits = 0
          for (const key of keys) {
            const slot = store.find(String(key))
            if (slot !== 0) hits++
            if (slot === 0) store.write(String(key), key, 0, Number.POSITIVE_INFINITY, 0, NOBODY)
            else store.touch(slot)
          }
          expect(hitsOf(Int32Array.from(keys), hashesOf(201, SEED), policyMaker(name), capacity, SEED)).to.equal(hits)
        }),
        { numRuns: 30 },
      )
    })
  })
}

describe('the policies together', () => {
  it('give up in the order of use when they are LRU', () => {
    const policy = new Lru()
    policy.grow(SLOTS + 3)
    for (const slot of [4, 5, 6]) policy.admit(slot)
    policy.touch(4)
    expect([policy.evict(), policy.evict(), policy.evict()]).to.deep.equal([5, 6, 4])
  })

  it('tell a loop that is too long from what comes back soon', () => {
    const loop = Int32Array.from({ length: 20_000 }, (_, i) => i % 150)
    const twice = Int32Array.from({ length: 20_000 }, (_, i) => Math.max(0, (i >> 1) - (i % 2) * 20))
    const ratio = (name: 'adaptive' | 'lru', requests: Int32Array): number =>
      hitsOf(requests, hashesOf(20_000, SEED), policyMaker(name), 100, SEED) / requests.length
    expect(ratio('lru', loop)).to.equal(0)
    expect(ratio('adaptive', loop)).to.be.above(0.55)
    expect(ratio('adaptive', twice)).to.be.above(ratio('lru', twice) - 0.02)
  })

  it('turn from a loop to what comes back soon, and back', () => {
    const loop = Array.from({ length: 20_000 }, (_, i) => i % 150)
    const twice = Array.from({ length: 20_000 }, (_, i) => 1000 + Math.max(0, (i >> 1) - (i % 2) * 40))
    const requests = Int32Array.from([...loop, ...twice, ...loop])
    const hits = hitsOf(requests, hashesOf(12_000, SEED), policyMaker('adaptive'), 100, SEED)
    expect(hits / requests.length).to.be.above(0.5)
  })
})

describe("the policy 'adaptive' where values are stored once and then only read", () => {
  for (const workload of [...workloads([20], [0.25, 0.45]), ...workloads([100, 1000], [0.45, 0.7])]) {
    it(`is never more than 5 points under LRU: ${workload.name}`, () => {
      const [lru, adaptive] = [policyMaker('lru'), policyMaker('adaptive')].map((make) =>
        hitRatio(workload, make, SEED),
      )
      expect(adaptive).to.be.above(lru! - 0.05)
    })
  }

  it('learns from the misses of every verb that reads values', () => {
    const reads: ((cache: MemoryCache, key: string) => unknown)[] = [
      (cache, key) => cache.get(key),
      (cache, key) => cache.getMany([key])[0],
      (cache, key) => cache.get(key, undefined, { fail: false }),
    ]
    for (const read of reads) {
      const cache = new MemoryCache({ maxEntries: 100, timeout: null })
      let hits = 0
      for (let i = 0; i < 3000; i++) {
        cache.set(`key ${i}`, i)
        for (const back of [15, 30, 45]) {
          const value = read(cache, `key ${i - back}`)
          if (i >= 2000 && value !== undefined) hits++
        }
      }
      expect(hits, read.toString()).to.be.above(2850)
    }
  })
})
