import { expect } from 'chai'
import { pack, unpack } from '../../lib/coder/envelope.ts'
import { type Coder, JsonCoder, MsgpackCoder, UnknownDecoder, V8Coder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'
import type { Entry } from '../../lib/core/types.ts'
import { expectSame } from './sameness.ts'

class Box {
  readonly content: unknown

  constructor(content: unknown) {
    this.content = content
  }
}

describe('Stored data that means harm to registered classes', () => {
  let decoded: unknown[]
  const json = new JsonCoder().register(Box, {
    name: 'box',
    encode: ({ content }) => content,
    decode(content) {
      decoded.push(content)
      return new Box(content)
    },
  })
  const coders: Coder[] = [json, new MsgpackCoder(json), new V8Coder(json)]
  const refused = (text: string) => expect(() => json.decode(text), text.slice(0, 80)).to.throw(CoderError)

  beforeEach(() => {
    decoded = []
  })

  for (const coder of coders)
    it(`cannot choose a decoder by looking like what the coder ${coder.name} writes`, () => {
      const data = [{ $class: ['box', 5] }, { $$class: ['box', 5] }, { a: { $class: ['nobody', {}] } }]
      expectSame(coder.decode(coder.encode(data)), data)
      expectSame(coder.decode(coder.encode([new Date(0), ...data])), [new Date(0), ...data])
      expect(decoded).to.deep.equal([])
    })

  it('finds nothing under the names that every object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', ''])
      expect(() => json.decode(JSON.stringify({ $class: [name, {}] }))).to.throw(UnknownDecoder)
    for (const name of [null, 0, {}, [], ['box'], { toString: 1 }]) refused(JSON.stringify({ $class: [name, {}] }))
  })

  it('gives decoders data, in which __proto__ is a property like others', () => {
    json.decode('{"$class":["box",{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}]}')
    const [payload] = decoded as [object]
    expect(Object.getPrototypeOf(payload)).to.equal(Object.prototype)
    expect(Object.keys(payload)).to.deep.equal(['__proto__', 'constructor'])
    expect(({} as { admin?: unknown }).admin).to.equal(undefined)
  })

  it('runs no decoder for what is damaged', () => {
    for (const text of [
      '{"$class":["box",{"$date":"never"}]}',
      '{"$class":["box",{"$class":["nobody",1]}]}',
      '{"$class":["box",1,2]}',
      '{"$class":["box",1',
    ])
      refused(text)
    expect(decoded).to.deep.equal([])
  })

  it('is a CoderError when instances are nested too deeply, or refer to each other in a long chain', () => {
    for (const levels of [600, 100_000]) refused(`${'{"$class":["box",'.repeat(levels)}1${']}'.repeat(levels)}`)
    for (const link of ['{"$ref":N}', '{"$class":["box",{"$ref":N}]}']) {
      const parts = Array.from({ length: 200_000 }, (_, i) => link.replace('N', String(i + 1)))
      refused(`{"$graph":[${parts.join()},1]}`)
    }
  }).timeout(60_000)

  it('makes an instance that many refer to once', () => {
    const refs = '{"$ref":1},'.repeat(100_000)
    const all = json.decode(`{"$graph":[[${refs}0],{"$class":["box",1]}]}`) as unknown[]
    expect(decoded).to.deep.equal([1])
    expect(all[0]).to.equal(all[99_999])
  })

  it('takes time and memory for what it holds, not for what it claims', () => {
    const instances = '{"$class":["box",{"$array":[4294967295,{}]}]},'.repeat(20_000)
    const before = process.memoryUsage().rss
    expect(json.decode(`[${instances}0]`)).to.have.lengthOf(20_001)
    expect(process.memoryUsage().rss - before).to.be.below(100e6)
  })

  it('does not fill messages', () => {
    const name = 'x'.repeat(1e6)
    expect(() => json.decode(JSON.stringify({ $class: [name, 1] })))
      .to.throw(UnknownDecoder)
      .with.property('message')
      .with.length.below(300)
  })

  it('is a CoderError whatever a decoder throws, be it the end of the stack', () => {
    const endless = (): never => endless()
    const thrown = [
      endless,
      () => {
        throw undefined
      },
      () => {
        throw 'text'
      },
      () => {
        throw new RangeError('Invalid array length')
      },
    ]
    for (const decode of thrown) {
      const made = new JsonCoder()
      made.decoder.register('box')(decode)
      for (const way of [made, new MsgpackCoder(made), new V8Coder(made)])
        expect(() =>
          way.decode(way === made ? '{"$class":["box",1]}' : Buffer.from('\xc1{"$class":["box",1]}', 'latin1')),
        ).to.throw(CoderError)
    }
  })

  it('leaves the stack traces of others as they were', () => {
    const limit = Error.stackTraceLimit
    json.decode('{"$error":["TypeError",{},{}]}')
    refused('{"$error":["Nothing",{},{}]}')
    expect(Error.stackTraceLimit).to.equal(limit)
  })
})

describe('A decoder that reads stored data itself', () => {
  it('does not disturb the reading that it is part of', () => {
    const entry = (value: unknown): Entry => ({ value, created: 1, expires: 20, until: 300, tags: ['a'] })
    const json = new JsonCoder().register(Box, {
      name: 'box',
      encode: ({ content }) => pack(entry(content), new JsonCoder()),
      decode: (wire) => new Box(unpack(wire, () => new JsonCoder()).value),
    })
    const boxes = entry([new Box('one'), new Box({ two: 2 })])
    for (const wire of [pack(boxes, json), Buffer.from(pack(boxes, json) as string)])
      expectSame(
        unpack(wire, () => json),
        boxes,
      )
  })
})
