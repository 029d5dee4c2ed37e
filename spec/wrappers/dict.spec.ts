import { expect } from 'chai'
import { MemoryCache } from '../../adapters/memory/index.ts'
import { SqliteCache } from '../../adapters/sqlite3/index.ts'
import { Unsupported } from '../../lib/core/errors.ts'
import { conforms, FakeClock } from '../../lib/testing/index.ts'
import { asMap } from '../../lib/wrappers/as-map/index.ts'
import { DictCache, type MapLike } from '../../lib/wrappers/dict/index.ts'

/** The three verbs and nothing else. */
function bareMap(): MapLike {
  const map = new Map<string, unknown>()
  return {
    get: (key) => map.get(key),
    set: (key, value) => map.set(key, value),
    delete: (key) => map.delete(key),
    has: (key) => map.has(key),
  }
}

describe('DictCache', () => {
  conforms((options) => new DictCache(new Map(), options))

  it('keeps the very values in the map, for others to see', () => {
    const map = new Map<string, unknown>()
    const cache = new DictCache(map)
    const value = { a: 1 }
    cache.set('k', value, 60)
    cache.set('nothing', undefined)
    expect([...map]).to.deep.equal([
      ['k', value],
      ['nothing', undefined],
    ])
    expect(map.get('k')).to.equal(value)
    expect(cache.get('k')).to.equal(value)
    expect(cache.has('nothing')).to.equal(true)
  })

  it('takes what others put into the map for entries without limit', () => {
    const clock = new FakeClock()
    const map = new Map<string, unknown>([['theirs', 1]])
    const cache = new DictCache(map, { clock })
    expect(cache.get('theirs')).to.equal(1)
    expect(cache.ttl('theirs')).to.equal(null)

    cache.set('k', { mine: true }, 60)
    map.set('k', { mine: false })
    expect(cache.ttl('k')).to.equal(null)
    clock.advance(60_000)
    expect(cache.get('k')).to.deep.equal({ mine: false })

    map.delete('theirs')
    expect(cache.has('theirs')).to.equal(false)
    expect(cache.increment('theirs')).to.equal(1)
  })

  it('removes from the map what has expired, while it is written to', () => {
    const clock = new FakeClock()
    const map = new Map<string, unknown>()
    const cache = new DictCache(map, { clock })
    for (let i = 0; i < 100; i++) cache.set(`short${i}`, i, 1)
    cache.set('taken', 'mine', 1)
    map.set('taken', 'theirs')
    clock.advance(1000)
    for (let i = 0; i < 100; i++) cache.set(`long${i}`, i)
    expect(map.size).to.equal(101)
    expect(map.get('taken')).to.equal('theirs')
  })

  it('shares TTLs with other caches over the same map', () => {
    const clock = new FakeClock()
    const map = new Map<string, unknown>()
    new DictCache(map, { clock }).set('k', 'v', 60)
    expect(new DictCache(map, { clock }).ttl('k')).to.equal(60)
  })

  it('stays within its prefix, and leaves keys alone that are no text', () => {
    const map = new Map<unknown, unknown>([
      ['other', 1],
      [7, 'seven'],
    ])
    const cache = new DictCache(map, { prefix: 'mine:' })
    cache.set('k', 'v')
    expect([...cache.keys()]).to.deep.equal(['k'])
    cache.clear()
    expect([...map.keys()]).to.deep.equal(['other', 7])
    expect(new DictCache(map).get(7)).to.equal(undefined)
  })

  it('does without all but get, set and delete, and says what it cannot', () => {
    const cache = new DictCache(bareMap())
    cache.set('k', undefined)
    expect(cache.has('k')).to.equal(true)
    expect(cache.remove('k')).to.equal(true)
    expect(cache.capabilities).to.include({ listsKeys: false, clears: false })
    expect(() => cache.keys()).to.throw(Unsupported, 'DictCache does not support keys')
    expect(() => cache.clear()).to.throw(Unsupported, 'DictCache does not support clear')
  })

  it('refuses what is no map', () => {
    for (const map of [null, {}, { get() {} }, 'map'] as unknown as MapLike[]) {
      expect(() => new DictCache(map)).to.throw(TypeError, 'get, set and delete')
    }
  })
})

describe('DictCache over asMap', () => {
  describe('of MemoryCache', () => {
    conforms((options) => new DictCache(asMap(new MemoryCache(options), { timeout: null }), options))
  })
  it('keeps the TTLs of objects that the map answers as copies', () => {
    const clock = new FakeClock()
    const inner = new SqliteCache({ path: ':memory:' })
    const cache = new DictCache(asMap(inner, { timeout: null }), { clock })
    cache.set('k', { a: 1 }, 60)
    expect(cache.get('k')).to.deep.equal({ a: 1 })
    expect(cache.ttl('k')).to.equal(60)
    clock.advance(60_000)
    expect(cache.get('k')).to.equal(undefined)
    inner.close()
  })

  describe('of a cache that gives copies', () => {
    conforms((options) => {
      const cache = new SqliteCache({ ...options, path: ':memory:' })
      return new DictCache(asMap(cache, { timeout: null }), { clock: options.clock })
    })
  })
})
