import { expect } from 'chai'
import { lifeOf } from '../../../adapters/memcached/ttl.ts'

const DAY = 24 * 60 * 60 * 1000
const inSeconds = () => Math.floor(Date.now() / 1000)

describe('Lives in memcached', () => {
  it('are whole seconds, and one more because memcached counts the one that has begun', () => {
    expect([1, 999, 1000, 1001, 60_000].map(lifeOf)).to.deep.equal([2, 2, 2, 3, 61])
  })

  it('are 0 for ever', () => {
    expect(lifeOf(null)).to.equal(0)
  })

  it('are a date when they are longer than 30 days', () => {
    expect(lifeOf(30 * DAY - 1000)).to.equal(30 * 24 * 60 * 60)
    const date = lifeOf(31 * DAY)
    expect(date - inSeconds()).to.be.within(31 * 24 * 60 * 60, 31 * 24 * 60 * 60 + 2)
  })

  it('are for ever beyond the last date that memcached knows, which it would take for one in the past', () => {
    expect(lifeOf((2 ** 31 - 10) * 1000 - Date.now())).to.be.above(inSeconds())
    expect(lifeOf(2 ** 31 * 1000 - Date.now())).to.equal(0)
    expect(lifeOf(8.64e15)).to.equal(0)
  })
})
