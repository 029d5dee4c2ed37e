import { expect } from 'chai'
import { AsyncMemoryCache, type Cache, MemoryCache } from '../../../lib/index.ts'
import {
  AutoPrefixedCache,
  BytesCache,
  cached,
  cacheFunctions,
  cacheMethods,
  DebugCache,
  DictCache,
  EncryptedCache,
  hashKey,
  items,
  JsonSerde,
  jsonKey,
  LockedCache,
  MemCached,
  PrefixedCache,
  PrefixedMemCached,
  StatsCache,
  StatsMemCached,
  ToBytesCache,
  TwoLevelCache,
} from '../../../lib/predecessors/cachetools-utils/index.ts'
import { ChaosCache } from '../../../lib/testing/index.ts'
import { memcached } from '../../support/servers.ts'
import { exercised, setGetDelete } from './exercises.ts'

const SECRET = 'incredible secret key for testing encrypted cache...'

// Their own cases, by the names of their functions.
describe('The wrappers of CacheToolsUtils', () => {
  it('prefix keys (test_key_ct)', async () => {
    const c0 = new MemoryCache({ maxEntries: 100, timeout: 100 })
    const [c1, c3] = [new PrefixedCache(c0, 'f.'), new PrefixedCache(c0, 'g.')]
    for (let i = 0; i < 2; i++) expect(await exercised(c1, hashKey)).to.equal(30000)
    expect([...c0.keys()]).to.have.length(50)
    expect(c0.has('f.[0,"a",false]')).to.equal(true)
    expect(c1.get('[3,"bb",true]')).to.equal(123)
    expect(await exercised(c3, hashKey)).to.equal(30000)
    expect([...c0.keys()]).to.have.length(100)
    c0.clear()
    for (const cache of [c0, c1, c3]) await setGetDelete(cache)
  })

  it('count hits (test_stats_ct, test_cached)', async () => {
    const cache = new StatsCache(new MemoryCache())
    expect(await exercised(cache, jsonKey)).to.equal(30000)
    expect(cache.stats().size).to.equal(50)
    expect(cache.get('[4,"a",true]')).to.equal(114)
    expect(cache.hits()).to.be.above(0.8)

    const small = new StatsCache(new DictCache())
    const letter = cached(small)((s: string, i: number) => s[i])
    expect(letter.cacheIn('hello', 4)).to.equal(false)
    expect([letter('hello', 4), letter('hello', 4)]).to.deep.equal(['o', 'o'])
    expect(small.hits()).to.equal(0.5)
    expect([letter.cacheIn('hello', 4), letter.cacheDel('hello', 4), letter.cacheIn('hello', 4)]).to.deep.equal([
      true,
      true,
      false,
    ])
  })

  it('count as the recorded calls of theirs do', () => {
    const cache = new StatsCache(new DictCache())
    cache.has('a')
    cache.get('a')
    cache.set('a', 1)
    cache.get('a')
    cache.get('a')
    cache.getOrSet('b', 2)
    cache.getOrSet('b', 2)
    cache.pull('b')
    cache.pull('b')
    cache.remove('c')
    expect(cache.stats()).to.include({ tests: 1, reads: 7, writes: 2, hits: 4, size: 1 } satisfies Record<
      string,
      number
    >)
  })

  it('have two levels (test_two_level_small, test_two_level_ok, test_resilience)', async () => {
    const [near, far] = [new StatsCache(new MemoryCache({ maxEntries: 200 })), new StatsCache(new MemoryCache())]
    const cache = new TwoLevelCache(near, far)
    expect(await exercised(cache, jsonKey)).to.equal(30000)
    expect([near.stats().size, far.stats().size]).to.deep.equal([50, 50])
    expect(near.hits()).to.equal(0.9)
    expect(cache.hits()).to.be.above(0)
    await setGetDelete(cache)

    const broken = new ChaosCache({ failures: 1 })
    const strict = new TwoLevelCache(new DictCache(), broken, false)
    for (const verb of ['get', 'remove'] as const) expect(() => strict[verb]('foo')).to.throw()
    expect(() => strict.set('foo', 'bla')).to.throw()
    const resilient = new TwoLevelCache(new DictCache(), broken, true)
    resilient.set('foo', 'bla')
    expect(resilient.get('foo')).to.equal('bla')
    resilient.remove('foo')
    expect(resilient.get('foo')).to.equal(undefined)
  })

  it('lock and trace (test_locked, test_debug, test_threads)', async () => {
    const lines: string[] = []
    const log = (message: string): unknown => lines.push(message)
    const cache = new DebugCache(new StatsCache(new DictCache()), log, 'test_debug')
    expect(await exercised(cache, jsonKey)).to.equal(30000)
    cache.set('Hello', 'World!')
    expect(cache.has('Hello')).to.equal(true)
    expect([...cache.keys()]).to.include('Hello')
    expect(cache.remove('Hello')).to.equal(true)
    expect(lines.some((line) => line.includes('test_debug') && line.includes('Hello'))).to.equal(true)

    const stats = new StatsCache(new AsyncMemoryCache())
    const locked = new LockedCache(stats)
    let runs = 0
    const repeat = cached(new AutoPrefixedCache(locked), { lock: true })(async (s: string, n: number) => {
      runs++
      return s.repeat(n)
    })
    await Promise.all(Array.from({ length: 64 }, (_, i) => repeat('abcd'[i % 4]!, (i >> 2) % 4)))
    expect(runs).to.equal(16)
  })

  it('encrypt with the names of every cipher, and miss what was changed (test_encrypted_cache)', () => {
    for (const cipher of ['Salsa20', 'AES-128-CBC', 'ChaCha20', 'aes-256-gcm'] as const) {
      const actual = new DictCache()
      const cache = new EncryptedCache(actual, SECRET, { csize: 1, cipher })
      cache.set('Hello', Buffer.from('World!'))
      expect(cache.get('Hello')).to.deep.equal(Buffer.from('World!'))
      const [hashed] = [...actual.keys()]
      expect(hashed).not.to.contain('Hello')
      const bytes = actual.get<Buffer>(hashed!)!
      bytes[bytes.length - 1]! ^= 42
      expect(cache.get('Hello')).to.equal(undefined)
      expect(cache.remove('Hello')).to.equal(true)

      const text = new ToBytesCache(cache)
      text.set('Hello', 'World!')
      expect(text.get('Hello')).to.equal('World!')
      const bytesToo = new BytesCache(text)
      bytesToo.set(Buffer.from('Hello'), Buffer.from('World!'))
      expect(bytesToo.get(Buffer.from('Hello'))).to.deep.equal(Buffer.from('World!'))
    }
    expect(() => new EncryptedCache(new DictCache(), SECRET, { cipher: 'foo' as 'AES' })).to.throw('foo')
  })

  it('prefix by a counter (test_autoprefix_cache)', () => {
    const cache = new DictCache()
    const p1 = cached(new AutoPrefixedCache(cache))((i: number) => i + 1)
    const m1 = cached(new AutoPrefixedCache(cache))((i: number) => i - 1)
    for (let n = 0; n < 2; n++) {
      expect([p1(0), p1(41), p1(2), p1(0)]).to.deep.equal([1, 42, 3, 1])
      expect([m1(1), m1(43), m1(2), m1(43)]).to.deep.equal([0, 42, 1, 42])
    }
    const keys = [...cache.keys()]
    expect(keys).to.have.length(6)
    expect(new Set(keys.map((key) => key.split('.')[0]))).to.have.property('size', 2)
    expect(() => new AutoPrefixedCache(cache, { method: 'bad-method' as 'b64' })).to.throw('bad-method')
  })

  it('cache methods and functions, recursion among them (test_methods, test_functions)', () => {
    class Stuff {
      sumN2(n: number): number {
        return n < 1 ? 0 : n * n + this.sumN2(n - 1)
      }
      sumN1(n: number): number {
        return n < 0 ? 0 : n + this.sumN1(n - 1)
      }
    }
    const store = new MemoryCache()
    const stats = new StatsCache(store)
    const stuff = cacheMethods(stats, new Stuff(), { sumN1: '1.', sumN2: '2.' }, { opts: { key: jsonKey } })
    stuff.sumN2(128)
    stuff.sumN1(128)
    for (let i = 1; i < 128; i++) for (let n = 0; n < 2; n++) stuff.sumN2(i) + stuff.sumN1(i)
    expect([...store.keys()]).to.have.length(259)
    expect(stats.hits()).to.be.above(0.6)
    expect(store.get('1.[3]')).to.equal(6)
    expect(() => cacheMethods(stats, stuff, { noSuchMethod: '?.' } as never)).to.throw(TypeError, 'missing method')

    const scope = { sumN2: (n: number): number => (n >= 1 ? n * n + scope.sumN2(n - 1) : 0) }
    const functions = new StatsCache(new MemoryCache())
    for (let i = 0; i < 2; i++) cacheFunctions(functions, scope, { sumN2: '2.' })
    expect(scope.sumN2).to.have.property('uncached')
    scope.sumN2(128)
    for (let i = 1; i < 128; i++) for (let n = 0; n < 3; n++) scope.sumN2(i)
    expect(functions.stats().size).to.equal(129)
    expect(functions.hits()).to.be.above(0.7)
  })

  it('take a generator of caches, a class or a function', () => {
    const store = new DictCache()
    const scope = { one: (n: number) => n, two: (n: number) => -n }
    const gen = (cache: Cache, prefix: string): Cache => new PrefixedCache(cache, `app.${prefix}`)
    cacheFunctions(store, scope, { one: '1.' }, { gen })
    cacheFunctions(store, scope, { two: '2.' }, { gen: PrefixedCache })
    expect([scope.one(1), scope.two(1)]).to.deep.equal([1, -1])
    expect([...store.keys()]).to.deep.equal(['app.1.[1]', '2.[1]'])
  })

  it('decorate methods', () => {
    const store = new DictCache()
    class Maths {
      runs = 0
      @cached(store, { key: jsonKey, timeout: 60 })
      double(n: number): number {
        this.runs++
        return 2 * n
      }
    }
    const [one, two] = [new Maths(), new Maths()]
    expect([one.double(1), one.double(1), two.double(1)]).to.deep.equal([2, 2, 2])
    expect([one.runs, two.runs]).to.deep.equal([1, 1])
  })

  it('are dictionaries', () => {
    const store = new DictCache()
    const d = items(store)
    d.a = 1
    expect(['a' in d, d.a, d.b, Object.keys(d)]).to.deep.equal([true, 1, undefined, ['a']])
    delete d.a
    expect(store.has('a')).to.equal(false)
  })
})

describe('MemCached of CacheToolsUtils', () => {
  // test_memcached, test_key_memcached, test_stats_memcached
  it('is a cache with keys of any length, alone, with a prefix and under wrappers', async () => {
    const { port } = await memcached()
    const server = `127.0.0.1:${port}`
    const prefixed = new PrefixedMemCached(server, 'CacheToolsUtils.')
    expect(await exercised(prefixed, jsonKey)).to.equal(30000)
    expect(await prefixed.get('[1,"a",true]')).to.equal(111)
    expect(prefixed.hits()).to.be.above(0.8)
    await prefixed.set(`${'long '.repeat(100)}$`, null, 60)
    expect(await prefixed.get(`${'long '.repeat(100)}$`, 'missing')).to.equal(null)

    const plain = new MemCached(server)
    const stacked = new StatsMemCached(plain, 'stacked.')
    const encrypted = new ToBytesCache(new EncryptedCache(stacked, SECRET))
    expect(await exercised(encrypted, jsonKey)).to.equal(30000)
    for (const each of [plain, prefixed, stacked]) await setGetDelete(each)
    expect(await prefixed.delete('[1,"a",true]')).to.equal(true)
    await plain.clear()
    expect(await prefixed.get('[3,null,false]')).to.equal(-17)
    for (const each of [plain, prefixed]) await each.close()
  })
})

describe('JsonSerde', () => {
  it('writes the bytes and flags of theirs, and reads them', () => {
    const serde = new JsonSerde()
    const vectors: [unknown, string, number][] = [
      [Buffer.from('x'), '78', 1],
      ['é', 'c3a9', 2],
      [1, '31', 3],
      [null, '6e756c6c', 3],
      [[1], '5b315d', 3],
      [{ b: 2, a: 1 }, '7b2261223a312c2262223a327d', 3],
      [true, '74727565', 3],
      [1.5, '312e35', 3],
    ]
    for (const [value, hex, flag] of vectors) {
      const [bytes, written] = serde.serialize('key', value)
      expect([bytes.toString('hex'), written]).to.deep.equal([hex, flag])
      expect(serde.deserialize('key', bytes, flag)).to.deep.equal(value)
    }
    expect(() => serde.deserialize('foo', Buffer.from('bla'), 42)).to.throw('Unknown serialization format: 42')
  })
})
