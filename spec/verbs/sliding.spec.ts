import { expect } from 'chai'
import { FakeClock } from '../../lib/testing/index.ts'
import { EncryptedCache, PrefixedCache } from '../../lib/wrappers/index.ts'
import { ADAPTERS, letGo } from '../wrappers/adapters.ts'

for (const [name, open] of Object.entries(ADAPTERS)) {
  describe(`${name} with touchOnGet`, () => {
    after(() => letGo())

    for (const [stack, wrap] of [
      ['', (cache: never) => cache],
      [', prefixed and encrypted', (cache: never) => encrypted(new PrefixedCache(cache, 'p:') as never)],
    ] as const) {
      // A cache in memory slides in its own store, and the deadline that is sealed in an encrypted entry stays.
      if (stack !== '' && name.includes('Memory')) continue

      it(`keeps an entry as long as it is read in time, and no longer${stack}`, async () => {
        const clock = new FakeClock()
        const inner = await open({ prefix: 'slide:', clock, touchOnGet: true })
        const cache = wrap(inner as never) as typeof inner
        await cache.setMany({ k: 'v', other: 'w' }, 10)
        for (let i = 0; i < 5; i++) {
          clock.advance(9000)
          expect(await cache.get('k')).to.equal('v')
          await cache.idle()
          expect(await cache.ttl('k')).to.equal(10)
          expect(await cache.getMany(['other'])).to.deep.equal(['w'])
          await cache.idle()
        }
        clock.advance(9000)
        expect(await cache.getOrSet('k', () => 'loaded')).to.equal('v')
        await cache.idle()
        clock.advance(9000)
        expect(await cache.has('k')).to.equal(true)
        expect(await cache.ttl('k')).to.equal(1)
        clock.advance(1000)
        expect(await cache.getMany(['k', 'other'])).to.deep.equal([undefined, undefined])
        await cache.remove('k', 'other')
        await inner.close()
      })
    }

    it('renews by the timeout that was given last, and leaves entries without limit alone', async () => {
      const clock = new FakeClock()
      const cache = await open({ prefix: 'slide:', clock, touchOnGet: true })
      await cache.set('k', 'v', 10)
      clock.advance(5000)
      await cache.updateTimeout('k', 60)
      clock.advance(30_000)
      await cache.get('k')
      await cache.idle()
      expect(await cache.ttl('k')).to.equal(60)
      await cache.set('forever', 'v', null)
      await cache.get('forever')
      await cache.idle()
      expect(await cache.ttl('forever')).to.equal(null)
      await cache.remove('k', 'forever')
      await cache.close()
    })

    it('never brings back what was removed or replaced after the read', async () => {
      const clock = new FakeClock()
      const cache = await open({ prefix: 'slide:', clock, touchOnGet: true })
      await cache.set('removed', 'v', 10)
      await cache.set('replaced', 'v', 10)
      clock.advance(5000)
      const calls = [
        cache.get('removed'),
        cache.remove('removed'),
        cache.get('replaced'),
        cache.set('replaced', 'w', 20),
      ]
      await Promise.all(calls)
      await cache.idle()
      expect(await cache.has('removed')).to.equal(false)
      expect(await cache.get('replaced')).to.equal('w')
      expect(await cache.ttl('replaced')).to.equal(20)
      await cache.remove('replaced')
      await cache.close()
    })
  })
}

function encrypted(cache: never): unknown {
  return new EncryptedCache(cache, { key: 'a secret that is long enough for this', hashKeys: false })
}
