import { expect } from 'chai'
import { BlockingAccount } from '../../../adapters/bridge/caller/blocking.ts'

describe('the account of blocking', () => {
  let warnings: string[]
  let account: BlockingAccount
  beforeEach(() => {
    warnings = []
    account = new BlockingAccount((message) => warnings.push(message))
  })

  it('warns once, when waiting takes more than a twentieth of the time', () => {
    expect(account.book(400, 9000, 'RedisCache')).to.equal(undefined)
    expect(account.book(100, 9500, 'RedisCache')).to.be.closeTo(0.0526, 0.0001)
    expect(account.book(5000, 15_000, 'RedisCache')).to.equal(undefined)

    expect(warnings.length).to.equal(1)
    expect(warnings[0]).to.match(/^RedisCache kept this thread waiting for 5 % of its time.*asyncCached/)
  })

  it('says nothing while it waits little', () => {
    for (let now = 1000; now < 600_000; now += 1000) account.book(50, now, 'RedisCache')
    expect(warnings).to.deep.equal([])
  })

  it('finds nothing in the first second, nor in less than a tenth of one', () => {
    expect(account.book(500, 900, 'RedisCache')).to.equal(undefined)
    expect(new BlockingAccount(() => {}).book(99, 1200, 'RedisCache')).to.equal(undefined)
  })

  it('looks at the last minute, and tells the share once in each', () => {
    account.book(1, 80_000_000, 'RedisCache')
    expect(account.book(900, 80_010_000, 'RedisCache')).to.be.within(0.05, 0.1)
    expect(account.book(900, 80_011_000, 'RedisCache')).to.equal(undefined)
    expect(account.book(1000, 80_090_000, 'RedisCache')).to.equal(undefined)
    expect(account.book(1000, 80_091_000, 'RedisCache')).to.equal(1)
    expect(warnings.length).to.equal(1)
  })
})
