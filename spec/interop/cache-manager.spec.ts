import { createCache } from 'cache-manager'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../lib/index.ts'
import { CacheManagerStore } from '../../lib/interop/cache-manager.ts'

describe('CacheManagerStore', () => {
  for (const cache of [new MemoryCache(), new AsyncMemoryCache()]) {
    it(`serves cache-manager over ${cache.name}`, async () => {
      const manager = createCache({ stores: [new CacheManagerStore(cache) as never] })
      await manager.set('a', 1, 60_000)
      await manager.mset([{ key: 'b', value: 2 }])

      expect(await manager.get('a')).to.equal(1)
      expect(await cache.ttl('a')).to.be.within(50, 60)
      expect(await manager.mget(['a', 'b', 'c'])).to.deep.equal([1, 2, undefined])
      expect(await manager.wrap('d', async () => 'made')).to.equal('made')
      expect(await manager.ttl('a')).to.be.a('number')
      await manager.del('a')
      expect(await manager.get('a')).to.equal(undefined)
      await manager.clear()
      expect(await manager.get('b')).to.equal(undefined)
    })
  }

  it('refreshes in the background by the deadline that it gives', async () => {
    const manager = createCache({
      stores: [new CacheManagerStore(new MemoryCache()) as never],
      refreshThreshold: 60_000,
    })
    let loads = 0
    const load = async () => ++loads
    await manager.wrap('k', load, 30_000)
    const refreshed = new Promise((resolve) => manager.on('refresh', resolve))
    expect(await manager.wrap('k', load, 30_000)).to.equal(1)
    await refreshed
    expect(loads).to.equal(2)
  })
})
