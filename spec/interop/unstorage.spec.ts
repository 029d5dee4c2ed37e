import { expect } from 'chai'
import { createStorage } from 'unstorage'
import { AsyncMemoryCache, MemoryCache } from '../../lib/index.ts'
import { fromUnstorage, unstorageDriver } from '../../lib/interop/unstorage.ts'
import { conforms } from '../../lib/testing/index.ts'

describe('unstorageDriver', () => {
  for (const cache of [new MemoryCache(), new AsyncMemoryCache()]) {
    it(`does over ${cache.name} what a driver does`, async () => {
      const storage = createStorage({ driver: unstorageDriver(cache) })
      await storage.setItem('s1:a', { n: 1 })
      await storage.setItem('s1:b', 'text')
      await storage.setItemRaw('s2:raw', new Uint8Array([1, 2]))

      expect(await storage.getItem('s1:a')).to.deep.equal({ n: 1 })
      expect(await storage.getItemRaw('s2:raw')).to.deep.equal(new Uint8Array([1, 2]))
      expect((await storage.getKeys('s1')).sort()).to.deep.equal(['s1:a', 's1:b'])
      expect(await storage.hasItem('s1:c')).to.equal(false)
      expect(await storage.getItem('s1:c')).to.equal(null)

      await storage.removeItem('s2:raw')
      expect((await storage.getKeys()).sort()).to.deep.equal(['s1:a', 's1:b'])
      await storage.clear()
      expect(await storage.getKeys()).to.deep.equal([])
    })
  }

  it('takes seconds for a TTL', async () => {
    const cache = new MemoryCache()
    await createStorage({ driver: unstorageDriver(cache) }).setItem('k', 'v', { ttl: 60 })
    expect(cache.ttl('k')).to.be.within(50, 60)
  })
})

describe('fromUnstorage', () => {
  conforms((options) => fromUnstorage(createStorage(), options))
})
