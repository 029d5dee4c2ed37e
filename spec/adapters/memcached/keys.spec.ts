import { expect } from 'chai'
import fc from 'fast-check'
import { encodeKey, KEY_LIMIT } from '../../../adapters/memcached/keys.ts'

/** What a stored key may be made of: visible ASCII, and no `$`, which breaks the package `memcached`. */
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

describe('Keys in memcached', () => {
  it('keep themselves when they are plain', () => {
    expect(encodeKey('cache:user:1')).to.equal('cache:user:1')
    expect(encodeKey('k'.repeat(KEY_LIMIT))).to.equal('k'.repeat(KEY_LIMIT))
  })

  it('become something that memcached takes, whatever they are', () => {
    for (const key of STRANGE) expect(encodeKey(key), JSON.stringify(key)).to.match(TAKEN)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (key) => {
        expect(encodeKey(key)).to.match(TAKEN).and.have.lengthOf.at.most(KEY_LIMIT)
      }),
    )
  })

  it('stay apart', () => {
    expect(new Set(STRANGE.map(encodeKey)).size).to.equal(STRANGE.length)
    const unit = fc.constantFrom('a', '$', '%', '2', '4', ' ', '\n', 'ü', '😀', '\ud83d', '\ude00', '\uffff', 'd', '#')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), fc.string({ unit, maxLength: 12 }), (a, b) => {
        expect(encodeKey(a) === encodeKey(b)).to.equal(a === b)
      }),
      { numRuns: 2000 },
    )
  })

  it('stay apart when they are too long, and show how they begin', () => {
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

  it('that look like a hashed one are none', () => {
    const hashed = encodeKey('k'.repeat(10_000))
    expect(encodeKey(hashed)).to.not.equal(hashed)
  })
})
