import { expect } from 'chai'
import fc from 'fast-check'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'
import { COLOR, Color, SAMPLES } from './samples.ts'

const json = new JsonCoder().register(Color, COLOR)
const msgpack = new MsgpackCoder(json)
const v8 = new V8Coder(json)

describe('Stored data that no coder wrote', () => {
  const refused = (text: string) => expect(() => json.decode(text), text.slice(0, 80)).to.throw(CoderError)

  it('is a CoderError when it is no JSON, without the data in it', () => {
    for (const text of ['', ' ', '{', '[1,', 'undefined', '{"a":1}{"a":1}', "{'a':1}"]) refused(text)
    expect(() => json.decode('{"secret":"hunter2" oops}'))
      .to.throw(CoderError, /^(?!.*hunter2)/)
      .and.not.to.have.property('cause')
  })

  it('is a CoderError when it is no UTF-8', () => {
    expect(() => json.decode(Buffer.from([0x22, 0xff, 0x22]))).to.throw(CoderError, 'UTF-8')
    expect(() => json.decode(Buffer.from('"é"').subarray(0, 2))).to.throw(CoderError, 'UTF-8')
    expect(json.decode(Buffer.from('"\ufffd"'))).to.equal('\ufffd')
  })

  it('is a CoderError when a tag holds something else than it should', () => {
    const wrong: Record<string, unknown[]> = {
      $undefined: [false, null, 1],
      $number: [1, 'one', '0', null],
      $bigint: [1, '', '1.5', '0x10', ' 1', '1n', null],
      $date: [0, 'yesterday', {}, ['2020']],
      $map: [{}, 1, [1], [[1]], [[1, 2, 3]], [{ 0: 1, 1: 2 }]],
      $set: [{}, 'abc', null],
      $regexp: ['a', ['('], ['(', 'g'], ['a', 'q'], [1, 'g'], []],
      $url: ['nowhere', '', 1, null],
      $bytes: [
        1,
        null,
        'a',
        'a===',
        '####',
        'YQ=',
        [],
        ['Uint8Array'],
        ['Array', ''],
        ['Object', ''],
        ['constructor', ''],
        ['Float64Array', 'AAAA'],
      ],
      $array: [
        1,
        [],
        [1],
        [-1, {}],
        [1.5, {}],
        ['1', {}],
        [2 ** 32, {}],
        [1, []],
        [1, { 1: 1 }],
        [1, { length: 9 }],
        [1e9, { length: 2 }],
      ],
      $bare: [1, null, [], 'a'],
      $error: [
        1,
        [],
        ['Error'],
        ['Error', {}],
        ['Object', {}, {}],
        ['Function', {}, {}],
        ['Error', [], {}],
        [null, {}, {}],
      ],
      $class: [1, [], ['color'], ['nobody', 1], ['__proto__', {}], ['toString', {}], [{}, {}]],
      $graph: [
        1,
        {},
        [],
        [{ $ref: 1 }],
        [{ $ref: 0 }],
        [{ $ref: -1 }],
        [{ $ref: '0' }],
        [{ $ref: 'length' }],
        [[{ $ref: 1 }], { $ref: 1 }],
        [{ $graph: [1] }],
      ],
      $ref: [0, 1, null],
      $unknown: [1],
      $: [1],
    }
    for (const [tag, payloads] of Object.entries(wrong)) {
      for (const payload of payloads) {
        refused(JSON.stringify({ [tag]: payload }))
        refused(JSON.stringify([{ a: { [tag]: payload } }]))
      }
    }
  })

  it('is a CoderError when an instance would contain itself', () => {
    refused('{"$graph":[{"$ref":0}]}').with.property('message').that.includes('"$ref" does not hold')
    refused('{"$graph":[{"$class":["color",{"rgb":{"$ref":0}}]}]}')
    refused('{"$graph":[[{"$ref":1}],{"$class":["color",[{"$ref":1}]]}]}')
  })

  it('is a CoderError when it is nested too deeply, with and without tags', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['{"$set":[', ']}'],
      ['{"$$a":', '}'],
      ['{"$map":[[1,', ']]}'],
      ['{"$bare":{"a":', '}}'],
      ['{"$class":["color",', ']}'],
    ])
      for (const levels of [1002, 100_000]) refused(`${open!.repeat(levels)}1${close!.repeat(levels)}`)

    const links = Array.from({ length: 5000 }, (_, i) => `[{"$ref":${i + 1}}]`)
    refused(`{"$graph":[${links.join()},1]}`)
  })

  it('takes no memory that it does not hold', () => {
    const arrays = `{"$array":[33554431,{"7":1}]},`.repeat(300)
    const before = process.memoryUsage().rss
    const [array] = json.decode(`[${arrays}0]`) as unknown[][]
    expect(array).to.have.lengthOf(33554431)
    expect(array![7]).to.equal(1)
    expect(process.memoryUsage().rss - before).to.be.below(100e6)
  })

  it('never touches a prototype', () => {
    const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    const texts = [
      evil,
      `[{"$set":[${evil}]}]`,
      `{"$bare":${evil}}`,
      `{"$array":[1,${evil}]}`,
      `{"$error":["Error",${evil},${evil}]}`,
      `{"$$x":${evil}}`,
      `{"$map":[["__proto__",${evil}]]}`,
      `{"$class":["color",${evil}]}`,
      `{"$graph":[{"__proto__":{"$ref":1}},${evil}]}`,
    ]
    for (const text of texts) json.decode(text)
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined)

    const sparse = json.decode(`{"$array":[1,{"__proto__":{"a":1}}]}`) as object
    expect(Object.getPrototypeOf(sparse)).to.equal(Array.prototype)
    const error = json.decode(`{"$error":["TypeError",{"__proto__":{"a":1}},{"constructor":1}]}`) as object
    expect(Object.getPrototypeOf(error)).to.equal(TypeError.prototype)
  })

  it('is a CoderError or a value, whatever text it is', () => {
    const part = fc.constantFrom(
      ...'{}[]:,"$ -1e9n\\',
      '"$',
      '{"$',
      ...Object.values(SAMPLES).map((value) => json.encode(value)),
    )
    const text = fc.oneof(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.json(),
      fc.string(),
    )
    fc.assert(fc.property(text, isReadOrRefused(json)))
  })

  it('is a CoderError or a value, whatever tree it is', () => {
    const tags = [
      'undefined',
      'number',
      'bigint',
      'date',
      'map',
      'set',
      'regexp',
      'url',
      'bytes',
      'array',
      'bare',
      'error',
      'class',
      'graph',
      'ref',
      '$date',
    ]
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        tie('tag'),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 3 }),
      ),
      tag: fc.tuple(fc.constantFrom(...tags), tie('tree')).map(([tag, payload]) => ({ [`$${tag}`]: payload })),
    }))
    fc.assert(
      fc.property(tree, (tree) => isReadOrRefused(json)(JSON.stringify(tree))),
      { numRuns: 2000 },
    )
    expect(Object.keys(Object.prototype)).to.deep.equal([])
  })

  for (const coder of [json, msgpack, v8])
    it(`is a CoderError or a value when ${coder.name} data is cut or changed`, () => {
      const wires = Object.values(SAMPLES).map((value) => Buffer.from(coder.encode(value) as Buffer))
      const damaged = fc
        .tuple(
          fc.constantFrom(...wires),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
        )
        .map(([wire, changes, cut]) => {
          const copy = Buffer.from(wire)
          for (const [at, byte] of changes) copy[at % copy.length] = byte
          return cut < 0.5 ? copy.subarray(0, Math.floor(cut * 2 * copy.length)) : copy
        })
      fc.assert(fc.property(damaged, isReadOrRefused(coder)), { numRuns: 2000 })
    }).timeout(60_000)

  it('is a CoderError for a binary coder that is given text', () => {
    expect(() => msgpack.decode('text')).to.throw(CoderError, 'not what the coder "msgpack" writes')
    expect(() => v8.decode('text')).to.throw(CoderError, 'not what the coder "v8" writes')
  })
})

const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    'Error',
    'Uint8Array',
    'color',
    'a',
    'AAAA',
    '1',
    '2020-01-01',
    'g',
    'http://a.b',
    null,
    true,
  ),
  fc.integer({ min: -1, max: 4 }),
  fc.constantFrom(2 ** 32, 2 ** 32 - 1, 1e8),
)

function isReadOrRefused(coder: { decode(wire: never): unknown }): (wire: string | Buffer) => void {
  return (wire) => {
    try {
      coder.decode(wire as never)
    } catch (error) {
      expect(error).to.be.an.instanceof(CoderError)
    }
  }
}
