import { expect } from 'chai'
import { coder } from '../../lib/coder/index.ts'
import { fullHashKey, hashJsonKey, hashKey, jsonKey, jsonKeyKw, kw, typedKey } from '../../lib/key-text/index.ts'

/** Arguments, options, their JSON and its hash, as CacheToolsUtils makes them. */
const PYTHON: readonly [args: readonly unknown[], kwargs: Record<string, unknown>, json: string, hash: string][] = [
  [[], {}, '[]', '%0&=!gO#roDI!hRg=bR<'],
  [[1, 'hi'], {}, '[1,"hi"]', 'NaipMtu8OR>q-E>ADMsT'],
  [[1], { hi: 'hello' }, '{"*":[1],"**":{"hi":"hello"}}', 'qaw=O`1vH!z^B&4<X>Bb'],
  [[], { hi: 'bj' }, '{"**":{"hi":"bj"}}', '`$66C3App7Do5QR2hgVW'],
  [[], { z: 1, a: 2 }, '{"**":{"a":2,"z":1}}', '52#tcrrNe}+QxMlD|eMI'],
  [[null, true, false, 1.5], {}, '[null,true,false,1.5]', 'V$gO7mbN^acttd)fCX9='],
  [[[1, [2]], { b: 1, a: { d: 1, c: 2 } }], {}, '[[1,[2]],{"a":{"c":2,"d":1},"b":1}]', 'T??sg<IgwT3jF;H{dq}7'],
  [[{ 10: 1, 9: 2, a: 3 }], {}, '[{"10":1,"9":2,"a":3}]', '%R>1=1&nSOFL4$N>tXZU'],
  [
    ['é', '\u2028', '😀', '"\\/\n\t\u007f\0'],
    {},
    '["\\u00e9","\\u2028","\\ud83d\\ude00","\\"\\\\/\\n\\t\\u007f\\u0000"]',
    '$*xU22l!-Si|h1KHJADS',
  ],
  [[{ '\ue000': 1, '😀': 2 }], {}, '[{"\\ue000":1,"\\ud83d\\ude00":2}]', '5x8q)CC*})myzDPWm;Zo'],
  [['Hello World!'], {}, '["Hello World!"]', 'j#jQnvD$Vrm{P2s(T`v8'],
  [[3, null, false], {}, '[3,null,false]', '2F@sI6Ex8I#MNCO6~2AV'],
  [[1, 'a', true], {}, '[1,"a",true]', 'aI41ClVV!Ua;{&~lOnPN'],
]

/** Numbers that JSON in JavaScript does not have, but Python's has, and this. */
const PYTHON_NUMBERS: readonly [unknown, string][] = [
  [Number.NaN, '[NaN]'],
  [Number.POSITIVE_INFINITY, '[Infinity]'],
  [Number.NEGATIVE_INFINITY, '[-Infinity]'],
  [1e22, '[1e+22]'],
  [10n ** 21n, '[1000000000000000000000]'],
  [9007199254740993n, '[9007199254740993]'],
]

class Grams {
  readonly grams: number

  constructor(grams: number) {
    this.grams = grams
  }
}

class Weight extends Grams {}

class Money {
  readonly amount: string

  constructor(amount: string) {
    this.amount = amount
  }

  toJSON(): unknown {
    return { amount: this.amount, currency: 'EUR' }
  }
}

const buffer = Uint8Array.of(0, 1, 255).buffer
const crowded = Object.assign(['a', 'b'], { index: 0 })
const sparse: unknown[] = []
sparse[3] = 'd'

/** Any other argument, its text, and its text with its class where that is another. */
const VALUES: readonly [unknown, string, string?][] = [
  [undefined, 'undefined'],
  [-0, '-0'],
  [0, '0'],
  [1e-7, '1e-7'],
  [1n, '1n'],
  [-5n, '-5n'],
  [2n ** 53n, '9007199254740992n'],
  ['\b\f\r\u001b\ud800', '"\\b\\f\\r\\u001b\\ud800"'],
  ['\\', '"\\\\"'],
  ['"', '"\\""'],
  [{ a: undefined }, '{"a":undefined}'],
  [JSON.parse('{"__proto__":1,"constructor":2}'), '{"__proto__":1,"constructor":2}'],
  [Object.assign(Object.create(null), { b: 1, a: 2 }), '{"a":2,"b":1}', 'Bare({"a":2,"b":1})'],
  [new Date(0), 'Date("1970-01-01T00:00:00.000Z")'],
  [new Date(-8.64e15), 'Date("-271821-04-20T00:00:00.000Z")'],
  [new Date(Number.NaN), 'Date(NaN)'],
  [
    new Map<unknown, unknown>([
      ['b', 1],
      [{ k: 1 }, []],
      [1, 2],
    ]),
    'Map([["b",1],[1,2],[{"k":1},[]]])',
  ],
  [new Set([10, 9, 'x', Number.NaN]), 'Set(["x",10,9,NaN])'],
  [/a"\/é/gi, 'RegExp("a\\"\\\\/\\u00e9","gi")'],
  [new URL('https://example.com/ä?b#c'), 'URL("https://example.com/%C3%A4?b#c")'],
  [Buffer.from('hi'), 'Uint8Array("aGk=")', 'Buffer("aGk=")'],
  [Uint8Array.of(104, 105), 'Uint8Array("aGk=")'],
  [Int8Array.of(-1), 'Int8Array("/w==")'],
  [Uint8ClampedArray.of(255), 'Uint8ClampedArray("/w==")'],
  [Uint16Array.of(1, 258), 'Uint16Array([1,258])'],
  [Int16Array.of(-1), 'Int16Array([-1])'],
  [Uint32Array.of(2 ** 32 - 1), 'Uint32Array([4294967295])'],
  [Int32Array.of(-2), 'Int32Array([-2])'],
  [Float32Array.of(0.5, -0), 'Float32Array([0.5,-0])'],
  [Float64Array.of(0.1, Number.NaN), 'Float64Array([0.1,NaN])'],
  [BigInt64Array.of(-1n), 'BigInt64Array([-1n])'],
  [BigUint64Array.of(1n), 'BigUint64Array([1n])'],
  [buffer, 'ArrayBuffer("AAH/")'],
  [new DataView(buffer, 1), 'DataView("Af8=")'],
  [sparse, 'Array(4,{"3":"d"})'],
  [crowded, 'Array(2,{"0":"a","1":"b","index":0})'],
  [new TypeError('no', { cause: 1 }), 'Error("TypeError",{"cause":1,"message":"no"},{})'],
  [Object.assign(new Error('no'), { code: 'E' }), 'Error("Error",{"message":"no"},{"code":"E"})'],
  [new AggregateError([1], 'no'), 'Error("AggregateError",{"errors":[1],"message":"no"},{})'],
  [Object(1), 'Object(1)'],
  [Object('a'), 'Object("a")'],
  [Object(false), 'Object(false)'],
  [Object(1n), 'Object(1n)'],
  [new Grams(5), 'Registered("weight",[5])', 'Registered("weight","Grams",[5])'],
  [new Weight(5), 'Registered("weight",[5])', 'Registered("weight","Weight",[5])'],
  [new Money('5'), 'Instance("Money",{"amount":"5","currency":"EUR"})'],
]

/** These are frozen: a key that changes is an entry that is never found again, by another version or process. */
describe('jsonKey', () => {
  before(() => {
    coder.register(Grams, { name: 'weight', encode: ({ grams }) => [grams], decode: ([grams]) => new Grams(grams!) })
  })
  after(() => {
    coder.unregister(Grams)
  })

  for (const [args, kwargs, json, hash] of PYTHON)
    it(`writes ${json} as CacheToolsUtils does`, () => {
      expect(jsonKeyKw(args, kwargs)).to.equal(json)
      expect(jsonKey(...args, kw(kwargs))).to.equal(json)
      expect(fullHashKey(...args, kw(kwargs))).to.equal(hash)
      if (Object.keys(kwargs).length === 0) expect(jsonKey(...args)).to.equal(json)
    })

  for (const [number, json] of PYTHON_NUMBERS)
    it(`writes ${json} as CacheToolsUtils does`, () => {
      expect(jsonKey(number)).to.equal(json)
    })

  for (const [value, text, typed = text] of VALUES)
    it(`writes ${text}${typed === text ? '' : `, and typedKey ${typed}`}`, () => {
      expect(jsonKey(value)).to.equal(`[${text}]`)
      expect(jsonKey({ in: [value] })).to.equal(`[{"in":[${text}]}]`)
      expect(hashKey(value)).to.equal(`[${text}]`)
      expect(typedKey(value)).to.equal(`[${typed}]`)
    })

  it('is hashed by hashJsonKey and fullHashKey', () => {
    expect(hashJsonKey()).to.equal('T1PNoYwrqgwDVLtfmj7L5e')
    expect(hashJsonKey(1, 'hi')).to.equal('3_uojnKqJYRYaG_XniSPjj')
    expect(hashJsonKey({ b: new Date(0), a: 1n })).to.equal('3zlckIb8vY-iHrvShyeTLd')
  })

  it('is kept by hashKey up to 128 characters, and hashed beyond', () => {
    expect(hashKey('x'.repeat(124))).to.equal(`["${'x'.repeat(124)}"]`)
    expect(hashKey('x'.repeat(125))).to.equal(`#${hashJsonKey('x'.repeat(125))}`)
    expect(hashKey('x'.repeat(125))).to.equal('#xBvIsIbXCFLqcYobELI3cb')
    expect(typedKey('x'.repeat(125))).to.equal(hashKey('x'.repeat(125)))
    expect(typedKey(Buffer.alloc(200))).not.to.equal(hashKey(Buffer.alloc(200)))
  })
})
