import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode } from '../../lib/coder/base85.ts'
import { CoderError } from '../../lib/core/errors.ts'

/** Bytes in hexadecimal, and what Python's `base64.b85encode` makes of them. */
const VECTORS = [
  ['', ''],
  ['00', '00'],
  ['61', 'VE'],
  ['6162', 'VPX'],
  ['616263', 'VPaz'],
  ['61626364', 'VPa!s'],
  ['48656c6c6f', 'NM&qnZv'],
  ['576f726c6421', 'S8sA`WFY'],
  ['00000000', '00000'],
  ['ffffffff', '|NsC0'],
  ['000102030405060708090a0b0c0d0e0f', '009C61O)~M2nh-c3=Iws'],
  ['5b312c2261222c747275655d', 'TQMvmVInMaa&={0'],
] as const

const bytes = fc.uint8Array({ maxLength: 40 })

describe('Base85', () => {
  for (const [hex, text] of VECTORS)
    it(`writes the bytes ${hex || '(none)'} as Python does, and reads them`, () => {
      expect(encode(Buffer.from(hex, 'hex'))).to.equal(text)
      expect(Buffer.from(decode(text)).toString('hex')).to.equal(hex)
    })

  it('restores any bytes', () => {
    fc.assert(fc.property(bytes, (bytes) => Buffer.compare(decode(encode(bytes)), bytes) === 0))
  })

  it('refuses text that it would write differently', () => {
    const alphabet = [...encode(new Uint8Array(400).map((_, i) => i * 97)), '~', '"', ' ', 'é']
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 11 }), (text) => {
        const read = reading(text)
        if (read !== undefined) expect(encode(read)).to.equal(text)
      }),
      { numRuns: 2000 },
    )
  })

  const REFUSED = [
    ['another character', '0000"', 'the character at 4 is not one of its 85'],
    ['another character at the end', '00000é0', 'the character at 5 is not one of its 85'],
    ['more than 32 bits', '00000|NsC1', 'the characters from 5 on stand for more than 32 bits'],
    ['more than the bits of an end', '~~', 'the characters from 0 on stand for more than 32 bits'],
    ['one character too many', '000000', 'its length is wrong'],
    ['an end that is written otherwise', 'VF', 'its end is not as it is written'],
  ] as const
  for (const [what, text, reason] of REFUSED)
    it(`refuses ${what}, and does not quote the text`, () => {
      expect(() => decode(text))
        .to.throw(CoderError, `base85 (RFC 1924): ${reason}.`)
        .and.to.have.property('code', 'E_CODER')
    })
})

function reading(text: string): Uint8Array | undefined {
  try {
    return decode(text)
  } catch {
    return undefined
  }
}
