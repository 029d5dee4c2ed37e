import { expect } from 'chai'
import Keyv from 'keyv'
import { systemNow } from '../../lib/entry/clock.ts'
import { AsyncMemoryCache, MemoryCache, SqliteCache } from '../../lib/index.ts'
import { fromKeyv, KeyvStore } from '../../lib/interop/keyv.ts'
import { conforms } from '../../lib/testing/index.ts'

describe('KeyvStore', () => {
  for (const cache of [new MemoryCache(), new AsyncMemoryCache(), new SqliteCache({ memoryPersist: true })]) {
    describe(`over ${cache.name}`, () => {
      it('keeps what Keyv stores, by namespace', async () => {
        const users = new Keyv({ store: new KeyvStore(cache), namespace: 'users' })
        const pages = new Keyv({ store: new KeyvStore(cache), namespace: 'pages' })
        await users.set('1', { name: 'Ann' })
        await pages.set('1', 'home')

        expect(await users.get('1')).to.deep.equal({ name: 'Ann' })
        await users.clear()
        expect(await users.get('1')).to.equal(undefined)
        expect(await pages.get('1')).to.equal('home')
      })

      it('iterates over one namespace', async () => {
        const keyv = new Keyv({ store: new KeyvStore(cache), namespace: 'seen' })
        await keyv.set('a', 1)
        await keyv.set('b', 2)
        const found: Record<string, unknown> = {}
        for await (const [key, value] of keyv.iterator!('seen')) found[key as string] = value
        expect(found).to.deep.equal({ a: 1, b: 2 })
      })

      it('takes milliseconds for a TTL, and 0 for none', async () => {
        const store = new KeyvStore(cache)
        const keyv = new Keyv({ store })
        await keyv.set('short', 1, 5000)
        await keyv.set('long', 1, 0)
        expect(await cache.ttl('keyv:short')).to.be.within(1, 5)
        expect(await cache.ttl('keyv:long')).to.equal(null)
      })
    })
  }

  it('prefixes keys and takes deadlines when Keyv 6 uses it', async () => {
    const cache = new MemoryCache()
    const store = new KeyvStore(cache)
    store.namespace = 'v6'
    await store.set('a', 1, systemNow() + 5000)
    expect(cache.ttl('v6:a')).to.be.within(1, 5)
    expect(await store.deleteMany(['a', 'b'])).to.deep.equal([true, false])
  })
})

describe('fromKeyv', () => {
  describe('over a Keyv instance', () => conforms((options) => fromKeyv(new Keyv(), options)))

  it('rejects instead of missing when the storage fails', async () => {
    const broken = { get: () => Promise.reject(new Error('gone')), set: () => undefined, delete: () => false }
    const error = await fromKeyv(broken)
      .get('k')
      .catch((error: Error) => error)
    expect(error).to.have.property('code', 'E_ADAPTER')
  })
})
