import { expect } from 'chai'
import fc from 'fast-check'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { SqliteCache } from '../../../adapters/sqlite3/index.ts'
import type { ByteStore } from '../../../lib/adapter/byte-store.ts'
import { Tampered } from '../../../lib/core/errors.ts'
import type { Entry } from '../../../lib/core/types.ts'
import { FakeClock } from '../../../lib/testing/index.ts'
import { coreOf } from '../../../lib/verbs/cache-core.ts'
import { DictCache } from '../../../lib/wrappers/dict/index.ts'
import { EncryptedCache, type EncryptedOptions } from '../../../lib/wrappers/encrypted/index.ts'

const KEYS = 'incredible secret key for testing'
const CIPHERS = ['aes-256-gcm', 'aes-128-gcm', 'chacha20-poly1305'] as const

/** A cache in memory with the entries `a` and `b` in it, of which one is then spoilt. */
function opened(options: Omit<Partial<EncryptedOptions>, 'key' | 'keys'> = {}) {
  const clock = new FakeClock()
  const inner = new MemoryCache({ clock })
  const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: false, ...options })
  cache.set('a', { value: 'of a' }, { timeout: 60, staleFor: 60, tags: ['one', 'two'] })
  cache.set('b', { value: 'of b' }, { timeout: 60, staleFor: 60, tags: ['one', 'two'] })
  const store = coreOf(inner)
  const entry = store.read('a')!
  return {
    inner,
    cache,
    entry,
    bytes: entry.value as Buffer,
    other: store.read('b')!.value as Buffer,
    spoil: (change: Partial<Entry>) => store.write('a', { ...entry, ...change }),
  }
}

describe('EncryptedCache, when what is stored has been changed,', () => {
  for (const cipher of CIPHERS) {
    const { cache, bytes, other, spoil } = opened({ cipher })
    const found = (value: unknown) => {
      spoil({ value })
      expect(() => cache.get('a')).to.throw(Tampered)
    }

    it(`finds any bit that was flipped (${cipher})`, () => {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        found(flipped)
      }
      spoil({ value: bytes })
      expect(cache.get('a')).to.deep.equal({ value: 'of a' })
    })

    it(`finds any cut, at either end, and whatever was added (${cipher})`, () => {
      for (let length = 0; length < bytes.length; length++) {
        found(bytes.subarray(0, length))
        if (length > 0) found(bytes.subarray(length))
      }
      found(Buffer.concat([bytes, Buffer.of(0)]))
      found(Buffer.concat([Buffer.of(0), bytes]))
    })

    it(`finds any part that is another entry's (${cipher})`, () => {
      found(other)
      fc.assert(
        fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (one, two) => {
          const mixed = Buffer.from(bytes)
          other.copy(mixed, Math.min(one, two), Math.min(one, two), Math.max(one, two))
          if (!mixed.equals(bytes)) found(mixed)
        }),
        { numRuns: 200 },
      )
      const nonce = Buffer.from(bytes)
      other.copy(nonce, 31, 31, 43)
      found(nonce)
    })

    it(`finds anything else (${cipher})`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => found(Buffer.from(bytes))),
        { numRuns: 200 },
      )
      for (const foreign of ['text', null, undefined, 7, { a: 1 }, [], new Uint8Array(100), new Date()]) found(foreign)
    })
  }

  it('finds other tags', () => {
    const { cache, spoil } = opened()
    for (const tags of [['one'], ['two', 'one'], ['one', 'two', 'three'], ['one","two'], undefined]) {
      spoil({ tags })
      expect(() => cache.get('a'), String(tags)).to.throw(Tampered)
    }
  })

  it('keeps to the TTL that was set, even if the store prolongs it', () => {
    const { cache, entry, spoil } = opened()
    const changes: Partial<Entry>[] = [
      { expires: entry.expires! + 60_000, until: null },
      { expires: null, until: null },
      { created: entry.created + 60_000 },
    ]
    for (const change of changes) {
      spoil(change)
      expect(cache.get('a'), JSON.stringify(change)).to.deep.equal({ value: 'of a' })
      expect(cache.ttl('a'), JSON.stringify(change)).to.equal(60)
    }
  })

  it('reads what was put back, and works over a store that keeps no TTLs', () => {
    const { inner, cache } = opened()
    cache.set('k', 'v', 60)
    const sealed = inner.get('k')
    inner.set('k', 'spoilt')
    expect(() => cache.get('k')).to.throw(Tampered)
    inner.set('k', sealed, null)
    expect([cache.get('k'), cache.ttl('k')]).to.deep.equal(['v', 60])

    const clock = new FakeClock()
    const map = new Map<string, unknown>()
    const over = () => new EncryptedCache(new DictCache(map, { clock }), { keys: KEYS, hashKeys: false })
    over().set('k', 'v', 60)
    expect([over().get('k'), over().ttl('k')]).to.deep.equal(['v', 60])
    clock.advance(60_000)
    expect(over().get('k')).to.equal(undefined)
  })

  it('lets a layer below shorten the TTL, which is no worse than removing the entry', () => {
    const { cache, entry, spoil } = opened()
    spoil({ expires: entry.expires! - 30_000, until: entry.until! - 60_000 })
    expect(cache.get('a')).to.deep.equal({ value: 'of a' })
    expect(cache.ttl('a')).to.equal(30)
  })

  it('finds keys that UTF-8 would make the same', () => {
    const { inner, cache } = opened()
    cache.set('\ud800', 'one')
    coreOf(inner).write('\ud801', coreOf(inner).read('\ud800')!)
    expect(cache.get('\ud800')).to.equal('one')
    expect(() => cache.get('\ud801')).to.throw(Tampered)
  })

  it('never gives another value from a spoilt file', () => {
    const inner = new SqliteCache({ path: ':memory:' })
    const store = coreOf(inner) as unknown as ByteStore<'sync'>
    const cache = new EncryptedCache(inner, { keys: KEYS, hashKeys: false })
    cache.set('a', { value: 'of a' }, { timeout: 60, tags: ['one'] })
    const wire = Buffer.from(store.load(`${inner.prefix}a`)!)
    fc.assert(
      fc.property(fc.nat(wire.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(wire)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        store.save(`${inner.prefix}a`, flipped, 60_000)
        let value: unknown
        try {
          value = cache.get('a')
        } catch (error) {
          expect(error).to.be.instanceOf(Tampered)
          return
        }
        // A miss; or the true value, if only its end has come nearer.
        if (value !== undefined) expect(value).to.deep.equal({ value: 'of a' })
      }),
      { numRuns: 500 },
    )
    inner.close()
  })

  it('lets no stored byte choose a decoder before it is authenticated', () => {
    const inner = new SqliteCache({ path: ':memory:' })
    const cache = new EncryptedCache(inner, { key: KEYS, hashKeys: false })
    const hostile = new SqliteCache({ path: ':memory:', coder: 'v8' })
    hostile.set('a', { of: 'v8' })
    const wire = (coreOf(hostile) as unknown as ByteStore<'sync'>).load(`${hostile.prefix}a`)!
    ;(coreOf(inner) as unknown as ByteStore<'sync'>).save(`${inner.prefix}a`, wire, null)
    let reason: unknown
    inner.on('decodeError', ({ error }) => {
      reason = error
    })
    expect(cache.get('a')).to.equal(undefined)
    expect(String(reason)).to.match(/v8/)
    hostile.close()
    inner.close()
  })

  it('throws from every verb that needs the value', async () => {
    const { cache, spoil } = opened()
    spoil({ value: 'foreign' })
    expect(() => cache.get('a')).to.throw(Tampered)
    expect(() => cache.getOrFail('a')).to.throw(Tampered)
    expect(() => cache.has('a')).to.throw(Tampered)
    expect(() => cache.ttl('a')).to.throw(Tampered)
    expect(() => cache.getMany(['b', 'a'])).to.throw(Tampered)
    expect(() => cache.getOrSet('a', () => 'made')).to.throw(Tampered)
    expect(() => cache.getOrSetMany(['b', 'a'], () => ['made'])).to.throw(Tampered)
    expect(() => cache.add('a', 1)).to.throw(Tampered)
    expect(() => cache.pull('a')).to.throw(Tampered)
    expect(() => cache.increment('a')).to.throw(Tampered)
    expect(() => cache.updateTimeout('a', 1)).to.throw(Tampered)

    const inner = new AsyncMemoryCache()
    inner.set('a', 'foreign')
    const later = new EncryptedCache(inner, { keys: KEYS, hashKeys: false })
    const errors = [later.get('a'), later.getMany(['a']), later.getOrSet('a', () => 1), later.add('a', 1)].map(
      (answer) => (answer as Promise<unknown>).catch((error) => error),
    )
    for (const error of await Promise.all(errors)) expect(error).to.be.instanceOf(Tampered)
  })

  it('sets, removes, lists and clears all the same', () => {
    const { inner, cache, spoil } = opened()
    spoil({ value: 'foreign' })
    expect([...cache.keys()].sort()).to.deep.equal(['a', 'b'])
    expect(cache.remove('a')).to.equal(true)
    expect(inner.has('a')).to.equal(false)

    spoil({ value: 'foreign' })
    cache.set('a', 'healed')
    expect(cache.get('a')).to.equal('healed')
    spoil({ value: 'foreign' })
    cache.setMany({ a: 'healed again' })
    expect(cache.get('a')).to.equal('healed again')
    spoil({ value: 'foreign' })
    cache.clear()
    expect(inner.has('a')).to.equal(false)
  })

  it('is a miss and an event when asked to be', () => {
    const { cache, inner, spoil } = opened({ onTampered: 'miss' })
    const events: string[] = []
    cache.on('decodeError', ({ key, adapter, error }) => events.push(`${adapter} ${key} ${error instanceof Tampered}`))
    const spoilt = () => spoil({ value: 'foreign' })
    spoilt()
    expect(cache.get('a', 'fallback')).to.equal('fallback')
    expect([cache.has('a'), cache.ttl('a'), cache.pull('a')]).to.deep.equal([false, undefined, undefined])
    expect(cache.getMany(['a', 'b'])).to.deep.equal([undefined, { value: 'of b' }])
    expect(cache.getOrSet('a', () => 'made')).to.equal('made')
    expect(cache.get('a')).to.equal('made')
    spoilt()
    expect([cache.add('a', 1), cache.get('a')]).to.deep.equal([true, 1])
    spoilt()
    expect(cache.increment('a')).to.equal(1)
    spoilt()
    cache.remove('a')
    expect(inner.has('a')).to.equal(false)
    expect(new Set(events)).to.deep.equal(new Set(['EncryptedCache a true']))
    expect(cache.stats().decodeError).to.be.at.least(8)
    expect(cache.stats()).to.include({ hit: 3 })
  })
})
