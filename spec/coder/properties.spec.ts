import { expect } from 'chai'
import fc from 'fast-check'
import { clone, freeze } from '../../lib/coder/clone.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import type { Coder } from '../../lib/core/types.ts'
import { key, text, value } from './arbitraries.ts'
import { expectSame } from './sameness.ts'

const json = new JsonCoder()
const coders: Coder[] = [json, new MsgpackCoder(json), new V8Coder(json)]

describe('For any value', () => {
  for (const coder of coders)
    it(`the coder ${coder.name} brings it back as it was, from its wire and from the bytes of it`, () => {
      fc.assert(
        fc.property(value, (value) => {
          const wire = coder.encode(value)
          expectSame(coder.decode(wire), value)
          expectSame(coder.decode(new Uint8Array(Buffer.from(wire as string))), value)
        }),
        { numRuns: 500 },
      )
    }).timeout(60_000)

  it('clone makes the same, and shares no object with it', () => {
    fc.assert(
      fc.property(value, (value) => {
        const copy = clone(value)
        expectSame(copy, value)
        expect([...objectsIn(copy)].filter((object) => objectsIn(value).has(object))).to.deep.equal([])
      }),
      { numRuns: 500 },
    )
  }).timeout(60_000)

  it('freeze answers the value unchanged, but for methods that would change it', () => {
    fc.assert(
      fc.property(value, (value) => {
        const before = clone(value)
        const frozen = freeze(value)
        expectSame(clone(frozen), before)
        expect(clone(value)).to.satisfy((copy: unknown) => json.encode(copy) === json.encode(before))
      }),
      { numRuns: 500 },
    )
  }).timeout(60_000)

  it('the JSON coder writes the same text for what it brought back', () => {
    fc.assert(
      fc.property(value, (value) => {
        expect(json.encode(json.decode(json.encode(value)))).to.equal(json.encode(value))
      }),
    )
  })

  it('plain data has the text of JSON.stringify, and JSON.parse reads it', () => {
    const notAlone = fc.array(fc.tuple(key, fc.jsonValue()), { minLength: 2 })
    fc.assert(
      fc.property(notAlone, (entries) => {
        const plain = JSON.parse(JSON.stringify(Object.fromEntries(entries)))
        if (!looksTagged(plain)) expect(json.encode(plain)).to.equal(JSON.stringify(plain))
      }),
    )
  })

  it('objects that look like tags come back as they were, however often they are nested', () => {
    const tag = fc.constantFrom(
      '',
      '$',
      'date',
      '$date',
      'map',
      'set',
      'graph',
      'ref',
      'class',
      'undefined',
      'array',
      'bare',
    )
    const { lookAlike } = fc.letrec((tie) => ({
      lookAlike: fc.oneof(
        { depthSize: 'large' },
        fc.jsonValue(),
        fc.tuple(fc.oneof(tag, text), tie('lookAlike')).map(([key, item]) => ({ [`$${key}`]: item })),
        fc.array(tie('lookAlike'), { maxLength: 3 }),
      ),
    }))
    for (const coder of coders)
      fc.assert(fc.property(lookAlike, (value) => expectSame(coder.decode(coder.encode(value)), value)))
  })
})

function looksTagged(value: unknown): boolean {
  return /\{"\$/.test(JSON.stringify(value))
}

/** Every object in a value, but for those that cannot be changed. */
function objectsIn(value: unknown, found = new Set<unknown>()): Set<unknown> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found
  found.add(value)
  const items = value instanceof Map || value instanceof Set ? [...value.keys(), ...value.values()] : []
  for (const item of [...items, ...Object.values(value)]) objectsIn(item, found)
  return found
}
