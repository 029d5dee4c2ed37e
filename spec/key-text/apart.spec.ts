import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { fullHashKey, hashJsonKey, hashKey, jsonKey, kw, typedKey } from '../../lib/key-text/index.ts'
import { any, likely, shuffled } from './arbitraries.ts'

const FUNCTIONS = { jsonKey, hashKey, typedKey, hashJsonKey, fullHashKey }

describe('The keys of different arguments', () => {
  const VALUES: unknown[] = [
    ...[
      1,
      '1',
      1n,
      true,
      'true',
      null,
      'null',
      undefined,
      'undefined',
      0,
      -0,
      Number.NaN,
      'NaN',
      '',
      [],
      {},
      '[]',
      '{}',
    ],
    ...[
      [1],
      ['1'],
      [[1]],
      [null],
      [undefined],
      new Array(1),
      Object.assign([1], { length: 2 }),
      [1, undefined],
      '1,2',
      [1, 2],
      Object(1),
      Object('1'),
    ],
    ...[
      { a: undefined },
      { a: null },
      { 0: 1 },
      new Map([[0, 1]]),
      new Map([['0', 1]]),
      new Set([0]),
      new Set([[0, 1]]),
    ],
    ...[new Date(0), '1970-01-01T00:00:00.000Z', 'Date("1970-01-01T00:00:00.000Z")', new Date(Number.NaN)],
    ...[/a/, /a/g, '/a/', new URL('http://a/'), 'http://a/', new Error('a'), new TypeError('a'), { message: 'a' }],
    ...[
      Uint8Array.of(1),
      Int8Array.of(1),
      Float64Array.of(1),
      Uint8Array.of(1).buffer,
      'AQ==',
      { '*': [1], '**': { a: 1 } },
    ],
  ]

  for (const [name, keyOf] of Object.entries(FUNCTIONS)) {
    it(`are all different, by ${name}`, () => {
      const keys = VALUES.map((value) => keyOf(value))
      const same = VALUES.filter((_, i) => keys.indexOf(keys[i]!) !== i)
      expect(same).to.deep.equal([])
    })

    it(`show how many arguments there are, and where one ends, by ${name}`, () => {
      const lists = [[], [undefined], [undefined, undefined], [[]], ['a', 'b'], ['ab'], ['a","b'], [['a', 'b']]]
      const keys = [...lists.map((args) => keyOf(...args)), keyOf('a', kw({ b: 1 })), keyOf('a', { b: 1 })]
      expect(new Set(keys).size).to.equal(keys.length)
    })
  }

  it('are the same for the same data in another class, unless they are typed', () => {
    const bare = Object.assign(Object.create(null), { a: 1 })
    expect(hashKey(bare)).to.equal(hashKey({ a: 1 }))
    expect(typedKey(bare)).not.to.equal(typedKey({ a: 1 }))
    expect(hashKey(Buffer.from('a'))).to.equal(hashKey(new TextEncoder().encode('a')))
    expect(typedKey(Buffer.from('a'))).not.to.equal(typedKey(new TextEncoder().encode('a')))
  })
})

describe('For any arguments', () => {
  it('typed keys are equal exactly if the arguments are deeply and strictly equal', () => {
    fc.assert(
      fc.property(likely, likely, (a, b) => {
        expect(typedKey(a) === typedKey(b)).to.equal(isDeepStrictEqual(a, b))
      }),
      { numRuns: 5000 },
    )
  }).timeout(60_000)

  it('the order of properties, of the entries of Maps and of the items of Sets does not matter', () => {
    fc.assert(
      fc.property(any, fc.nat(), (value, seed) => {
        expect(jsonKey(shuffled(value, seed))).to.equal(jsonKey(value))
      }),
      { numRuns: 1000 },
    )
  }).timeout(60_000)

  it('keys are printable ASCII', () => {
    fc.assert(
      fc.property(any, (value) => {
        expect(jsonKey(value)).to.match(/^\[[ -~]*\]$/)
      }),
    )
  })

  it('keys of JSON are JSON that parses to the arguments', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ noUnicodeString: false })), (args) => {
        const plain = JSON.parse(JSON.stringify(args)) as unknown[]
        expect(isDeepStrictEqual(JSON.parse(jsonKey(...plain)), plain)).to.equal(true)
      }),
    )
  })

  it('names are sorted by code points', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 4 }), { maxLength: 30 }), (names) => {
        const key = jsonKey(Object.fromEntries(names.map((name) => [name, null])))
        const inOrder = [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        // JSON.parse would put names that look like indices first.
        expect([...key.matchAll(/("(?:[^"\\]|\\.)*"):null/g)].map(([, name]) => JSON.parse(name!))).to.deep.equal(
          inOrder,
        )
      }),
    )
  })

  it('no number has the key of a BigInt', () => {
    const integer = fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }).map(Math.round))
    const isApart = (number: number, bigint: bigint): boolean => jsonKey(number) !== jsonKey(bigint)
    fc.assert(fc.property(integer, (number) => isApart(number, BigInt(number))))
    fc.assert(fc.property(fc.bigInt(), (bigint) => isApart(Number(bigint), bigint)))
  })

  it('no string changes the meaning of what surrounds it', () => {
    const fragment = fc.constantFrom(
      '"',
      '\\',
      ',',
      '[',
      ']',
      '{',
      '}',
      ':',
      'a',
      'NaN',
      'Date("',
      ')',
      '\\u0022',
      '"a":1',
    )
    const text = fc.string({ unit: fragment, maxLength: 6 })
    const args = fc.array(fc.oneof(text, fc.array(text), fc.dictionary(text, text, { noNullPrototype: true })), {
      maxLength: 3,
    })
    fc.assert(
      fc.property(args, args, (a, b) => {
        expect(jsonKey(...a) === jsonKey(...b)).to.equal(isDeepStrictEqual(a, b))
      }),
      { numRuns: 2000 },
    )
  })

  it('long arguments have keys of 23 characters that differ if they do', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 130 }), fc.string({ minLength: 130 }), (a, b) => {
        expect(hashKey(a)).to.match(/^#[\w-]{22}$/)
        expect(hashKey(a) === hashKey(b)).to.equal(a === b)
      }),
    )
  })
})
