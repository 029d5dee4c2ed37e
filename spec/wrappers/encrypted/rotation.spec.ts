import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { AsyncSqliteCache, SqliteCache } from '../../../adapters/sqlite3/index.ts'
import { Tampered, Unsupported } from '../../../lib/core/errors.ts'
import type { Entry } from '../../../lib/core/types.ts'
import { userTagsOf } from '../../../lib/entry/entry.ts'
import { FakeClock } from '../../../lib/testing/index.ts'
import { coreOf } from '../../../lib/verbs/cache-core.ts'
import { EncryptedCache } from '../../../lib/wrappers/encrypted/index.ts'

const OLD = 'the secret of last year, long enough'
const NEW = 'the secret of this year, long enough'

describe('EncryptedCache with several secrets', () => {
  it('writes with the first, and reads what any of them wrote', () => {
    const inner = new MemoryCache()
    const [before, after] = [
      new EncryptedCache(inner, { keys: OLD, hashKeys: false }),
      new EncryptedCache(inner, { keys: [NEW, OLD], hashKeys: false }),
    ]
    before.set('old', 1)
    after.set('new', 2)
    expect(after.getMany(['old', 'new'])).to.deep.equal([1, 2])
    expect(() => before.get('new')).to.throw(Tampered, 'was written with a secret that is not in keys')
    const without = new EncryptedCache(inner, { keys: NEW, hashKeys: false, onTampered: 'miss' })
    expect(without.getMany(['old', 'new'])).to.deep.equal([undefined, 2])
  })

  for (const [name, open] of Object.entries({
    MemoryCache: (clock: FakeClock) => new MemoryCache({ clock }),
    AsyncMemoryCache: (clock: FakeClock) => new AsyncMemoryCache({ clock }),
    SqliteCache: (clock: FakeClock) => new SqliteCache({ clock, path: ':memory:' }),
    AsyncSqliteCache: (clock: FakeClock) => new AsyncSqliteCache({ clock, path: ':memory:' }),
  })) {
    it(`re-encrypts entries of older secrets with the TTL that is left, over ${name}`, async () => {
      const clock = new FakeClock()
      // The verbs are the same in both modes: `await` takes either.
      const inner = open(clock) as MemoryCache
      const before = new EncryptedCache(inner, { keys: OLD, hashKeys: false })
      for (let i = 0; i < 300; i++) await before.set(`k${i}`, i, { timeout: 60, tags: ['t'] })
      await before.set('gone', 1, 10)
      clock.advance(20_000)

      const after = new EncryptedCache(inner, { keys: [NEW, OLD], hashKeys: false })
      await after.set('new', 'new')
      expect(await after.reencrypt()).to.equal(300)
      expect(await after.reencrypt()).to.equal(0)

      const without = new EncryptedCache(inner, { keys: NEW, hashKeys: false })
      expect(await without.get('k299')).to.equal(299)
      expect(await without.ttl('k299')).to.equal(40)
      expect(userTagsOf((await coreOf(without).read(`${inner.prefix}k7`)) as Entry)).to.deep.equal(['t'])
      expect(await without.get('new')).to.equal('new')
      await inner.close()
    })
  }

  it('re-encrypts entries of another cipher, and only the keys given', () => {
    const inner = new MemoryCache()
    new EncryptedCache(inner, { keys: NEW, hashKeys: false, cipher: 'aes-128-gcm' }).setMany({ a: 1, b: 2, 7: 3 })
    const cache = new EncryptedCache(inner, { keys: NEW, hashKeys: false })
    expect(cache.reencrypt(['a', 7, 'missing'])).to.equal(2)
    expect(inner.getMany<Buffer>(['a', 'b', 7]).map((kept) => kept![1])).to.deep.equal([1, 2, 1])
    expect(() => cache.reencrypt([{} as string])).to.throw(TypeError)
  })

  it('leaves what it cannot read as it is, with an event, and goes on', () => {
    const inner = new MemoryCache()
    inner.set('foreign', 'plain text')
    new EncryptedCache(inner, { keys: 'a third secret that nobody knows', hashKeys: false }).set('stranger', 1)
    new EncryptedCache(inner, { keys: OLD, hashKeys: false }).set('old', 1)
    const cache = new EncryptedCache(inner, { keys: [NEW, OLD], hashKeys: false })
    const unread: unknown[] = []
    cache.on('decodeError', ({ key }) => unread.push(key))
    expect(cache.reencrypt()).to.equal(1)
    expect(unread.sort()).to.deep.equal(['foreign', 'stranger'])
    expect(inner.get('foreign')).to.equal('plain text')
  })

  it('loses no value that is set meanwhile', async () => {
    class Meddled extends AsyncMemoryCache {
      meddle: (() => unknown) | undefined

      override readVersioned(key: string) {
        const slot = super.readVersioned(key)
        this.meddle?.()
        this.meddle = undefined
        return slot
      }
    }
    const inner = new Meddled()
    const old = new EncryptedCache(inner, { keys: OLD, hashKeys: false })
    await old.set('k', 'before')
    inner.meddle = () => old.set('k', 'meanwhile')
    const cache = new EncryptedCache(inner, { keys: [NEW, OLD], hashKeys: false })
    expect(await cache.reencrypt()).to.equal(1)
    expect(await new EncryptedCache(inner, { keys: NEW, hashKeys: false }).get('k')).to.equal('meanwhile')
  })

  it('keeps hashed names while secrets rotate: those of the last, or of nameKey', () => {
    const inner = new MemoryCache()
    new EncryptedCache(inner, { keys: OLD, hashKeys: true }).set('k', 'v')
    const both = new EncryptedCache(inner, { keys: [NEW, OLD], hashKeys: true })
    expect(both.get('k')).to.equal('v')
    expect(() => both.reencrypt()).to.throw(Unsupported, 'keys')
    expect(both.reencrypt(['k', 'missing'])).to.equal(1)
    expect(new EncryptedCache(inner, { keys: NEW, nameKey: OLD, hashKeys: true }).get('k')).to.equal('v')
    expect(new EncryptedCache(inner, { keys: NEW, hashKeys: true }).get('k')).to.equal(undefined)
  })
})
