import { expect } from 'chai'
import fc from 'fast-check'
import { POLICIES, policyMaker } from '../../../adapters/memory/engine/policies/builtin.ts'
import { optimalHits } from '../../../bench/hitratio/optimum.ts'
import { hashesOf, hitsOf } from '../../../bench/hitratio/simulate.ts'

const traces = fc.array(fc.nat(7), { maxLength: 14 }).map((keys) => Int32Array.from(keys))
const capacities = fc.integer({ min: 1, max: 5 })

describe('the optimum of a trace', () => {
  it('is what the best of all choices reaches', () => {
    fc.assert(
      fc.property(traces, capacities, (requests, capacity) => {
        expect(optimalHits(requests, capacity)).to.equal(mostHits([...requests], [], capacity))
      }),
      { numRuns: 300 },
    )
  })

  it('is reached or missed by every policy, never exceeded', () => {
    const long = fc.array(fc.nat(60), { maxLength: 2000 }).map((keys) => Int32Array.from(keys))
    fc.assert(
      fc.property(long, fc.integer({ min: 1, max: 40 }), fc.nat(), (requests, capacity, seed) => {
        for (const policy of POLICIES) {
          const hits = hitsOf(requests, hashesOf(61, seed), policyMaker(policy), capacity, seed)
          expect(hits).to.be.at.most(optimalHits(requests, capacity))
        }
      }),
      { numRuns: 50 },
    )
  })
})

/** Tries everything: keep the newcomer in place of each that is there, or do not keep it. */
function mostHits(requests: readonly number[], kept: readonly number[], capacity: number): number {
  const [key, ...rest] = requests
  if (key === undefined) return 0
  if (kept.includes(key)) return 1 + mostHits(rest, kept, capacity)
  if (kept.length < capacity) return mostHits(rest, [...kept, key], capacity)
  const without = kept.map((one) => kept.filter((other) => other !== one))
  return Math.max(
    mostHits(rest, kept, capacity),
    ...without.map((others) => mostHits(rest, [...others, key], capacity)),
  )
}
