import { expect } from 'chai'
import { clone } from '../../lib/coder/clone.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import type { Coder } from '../../lib/core/types.ts'
import { expectSame } from './sameness.ts'
import { COLOR, Color, SAMPLES } from './samples.ts'

const json = new JsonCoder().register(Color, COLOR)
const coders: Coder[] = [json, new MsgpackCoder(json), new V8Coder(json)]

describe('What every coder brings back', () => {
  for (const coder of coders)
    describe(`the coder ${coder.name}`, () => {
      for (const [name, value] of Object.entries(SAMPLES)) {
        it(`brings back ${name} as it was`, () => {
          expectSame(coder.decode(coder.encode(value)), value)
        })

        it(`brings back ${name} among other things`, () => {
          const among = { before: [1, 'a'], value: [value], after: true }
          expectSame(coder.decode(coder.encode(among)), among)
        })
      }

      it('does not change what it writes', () => {
        for (const [name, value] of Object.entries(SAMPLES)) {
          coder.encode(value)
          expect(json.encode(value), name).to.equal(json.encode(coder.decode(coder.encode(value))))
        }
      })
    })

  describe('clone', () => {
    for (const [name, value] of Object.entries(SAMPLES))
      it(`copies ${name} as it is`, () => {
        const copy = clone(value, json)
        expectSame(copy, value)
        if (typeof value === 'object' && value !== null) expect(copy).not.to.equal(value)
      })
  })
})
