import { expect } from 'chai'
import { leftBehind, soak } from '../../../bench/memory/soak.ts'

describe('a cache in memory that is used all the time', function () {
  this.timeout(30_000)

  it('leaves nothing behind', async () => {
    const soaked = await soak(3, 6)
    expect(soaked.operations).to.be.above(50_000)
    expect(leftBehind(soaked), `bytes per operation; in use: ${soaked.samples.join(' ')}`).to.be.below(1)
  })
})
