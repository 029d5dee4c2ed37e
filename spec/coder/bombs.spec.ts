import { inspect } from 'node:util'
import { serialize } from 'node:v8'
import { expect } from 'chai'
import { clone } from '../../lib/coder/clone.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'

const json = new JsonCoder()
const msgpack = new MsgpackCoder(json)
const v8 = new V8Coder(json)

/** Expects a CoderError, in less than a second and 50 MB. */
function refused(coder: { decode(wire: never): unknown }, wire: Buffer | string): void {
  const before = process.memoryUsage()
  const began = performance.now()
  expect(() => coder.decode(wire as never)).to.throw(CoderError)
  expect(performance.now() - began).to.be.below(1000)
  const after = process.memoryUsage()
  expect(after.heapUsed + after.external - before.heapUsed - before.external).to.be.below(50e6)
}

/** A number as V8 writes it, 7 bits a byte. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

const code = (text: string) => text.charCodeAt(0)
const V8_HEAD = [0xff, 0x0f]

describe('Data that announces more than it holds', () => {
  for (const [name, open] of [
    ['an array of 16 bits', [0xdc, 0xff, 0xff]],
    ['an array of 32 bits', [0xdd, 0x01, 0xff, 0xff, 0xff]],
    ['a map', [0xdf, 0x01, 0xff, 0xff, 0xff]],
    ['a Set of an array', [0xd4, 0x73, 0x00, 0xdd, 0x01, 0xff, 0xff, 0xff]],
    ['a record', [0xd4, 0x72, 0x40, 0xdd, 0x01, 0xff, 0xff, 0xff]],
  ] as const) {
    it(`in MessagePack, as ${name}, costs nothing: alone, nested and side by side`, () => {
      for (const times of [1, 100]) refused(msgpack, Buffer.from(Array(times).fill(open).flat()))
      refused(msgpack, Buffer.from([0xdc, 0x00, 0x64, ...Array(100).fill(open).flat()]))
    })
  }

  for (const [name, tag] of [
    ['a sparse array', 'a'],
    ['a dense array', 'A'],
  ] as const) {
    it(`in V8's format, as ${name}, costs nothing: 105 of them in 736 bytes took all memory`, () => {
      const open = [code(tag), ...varint(33_554_431)]
      refused(v8, Buffer.from([...V8_HEAD, ...Array(105).fill(open).flat()]))
      const sideBySide = Array(100)
        .fill([...open, code('@'), 0, ...varint(33_554_431)])
        .flat()
      refused(v8, Buffer.from([...V8_HEAD, code('A'), 100, ...sideBySide, code('$'), 0, 100]))
    })
  }

  it(`in V8's format, as a buffer that may grow, reserves nothing`, () => {
    const growing = [code('~'), 0, ...varint(0xffff_ffff)]
    refused(v8, Buffer.from([...V8_HEAD, code('A'), 100, ...Array(100).fill(growing).flat(), code('$'), 0, 100]))
  })

  it(`in V8's format is refused where V8Coder never writes it, such as a boxed number`, () => {
    for (const value of [Object(1), Object('text'), Object(1n), new Error('e')]) refused(v8, serialize(value))
  })

  it('is what it is when it holds what it announces', () => {
    const values = [
      Array.from({ length: 70_000 }, (_, i) => i),
      new Array(300).fill('holey'),
      new Map(Array.from({ length: 300 }, (_, i) => [i, { id: i, [`key${i}`]: [i] }])),
      new Set(Array.from({ length: 300 }, (_, i) => `item ${i}`)),
      Array.from({ length: 100 }, (_, i) => ({ [`only${i}`]: i, also: 'ж'.repeat(i) })),
      [new Uint8Array(70_000), Buffer.alloc(300), new Float64Array(3), new Date(1e12 + 5), /a"b/giu, undefined, -1e9],
      [2n ** 63n, -(2n ** 100n), 2n ** 131_071n, 64, 127, 128, 2 ** 40, 1.5, 'x'.repeat(70_000)],
    ]
    for (const coder of [msgpack, v8])
      for (const value of values) expect(coder.decode(Buffer.from(coder.encode(value)))).to.deep.equal(value)
  })
})

describe('A bigint', () => {
  it('of ten million digits is refused before it is read', () => {
    refused(json, `{"$bigint":"${'7'.repeat(10_000_000)}"}`)
    const bytes = Buffer.alloc(4_000_000, 7)
    refused(msgpack, Buffer.concat([Buffer.from([0xc9, 0x00, 0x3d, 0x09, 0x00, 0x42]), bytes]))
    refused(v8, Buffer.concat([Buffer.from([...V8_HEAD, code('Z'), ...varint(8_000_000)]), bytes]))
  })

  it('that is read is written, and one that is not is refused in writing, by all coders and by clone', () => {
    const longest = 2n ** 131_072n - 1n
    for (const coder of [json, msgpack, v8]) {
      for (const bigint of [longest, -longest]) expect(coder.decode(coder.encode([bigint]))).to.deep.equal([bigint])
      for (const bigint of [longest + 1n, -longest - 1n])
        expect(() => coder.encode({ a: [bigint] })).to.throw(
          CoderError,
          'more than 131072 bits cannot be stored (at $.a[0])',
        )
    }
    expect(() => clone([longest + 1n])).to.throw(CoderError, '131072 bits')
    expect(clone(longest)).to.equal(longest)
  })
})

describe('A value of shared parts', () => {
  /** A list of objects, deepest first, of which each refers to the one before it: nowhere nested as it is written. */
  const chain = (length: number) => {
    const list: unknown[] = [[]]
    while (length-- > 0) list.push([list.at(-1)])
    return list
  }

  it('is refused when it is deeper by references than values may be nested, in writing and in reading', () => {
    const links = (length: number) => Array.from({ length }, (_, i) => `[{"$ref":${i + 1}}]`)
    const text = (length: number) => {
      const order = Array.from({ length }, (_, i) => `{"$ref":${length - i}}`)
      return `{"$graph":[[${order}],${links(length).slice(1)},[]]}`
    }
    expect(json.decode(text(900))).to.be.an('array')
    refused(json, text(1100))
    const bytes = (length: number) => serialize(chain(length))
    expect(v8.decode(bytes(900))).to.be.an('array')
    refused(v8, bytes(5000))
    for (const write of [(value: unknown) => json.encode(value), (value: unknown) => v8.encode(value), clone]) {
      write(chain(900))
      expect(() => write(chain(1100))).to.throw(CoderError, '1000 levels')
    }
  })

  it('is kept when its parts are many, or cyclic', () => {
    const ring: { next?: unknown }[] = Array.from({ length: 500 }, () => ({}))
    for (const [i, item] of ring.entries()) item.next = ring[(i + 1) % 500]
    for (const coder of [json, msgpack, v8]) {
      const [first] = coder.decode(coder.encode(ring)) as typeof ring
      let at: { next?: unknown } = first!
      for (let i = 0; i < 500; i++) at = at.next as typeof at
      expect(at).to.equal(first)
    }
  })
})

describe('A stored error', () => {
  const odd = [{ toString: 1 }, Object.create(null), [Object.create(null)], /x/, new Map()]

  it('can be printed, whatever its name, message and stack were', () => {
    for (const coder of [json, msgpack, v8]) {
      for (const part of ['name', 'message', 'stack']) {
        for (const value of odd) {
          for (const enumerable of [true, false]) {
            const error = new TypeError('text')
            // V8 makes the stack when it is first asked for, of the name and message then.
            String(error.stack)
            Object.defineProperty(error, part, { value, enumerable })
            const stored = coder.decode(coder.encode({ error })) as { error: Error }
            expect(inspect(stored)).to.be.a('string')
            expect(stored.error).to.be.instanceOf(TypeError)
          }
        }
      }
    }
  })

  it('is a CoderError when its data would make it one that cannot be printed', () => {
    for (const part of ['name', 'message', 'stack'])
      for (const value of ['{"toString":1}', '{"$bare":{}}', '[]', '{"$regexp":["a",""]}'])
        for (const parts of [`{"${part}":${value}},{}`, `{},{"${part}":${value}}`])
          refused(json, `{"$error":["Error",${parts}]}`)
  })
})
