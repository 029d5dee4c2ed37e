/** A class that specs register. */
export class Color {
  readonly rgb: string

  constructor(rgb: string) {
    this.rgb = rgb
  }
}

export const COLOR = {
  name: 'color',
  encode: (color: Color) => ({ rgb: color.rgb }),
  decode: ({ rgb }: { rgb: string }) => new Color(rgb),
}

/** Another one, whose data is a number. */
export class Money {
  readonly cents: number

  constructor(cents: number) {
    this.cents = cents
  }
}

export const MONEY = { name: 'money', encode: ({ cents }: Money) => cents, decode: (cents: number) => new Money(cents) }
/** `new Money(5)` as the JSON coder writes it. */
export const FIVE = '{"$class":["money",5]}'

/** An error with a stack that is the same on every machine. */
export function told<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}\n    at somewhere`
  return error
}

function cyclic(): unknown {
  const cyclic: Record<string, unknown> = { name: 'loop' }
  cyclic.self = cyclic
  cyclic.list = [cyclic]
  cyclic.map = new Map([[cyclic, new Set([cyclic])]])
  return cyclic
}

function shared(): unknown {
  const part = { n: 1 }
  const date = new Date(0)
  return { a: part, b: [part, part], dates: new Set([date]), date }
}

function failed(): Error {
  const cause = told(new RangeError('the cause'))
  return told(Object.assign(new TypeError('it failed', { cause }), { code: 'E_FAILED', at: new Date(5) }))
}

function holed(): unknown[] {
  const array: unknown[] = [1]
  array[2] = 3
  return array
}

const POOL = Buffer.from('a secret|hello world|another secret')

/**
 * One value for each thing that serializers get wrong, by name: every row of what survives in PERFORMANCE.md, and more. The
 * names are those of the lines in spec/wire/v1.
 */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  text: 'déjà vu "quoted"\n\u2028 🦉',
  number: -12.5e-7,
  int53: Number.MAX_SAFE_INTEGER,
  boolean: true,
  null: null,
  plain: { id: 7, name: 'Ada', tags: ['x', ''], nested: { list: [1, [2, { deep: null }]], empty: {}, none: [] } },
  keyNumericOrder: JSON.parse('{"b":1,"10":2,"a":3,"2":4}'),
  ownProtoKey: JSON.parse('{"__proto__":{"admin":true},"a":{"__proto__":1}}'),
  constructorKey: JSON.parse('{"constructor":{"prototype":{"x":1}},"toJSON":1,"then":2,"hasOwnProperty":3}'),
  keysKey: [{ __keys__: 1, a: 2 }, { a: 3 }, { __keys__: 4, a: 5 }],
  loneSurrogate: ['\ud800', 'a\udc00b', { '\udfff': 1 }],
  byteOrderMark: [`\ufeff${'long'.repeat(20)}`, { '\ufeffkey': '\ufeff' }],
  undefined: undefined,
  undefinedProperty: { a: undefined, b: 1 },
  undefinedItem: [undefined, 1, undefined],
  nan: Number.NaN,
  infinities: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  negativeZero: [-0, 0, { z: -0 }, new Map([['z', -0]])],
  bigint: [0n, -1n, 2n ** 63n, -(2n ** 64n), 123456789012345678901234567890n, -(10n ** 200n)],
  date: new Date(1767225600123),
  dateExtremes: [new Date(-8.64e15), new Date(-1), new Date(0), new Date(2 ** 32 * 1000), new Date(8.64e15)],
  invalidDate: new Date(Number.NaN),
  map: new Map<unknown, unknown>([
    ['a', 1],
    [2, { b: new Date(3) }],
    [{ key: 1 }, new Map([[null, undefined]])],
  ]),
  set: new Set<unknown>([1, 'a', [2], new Set(['nested']), undefined]),
  deepDateInMap: { list: [new Map([['when', [new Date(1)]]])] },
  buffer: Buffer.from('hello world'),
  bufferView: POOL.subarray(9, 20),
  bytes: new Uint8Array([0, 1, 254, 255]),
  bytesView: new Uint8Array(POOL.buffer, POOL.byteOffset + 9, 11),
  typedArrays: [
    new Int8Array([-1, 2]),
    new Uint8ClampedArray([3]),
    new Int16Array([-4]),
    new Uint16Array([5, 6]),
    new Int32Array([-7]),
    new Uint32Array([8]),
    new Float32Array([0.5]),
    new Float64Array([Number.NaN, -0, 9.75]),
    new BigInt64Array([-10n]),
    new BigUint64Array([11n]),
    new Uint8Array(0),
  ],
  arrayBuffer: new Uint8Array([1, 2, 3]).buffer,
  dataView: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
  regexp: [/a\/(?<b>\p{L})/giu, /\/\n/, /^$/],
  url: [new URL('https://user@example.com:8080/a%20b/?q=1&q=2#é'), new URL('mailto:a@b.c')],
  error: failed(),
  aggregateError: told(new AggregateError([told(new Error('one')), 'two'], 'both')),
  errorWithoutMessage: told(new SyntaxError()),
  errorWithOwnName: Object.assign(told(new Error('m')), { name: 'Own', message: 'shown' }),
  sparseArray: holed(),
  longSparseArray: Object.assign([], { 5: 'five', length: 2 ** 32 - 1 }),
  arrayWithHoleAndProperty: Object.assign(holed(), { x: 1 }),
  arrayWithProperties: 'one two'.match(/(?<first>\w+) two/),
  nullPrototype: Object.assign(Object.create(null), { a: 1, $b: new Date(2) }),
  tagLookAlike: { $date: 'not a date' },
  tagLookAlikes: [{ $: 1 }, { $$date: { $$$x: [] } }, { $map: 1, and: 2 }, { $undefined: undefined }, { $ref: 0 }],
  cyclic: cyclic(),
  sharedRef: shared(),
  classInstance: { favourite: new Color('#08f'), all: new Map([[new Color('red'), [new Color('blue')]]]) },
}
