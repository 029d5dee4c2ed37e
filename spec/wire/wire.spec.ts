import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { headOf, pack, unpack } from '../../lib/coder/envelope.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import type { Coder, Entry, Wire } from '../../lib/core/types.ts'
import { expectSame } from '../coder/sameness.ts'
import { COLOR, Color, SAMPLES } from '../coder/samples.ts'

/**
 * The files in v1 are what version 1 of the format wrote, a line for each sample: its name, a tab, and the text or the hex
 * digits of the bytes. They are never changed. A new sample gets a new line; a new version of the format gets a new folder,
 * and goes on reading this one.
 */
function linesOf(file: string): Map<string, string> {
  const text = readFileSync(new URL(`v1/${file}`, import.meta.url), 'utf8')
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t') as [string, string]),
  )
}

const json = new JsonCoder().register(Color, COLOR)
const msgpack = new MsgpackCoder(json)
const v8 = new V8Coder(json)

const hexOf = (wire: Wire) => Buffer.from(wire as string).toString('hex')

const ENTRIES: Readonly<Record<string, Entry>> = {
  plain: { value: { id: 7, name: 'é' }, created: 1767225600000, expires: 1767225900000, until: 1767225900000 },
  withGrace: { value: null, created: 1767225600000, expires: 1767225900000, until: 1767312000000 },
  forEver: { value: 'text\n', created: 0, expires: null, until: null },
  withTags: { value: [1], created: 1, expires: 2, until: 3, tags: ['news', 'user:7', 'a b,c%', '', 'é\ud800'] },
  tagged: { value: new Map([[1, new Date(2)]]), created: 1767225600000, expires: 1767225600001, until: null },
}

describe('The wire format, version 1', () => {
  describe('of the coder json', () => {
    const lines = linesOf('json.tsv')

    it('has a line for every sample', () => {
      expect([...lines.keys()]).to.have.members(Object.keys(SAMPLES))
    })

    for (const [name, value] of Object.entries(SAMPLES)) {
      it(`is written as ever for ${name}`, () => expect(json.encode(value)).to.equal(lines.get(name)))

      it(`is read as ever for ${name}`, () => expectSame(json.decode(lines.get(name)!), value))
    }
  })

  // What msgpackr and V8 write is theirs to change, as long as they read what they wrote before.
  for (const coder of [msgpack, v8] as Coder[])
    describe(`of the coder ${coder.name}`, () => {
      const lines = linesOf(`${coder.name}.tsv`)

      it('has a line for every sample', () => {
        expect([...lines.keys()]).to.have.members(Object.keys(SAMPLES))
      })

      for (const [name, value] of Object.entries(SAMPLES))
        it(`is read as ever for ${name}`, () => expectSame(coder.decode(Buffer.from(lines.get(name)!, 'hex')), value))

      it('is written as ever where it is JSON', () => {
        const marked = [...lines].filter(([, hex]) => hex.startsWith('c1'))
        expect(marked.length).to.be.above(5)
        for (const [name, hex] of marked) expect(hexOf(coder.encode(SAMPLES[name])), name).to.equal(hex)
      })
    })

  describe('of entries', () => {
    const lines = linesOf('entries.tsv')

    it('has a line for every sample', () => {
      expect([...lines.keys()]).to.have.members(Object.keys(ENTRIES))
    })

    for (const [name, entry] of Object.entries(ENTRIES)) {
      it(`is written as ever for ${name}`, () => {
        expect(JSON.stringify(pack(entry, json))).to.equal(lines.get(name))
      })

      it(`is read as ever for ${name}`, () => {
        const wire = JSON.parse(lines.get(name)!) as string
        for (const form of [wire, Buffer.from(wire)]) {
          expectSame(
            unpack(form, () => json),
            entry,
          )
          expect(headOf(form).version).to.equal(1)
        }
      })
    }
  })
})
