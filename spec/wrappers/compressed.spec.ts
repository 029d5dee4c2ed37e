import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import { conforms } from '../../lib/testing/index.ts'
import { type Algorithm, CompressedCache, type CompressedOptions } from '../../lib/wrappers/compressed/index.ts'
import { EncryptedCache } from '../../lib/wrappers/encrypted/index.ts'

const HAS_ZSTD = 'zstdCompressSync' in zlib
const ALGORITHMS: Algorithm[] = ['brotli', 'gzip', 'deflate', ...(HAS_ZSTD ? (['zstd'] as const) : [])]

describe('CompressedCache over MemoryCache', () =>
  conforms((options) => new CompressedCache(new MemoryCache(options), { threshold: 0 })))
describe('CompressedCache over AsyncMemoryCache', () =>
  conforms((options) => new CompressedCache(new AsyncMemoryCache(options), { threshold: 0, algorithm: 'gzip' })))
describe('CompressedCache', () => {
  const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: `user ${id}`, email: `user${id}@example.org` }))

  for (const algorithm of ALGORITHMS) {
    it(`keeps large values small with ${algorithm}, and any cache reads them`, () => {
      const inner = new MemoryCache()
      const cache = new CompressedCache(inner, { algorithm })
      const values = { rows, text: 'lorem ipsum '.repeat(500), bytes: Buffer.alloc(10_000, 'ab') }
      for (const [key, value] of Object.entries(values)) {
        cache.set(key, value)
        const kept = inner.get<Buffer>(key)!
        expect(kept).to.be.instanceOf(Buffer)
        expect(kept.length).to.be.below(JSON.stringify(value).length / 4)
        expect(new CompressedCache(inner).get(key)).to.deep.equal(value)
      }
    })
  }

  it('leaves values alone that are small, or do not become smaller', () => {
    const inner = new MemoryCache()
    const cache = new CompressedCache(inner)
    const values = ['x'.repeat(1023), randomBytes(10_000), randomBytes(10_000).toString('base64'), { small: true }, 7]
    for (const value of values) {
      cache.set('k', value)
      expect(inner.get('k')).to.equal(value)
      expect(cache.get('k')).to.equal(value)
    }
  })

  it('reads what was stored without it, and keeps bytes apart that look like its own', () => {
    const inner = new MemoryCache()
    const cache = new CompressedCache(inner)
    inner.set('before', rows)
    expect(cache.get('before')).to.equal(rows)

    cache.set('k', rows)
    const forged = inner.get<Buffer>('k')!
    for (const value of [forged, new Uint8Array(forged), Buffer.concat([forged, forged])]) {
      cache.set('copy', value)
      expect(cache.get('copy')).to.deep.equal(value)
      expect(Buffer.isBuffer(cache.get('copy'))).to.equal(Buffer.isBuffer(value))
    }
  })

  it('treats values that are too large, damaged or of a later version as misses', () => {
    const inner = new MemoryCache()
    new CompressedCache(inner).set('bomb', Buffer.alloc(1_000_000))
    const bomb = inner.get<Buffer>('bomb')!
    const unknown = Buffer.from(bomb)
    unknown[4] = 99
    inner.setMany({ cut: bomb.subarray(0, -4), unknown })

    const cache = new CompressedCache(inner, { maxOutput: 999_999 })
    const reasons: string[] = []
    cache.on('decodeError', ({ key, error }) => reasons.push(`${key}: ${(error as Error).message}`))
    expect(cache.getMany(['bomb', 'cut', 'unknown'])).to.deep.equal([undefined, undefined, undefined])
    expect(reasons[0]).to.equal('bomb: The stored value is larger than the 999999 bytes that maxOutput leaves for it.')
    expect(reasons[1]).to.match(/^cut: The stored value cannot be decompressed/)
    expect(reasons[2]).to.match(/^unknown: .* by an unknown algorithm/)
    cache.set('bomb', Buffer.alloc(1_000_000))
    expect(cache.get('bomb')).to.deep.equal(Buffer.alloc(1_000_000))
  })

  it('lets no stored byte choose a decoder that the cache is not configured for', () => {
    const inner = new MemoryCache()
    new CompressedCache(inner, { coder: 'v8', threshold: 1 }).set('k', rows)
    const cache = new CompressedCache(inner)
    const reasons: string[] = []
    cache.on('decodeError', ({ error }) => reasons.push((error as Error).message))
    expect(cache.get('k')).to.equal(undefined)
    expect(reasons.join()).to.match(/coder "v8", which this cache does not read. Allow it by the option coders/)
    expect(new CompressedCache(inner, { coders: ['v8'] }).get('k')).to.deep.equal(rows)

    new CompressedCache(inner, { threshold: 1 }).set('k', rows)
    expect(new CompressedCache(inner, { coder: 'v8' }).get('k')).to.deep.equal(rows)
  })

  it('bounds what all values of one answer decompress to', () => {
    const inner = new MemoryCache()
    const keys = Array.from({ length: 60 }, (_, i) => `bomb ${i}`)
    const writer = new CompressedCache(inner)
    for (const key of keys) writer.set(key, Buffer.alloc(1_000_000))
    const cache = new CompressedCache(inner, { maxDecoded: 3_500_000 })
    const reasons: string[] = []
    cache.on('decodeError', ({ error }) => reasons.push((error as Error).message))
    expect(cache.getMany(keys).filter((value) => value !== undefined)).to.have.lengthOf(3)
    expect(reasons).to.have.lengthOf(57)
    expect(reasons[0]).to.match(/larger than the 500000 bytes that maxDecoded leaves for it/)
    for (const key of keys) expect(cache.get(key)).to.have.lengthOf(1_000_000)
    expect(new CompressedCache(inner, { maxDecoded: 0 }).get(keys[0]!)).to.equal(undefined)
  })

  it('never gives another value for damaged bytes than a miss, with gzip and deflate', () => {
    for (const algorithm of ['gzip', 'deflate'] as const) {
      const inner = new MemoryCache()
      const cache = new CompressedCache(inner, { algorithm })
      cache.set('k', rows)
      const kept = inner.get<Buffer>('k')!
      fc.assert(
        fc.property(fc.nat(kept.length - 7), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const damaged = Buffer.from(kept)
          damaged[at + 6]! ^= flip
          inner.set('k', damaged)
          const value = cache.get('k')
          if (value !== undefined) expect(value).to.deep.equal(rows)
        }),
        { numRuns: 300 },
      )
    }
  })

  it('compresses before it encrypts when it stands outside', () => {
    const store = new MemoryCache()
    const cache = new CompressedCache(new EncryptedCache(store, { key: 'a secret of sixteen bytes', hashKeys: false }))
    cache.set('rows', rows)
    expect(store.get<Buffer>('rows')!.length).to.be.below(JSON.stringify(rows).length / 4)
    expect(cache.get('rows')).to.deep.equal(rows)
  })

  it('refuses invalid options', () => {
    const bad: [object, RegExp][] = [
      [{ algorithm: 'lzma' }, /Unknown algorithm "lzma"/],
      [{ level: 12 }, /level of brotli must be a whole number from 0 to 11/],
      [{ algorithm: 'gzip', level: 10 }, /level of gzip/],
      [{ threshold: -1 }, /threshold/],
      [{ maxOutput: Number.NaN }, /maxOutput/],
    ]
    if (!HAS_ZSTD) bad.push([{ algorithm: 'zstd' }, /zstd needs Node 22.15 or later, and this is 20/])
    for (const [options, message] of bad) {
      expect(() => new CompressedCache(new MemoryCache(), options as CompressedOptions)).to.throw(ConfigError, message)
    }
  })
})
