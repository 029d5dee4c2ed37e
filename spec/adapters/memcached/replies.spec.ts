import { expect } from 'chai'
import fc from 'fast-check'
import { Garbled, Replies } from '../../../adapters/memcached/replies.ts'

function read(chunks: readonly (string | Buffer)[]): [string, string | undefined][] {
  const told: [string, string | undefined][] = []
  const replies = new Replies((line, data) => void told.push([line, data?.toString('latin1')]))
  for (const chunk of chunks) replies.push(Buffer.from(chunk as string, 'latin1'))
  return told
}

const SAID = 'HD ka O1\r\nVA 5 f0 kb O2\r\na\r\nEN\r\nEN kc O3\r\nVA 0 f0 kd O4\r\n\r\nMN\r\n'
const MEANT = [
  ['HD ka O1', undefined],
  ['VA 5 f0 kb O2', 'a\r\nEN'],
  ['EN kc O3', undefined],
  ['VA 0 f0 kd O4', ''],
  ['MN', undefined],
]

describe('The parser of memcached replies', () => {
  it('cuts lines, and data by their length, whatever the data looks like', () => {
    expect(read([SAID])).to.deep.equal(MEANT)
  })

  it('takes replies in any pieces', () => {
    expect(read([...SAID])).to.deep.equal(MEANT)
    fc.assert(
      fc.property(fc.array(fc.nat(SAID.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), SAID.length]
        expect(read(at.map((cut, i) => SAID.slice(at[i - 1] ?? 0, cut)))).to.deep.equal(MEANT)
      }),
    )
  })

  it('concatenates the pieces of large data once', () => {
    const piece = Buffer.alloc(16_384, 'x')
    const pieces = Array.from({ length: 2048 }, () => piece)
    const began = performance.now()
    const [[, data] = []] = read([`VA ${piece.length * pieces.length} f0 ka O1\r\n`, ...pieces, '\r\n'])
    expect(data).to.have.lengthOf(piece.length * pieces.length)
    // Putting them together again at every piece would take half a minute.
    expect(performance.now() - began).to.be.below(5000)
  })

  it('rejects bytes that are not a reply', () => {
    for (const said of [
      'VA x f0 ka O1\r\n',
      'VA -1 f0 ka O1\r\n',
      'VA 9999999999 f0 ka O1\r\n',
      'VA 1 f0 ka O1\r\nab\r\n',
      'VA 1 f0 ka O1\r\na\n\n',
      'HD\n',
      '\n',
      `${'x'.repeat(2000)}`,
      `${'x'.repeat(2000)}\r\n`,
    ]) {
      expect(() => read([said]), JSON.stringify(said.slice(0, 30))).to.throw(Garbled)
    }
  })
})
