import { expect } from 'chai'
import { AsyncNullCache, NullCache } from '../../../adapters/null/index.ts'

describe('NullCache', () => {
  it('keeps nothing', () => {
    const cache = new NullCache()
    cache.set('k', 'v')
    cache.setMany({ a: 1 })
    expect(cache.get('k', 'fallback')).to.equal('fallback')
    expect(cache.remove('k')).to.equal(false)
    expect(cache.add('k', 1)).to.equal(true)
    expect(cache.increment('k', 2)).to.equal(2)
    expect([...cache.keys()]).to.deep.equal([])
    expect(cache.getOrSet('k', () => 'made')).to.equal('made')
    cache.clear()
    cache.close()
  })

  it('still makes a value once for all who ask at the same time', async () => {
    const cache = new AsyncNullCache()
    let made = 0
    const make = async () => {
      made++
      await null
      return 'v'
    }
    expect(await Promise.all([cache.getOrSet('k', make), cache.getOrSet('k', make)])).to.deep.equal(['v', 'v'])
    expect(made).to.equal(1)
  })
})
