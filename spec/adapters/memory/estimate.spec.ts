import { expect } from 'chai'
import fc from 'fast-check'
import { estimate } from '../../../adapters/memory/engine/estimate.ts'

describe('The estimate of what an entry takes', () => {
  it('grows with what there is', () => {
    const sizes = [1, {}, { a: 'x'.repeat(100) }, Array(100).fill('some text'), Buffer.alloc(10_000)]
    const bytes = sizes.map((value) => estimate(value, 'key'))
    expect(bytes).to.deep.equal([...bytes].sort((a, b) => a - b))
    expect(new Set(bytes).size).to.equal(bytes.length)
  })

  it('is close for what is simple', () => {
    expect(estimate('x'.repeat(1_000_000), 'k')).to.be.within(1_000_000, 1_001_000)
    expect(estimate('ж'.repeat(1_000_000), 'k')).to.be.within(2_000_000, 2_001_000)
    expect(estimate(new Uint8Array(1_000_000), 'k')).to.be.within(1_000_000, 1_001_000)
    const rows = Array.from({ length: 10_000 }, (_, i) => ({ id: i, name: `name of ${i}` }))
    expect(estimate(rows, 'k')).to.be.within(600_000, 1_200_000)
    expect(estimate(new Map(rows.map((row) => [String(row.id), row])), 'k')).to.be.within(900_000, 1_800_000)
  })

  it('ends, whatever the value is, at a number above 0', () => {
    fc.assert(
      fc.property(
        fc.anything({ withMap: true, withSet: true, withTypedArray: true, withBigInt: true, withDate: true }),
        (value) => {
          expect(estimate(value, 'key')).to.be.within(1, 1e9)
        },
      ),
    )
    const cyclic: { self?: unknown } = {}
    cyclic.self = [cyclic, new Map([[cyclic, new Set([cyclic])]])]
    expect(estimate(cyclic, 'key')).to.be.below(1000)
    let deep: unknown = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(estimate(deep, 'key')).to.be.below(1e6)
    const failing = {
      get no() {
        throw new Error('no')
      },
    }
    expect(estimate(failing, 'key')).to.be.below(1000)
  })

  it('takes no longer for what is large', () => {
    const large = Array.from({ length: 1_000_000 }, (_, i) => ({ i }))
    const start = performance.now()
    for (let i = 0; i < 100; i++) estimate(large, 'key')
    expect(performance.now() - start).to.be.below(1000)
  })
})
