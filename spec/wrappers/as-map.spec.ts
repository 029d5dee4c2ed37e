import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { AsyncSqliteCache, SqliteCache } from '../../adapters/sqlite3/index.ts'
import { Unsupported } from '../../lib/core/errors.ts'
import type { Cache } from '../../lib/core/types.ts'
import { FakeClock } from '../../lib/testing/index.ts'
import { asMap } from '../../lib/wrappers/as-map/index.ts'
import { DictCache } from '../../lib/wrappers/dict/index.ts'

describe('asMap', () => {
  for (const [name, cache] of Object.entries<() => Cache<'sync'>>({
    MemoryCache: () => new MemoryCache(),
    SqliteCache: () => new SqliteCache({ path: ':memory:' }),
  })) {
    it(`shows ${name} as a Map`, () => {
      const map: Map<string, unknown> = asMap(cache())
      expect(map.set('a', 1).set('b', undefined).set('c', { three: 3 })).to.equal(map)
      expect(map.size).to.equal(3)
      expect([map.get('a'), map.get('b'), map.get('none')]).to.deep.equal([1, undefined, undefined])
      expect([map.has('b'), map.has('none')]).to.deep.equal([true, false])
      expect([...map.keys()].sort()).to.deep.equal(['a', 'b', 'c'])
      expect(new Map(map)).to.deep.equal(
        new Map<string, unknown>([
          ['a', 1],
          ['b', undefined],
          ['c', { three: 3 }],
        ]),
      )
      expect([...map.values()]).to.have.deep.members([1, undefined, { three: 3 }])
      expect([...map.entries()].length).to.equal(3)

      const seen: unknown[] = []
      map.forEach(function (this: unknown, value, key, itself) {
        seen.push([this, key, value, itself === map])
      }, 'this')
      expect(seen).to.deep.include(['this', 'a', 1, true])

      expect([map.delete('a'), map.delete('a')]).to.deep.equal([true, false])
      map.clear()
      expect(map.size).to.equal(0)
      expect(Object.prototype.toString.call(map)).to.equal('[object CacheMap]')
    })
  }

  for (const [name, cache] of Object.entries<() => Cache<'async'>>({
    AsyncMemoryCache: () => new AsyncMemoryCache(),
    AsyncSqliteCache: () => new AsyncSqliteCache({ path: ':memory:' }),
  })) {
    it(`shows ${name} as a map of promises`, async () => {
      const inner = cache()
      const map = asMap<number>(inner)
      expect(await map.set('a', 1)).to.equal(map)
      for (let i = 0; i < 300; i++) await map.set(`k${i}`, i)
      expect(await map.size).to.equal(301)
      expect([await map.get('a'), await map.get('none')]).to.deep.equal([1, undefined])
      expect([await map.has('a'), await map.has('none')]).to.deep.equal([true, false])

      const [keys, pairs, values, each] = [[], [], [], []] as [string[], [string, number][], number[], unknown[]]
      for await (const key of map.keys()) keys.push(key)
      for await (const pair of map) pairs.push(pair)
      for await (const value of map.values()) values.push(value)
      await map.forEach(async (value, key) => void each.push([key, value]))
      expect(keys.length).to.equal(301)
      expect(new Set(keys).size).to.equal(301)
      expect(pairs).to.deep.include(['k299', 299])
      expect(each).to.deep.equal(pairs)
      expect(values.reduce((sum, value) => sum + value)).to.equal((299 * 300) / 2 + 1)

      expect([await map.delete('a'), await map.delete('a')]).to.deep.equal([true, false])
      await map.clear()
      expect(await map.size).to.equal(0)
      await inner.close()
    })
  }

  it('stores entries with the timeout of its options', () => {
    const clock = new FakeClock()
    const cache = new MemoryCache({ clock, timeout: 60 })
    asMap(cache).set('usual', 1)
    asMap(cache, { timeout: null }).set('forever', 1)
    clock.advance(60_000)
    expect([...asMap(cache)]).to.deep.equal([['forever', 1]])
  })

  it('leaves out what goes while it is gone through', () => {
    const cache = new MemoryCache()
    cache.setMany({ a: 1, b: 2, c: 3 })
    const seen: string[] = []
    for (const [key] of asMap(cache)) {
      seen.push(key)
      cache.remove('b')
    }
    expect(seen).to.deep.equal(['a', 'c'])
  })

  it('says so where keys cannot be listed', () => {
    const kept = new Map<string, unknown>()
    const bare = { get: (key: string) => kept.get(key), set: (key: string, value: unknown) => kept.set(key, value) }
    const map = asMap(new DictCache({ ...bare, delete: (key) => kept.delete(key) }))
    map.set('k', 'v')
    expect(map.get('k')).to.equal('v')
    expect(() => map.size).to.throw(Unsupported, 'does not support keys')
    expect(() => [...map]).to.throw(Unsupported, 'does not support keys')
  })

  it('refuses what is no cache', () => {
    for (const cache of [null, new Map(), {}] as unknown as Cache<'sync'>[]) {
      expect(() => asMap(cache)).to.throw(TypeError, 'asMap takes a cache')
    }
  })
})
