import { expect } from 'chai'
import fc from 'fast-check'
import { encodeKey, expirationOf, KEY_LIMIT } from '../../../adapters/memcached/keys.ts'

/** The characters of a stored key: visible ASCII without `$`, which breaks the package `memcached`. */
const TAKEN = /^[!-#%-~]*$/

const STRANGE = [
  'with space',
  'a\r\nflush_all\r\n',
  'a\nb',
  'NUL\0',
  'a$$b',
  'a$b',
  'a$&b',
  'a%24b',
  'a%b',
  '%',
  'ü',
  'u\u0308',
  '日本',
  '😀',
  '\ud83d',
  '\ude00',
  '\uffff',
  '\uffffd83d',
  '\ufffd',
  '__proto__',
  'constructor',
  'a:b',
  '*',
  '?',
  '[a]',
  '@generation',
  '',
]

describe('Encoding a key for memcached', () => {
  it('leaves plain keys as they are', () => {
    expect(encodeKey('cache:user:1')).to.equal('cache:user:1')
    expect(encodeKey('k'.repeat(KEY_LIMIT))).to.equal('k'.repeat(KEY_LIMIT))
  })

  it('gives visible ASCII of limited length for every key', () => {
    for (const key of STRANGE) expect(encodeKey(key), JSON.stringify(key)).to.match(TAKEN)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (key) => {
        expect(encodeKey(key)).to.match(TAKEN).and.have.lengthOf.at.most(KEY_LIMIT)
      }),
    )
  })

  it('never makes two keys one', () => {
    expect(new Set(STRANGE.map(encodeKey)).size).to.equal(STRANGE.length)
    const unit = fc.constantFrom('a', '$', '%', '2', '4', ' ', '\n', 'ü', '😀', '\ud83d', '\ude00', '\uffff', 'd', '#')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), fc.string({ unit, maxLength: 12 }), (a, b) => {
        expect(encodeKey(a) === encodeKey(b)).to.equal(a === b)
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps the readable head of a key that is too long, and hashes the whole', () => {
    const long = 'k'.repeat(10_000)
    const keys = [
      long,
      `${long}k`,
      `${long} `,
      `${long}\ud83d`,
      `${long}\ude00`,
      'ü'.repeat(KEY_LIMIT),
      'ü'.repeat(KEY_LIMIT + 1),
    ]
    const encoded = keys.map(encodeKey)
    expect(new Set(encoded).size).to.equal(keys.length)
    for (const key of encoded) expect(key).to.match(TAKEN).and.have.lengthOf(KEY_LIMIT)
    expect(encoded[0]).to.match(/^k{100}/)
    expect(encoded[5]).to.match(/^%c3%bc%c3%bc/)
  })

  it('does not take a key that looks hashed for a hashed one', () => {
    const hashed = encodeKey('k'.repeat(10_000))
    expect(encodeKey(hashed)).to.not.equal(hashed)
  })
})

const DAY = 24 * 60 * 60 * 1000
const inSeconds = () => Math.floor(Date.now() / 1000)

describe('Encoding a TTL for memcached', () => {
  it('rounds up to seconds, and adds one because memcached counts the second that has begun', () => {
    expect([1, 999, 1000, 1001, 60_000].map(expirationOf)).to.deep.equal([2, 2, 2, 3, 61])
  })

  it('gives 0 for no limit', () => {
    expect(expirationOf(null)).to.equal(0)
  })

  it('gives a date beyond 30 days', () => {
    expect(expirationOf(30 * DAY - 1000)).to.equal(30 * 24 * 60 * 60)
    const date = expirationOf(31 * DAY)
    expect(date - inSeconds()).to.be.within(31 * 24 * 60 * 60, 31 * 24 * 60 * 60 + 2)
  })

  it('gives no limit beyond the last date that memcached knows, which would wrap around to the past', () => {
    expect(expirationOf((2 ** 31 - 10) * 1000 - Date.now())).to.be.above(inSeconds())
    expect(expirationOf(2 ** 31 * 1000 - Date.now())).to.equal(0)
    expect(expirationOf(8.64e15)).to.equal(0)
  })
})
