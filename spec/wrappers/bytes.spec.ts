import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { SqliteCache } from '../../adapters/sqlite3/index.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import { conforms } from '../../lib/testing/index.ts'
import { BytesCache, type BytesEncoding } from '../../lib/wrappers/bytes/index.ts'
import { ToBytesCache } from '../../lib/wrappers/bytes/to-bytes.ts'
import { DictCache } from '../../lib/wrappers/dict/index.ts'

const bytes = (...values: number[]) => new Uint8Array(values)

describe('BytesCache over MemoryCache', () => conforms((options) => new BytesCache(new MemoryCache(options))))
describe('BytesCache in base64 over AsyncMemoryCache', () =>
  conforms((options) => new BytesCache(new AsyncMemoryCache(options), { encoding: 'base64' })))
describe('BytesCache over SqliteCache', () =>
  conforms((options) => new BytesCache(new SqliteCache({ ...options, path: ':memory:' }))))

describe('BytesCache', () => {
  it('keeps bytes as the text that its predecessor made of them', () => {
    const map = new Map<string, unknown>()
    const cache = new BytesCache(new DictCache(map))
    cache.set(Buffer.from('Hello'), Buffer.from('World!'))
    cache.set(Buffer.alloc(0), Buffer.alloc(4))
    expect([...map]).to.deep.equal([
      ['NM&qnZv', 'S8sA`WFY'],
      ['', '00000'],
    ])
    expect(cache.get(new TextEncoder().encode('Hello'))).to.deep.equal(Buffer.from('World!'))
  })

  it('keeps bytes as base64 when asked to', () => {
    const map = new Map<string, unknown>()
    const cache = new BytesCache(new DictCache(map), { encoding: 'base64' })
    cache.set(Buffer.from('Hello'), Buffer.from('World!'))
    expect([...map]).to.deep.equal([['SGVsbG8=', 'V29ybGQh']])
    expect(cache.get(Buffer.from('Hello'))).to.deep.equal(Buffer.from('World!'))
  })

  for (const encoding of ['base85', 'base64'] as const) {
    it(`brings bytes back in their class, in ${encoding}`, () => {
      const cache = new BytesCache(new MemoryCache(), { encoding })
      cache.set('buffer', Buffer.from([1, 2, 255]))
      cache.set('bytes', bytes(1, 2, 255))
      expect(cache.get('buffer')).to.be.instanceOf(Buffer)
      expect(Object.getPrototypeOf(cache.get('bytes'))).to.equal(Uint8Array.prototype)
      expect([...cache.get('bytes')!]).to.deep.equal([1, 2, 255])
    })
  }

  it('takes bytes for keys in every verb', async () => {
    const cache = new BytesCache(new MemoryCache())
    const [key, other] = [bytes(0, 255), bytes(0, 254)]
    cache.set(key, 1)
    expect([cache.get(key), cache.get(other, 'none'), cache.getOrFail(key)]).to.deep.equal([1, 'none', 1])
    expect(() => cache.get(other, null, { fail: true })).to.throw('There is no entry')
    expect([cache.has(key), cache.has(other), cache.ttl(other)]).to.deep.equal([true, false, undefined])
    expect([cache.add(key, 2), cache.add(other, 2), cache.increment(other, 3), cache.decrement(other)]).to.deep.equal([
      false,
      true,
      5,
      4,
    ])
    expect(cache.updateTimeout(key, 60)).to.equal(1)
    expect(cache.getMany([key, other])).to.deep.equal([1, 4])
    expect([cache.pull(other), cache.remove(key, other)]).to.deep.equal([4, false])
    expect(cache.getOrSet(key, () => 'made')).to.equal('made')
    expect(await cache.getOrSetAsync(other, async () => 'made too')).to.equal('made too')
    cache.setMany([[key, 'set']])
    cache.setMany({ text: 'set' })
    expect(cache.getOrSetMany([key, bytes(7)], (missing) => missing.map(() => 'loaded'))).to.deep.equal([
      'set',
      'loaded',
    ])
    expect(cache.get('text')).to.equal('set')
  })

  it('takes foreign text for a miss, which can be healed', () => {
    for (const encoding of ['base85', 'base64'] as const) {
      const map = new Map<string, unknown>([['k', 'no such text: \n']])
      const cache = new BytesCache(new DictCache(map), { encoding })
      expect(cache.get('k')).to.equal(undefined)
      expect(cache.stats().decodeError).to.equal(1)
      cache.set('k', bytes(1))
      expect(cache.get('k')).to.deep.equal(bytes(1))
    }
  })

  it('refuses an encoding that there is not', () => {
    const encoding = 'base32' as BytesEncoding
    expect(() => new BytesCache(new MemoryCache(), { encoding })).to.throw(
      ConfigError,
      'Expected one of: base85, base64.',
    )
  })
})

describe('ToBytesCache over MemoryCache', () => conforms((options) => new ToBytesCache(new MemoryCache(options))))
describe('ToBytesCache and BytesCache over AsyncMemoryCache', () =>
  conforms((options) => new ToBytesCache(new BytesCache(new AsyncMemoryCache(options)))))
describe('ToBytesCache over SqliteCache', () =>
  conforms((options) => new ToBytesCache(new SqliteCache({ ...options, path: ':memory:' }), { coder: 'v8' })))

describe('ToBytesCache', () => {
  it('keeps values as JSON in UTF-8, under the same keys', () => {
    const inner = new MemoryCache()
    const cache = new ToBytesCache(inner)
    cache.setMany({ number: 111, text: 'é', list: [1, { a: null }] })
    const json = inner.getMany<Uint8Array>(['number', 'text', 'list']).map((value) => Buffer.from(value!).toString())
    expect(json).to.deep.equal(['111', '"é"', '[1,{"a":null}]'])
    expect(cache.getMany(['number', 'text', 'list'])).to.deep.equal([111, 'é', [1, { a: null }]])
  })

  it('takes arrays and objects for keys, by their data', () => {
    const inner = new MemoryCache()
    const cache = new ToBytesCache(new BytesCache(inner))
    cache.set(['user', 1], 'Ann')
    cache.set({ id: 1, in: { b: null, a: true } }, 'Bob')
    expect([...inner.keys()].sort()).to.deep.equal(['["user",1]', '{"id":1,"in":{"a":true,"b":null}}'])
    expect(cache.getMany([['user', 1], { in: { a: true, b: null }, id: 1 }, ['user', '1']])).to.deep.equal([
      'Ann',
      'Bob',
      undefined,
    ])
    cache.setMany([[['user', 2], 'Eve']])
    expect([cache.has(['user', 2]), cache.remove(['user', 1], ['user', 2]), cache.has(['user', 1])]).to.deep.equal([
      true,
      true,
      false,
    ])
    const cycle: unknown[] = []
    cycle.push(cycle)
    const none = [[], {}, [new Date()], { a: undefined }, [Number.NaN], [1n], new Map([[1, 2]]), [() => 1], cycle]
    for (const key of none as unknown[][]) expect(() => cache.set(key, 1)).to.throw(TypeError)
  })

  it('refuses what cannot be written, and takes what is no JSON for a miss', () => {
    const inner = new MemoryCache()
    const cache = new ToBytesCache(inner)
    expect(() => cache.set('k', () => 1)).to.throw(/function/)
    expect(cache.has('k')).to.equal(false)
    for (const foreign of ['text', 7, Buffer.from('{"cut":'), Buffer.from([0xff])]) {
      inner.set('k', foreign)
      expect(cache.get('k', 'none')).to.equal('none')
    }
    expect(cache.stats().decodeError).to.equal(4)
  })
})
