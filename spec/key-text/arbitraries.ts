import fc from 'fast-check'

const name = fc.oneof(fc.constantFrom('a', 'b', '0', '10', '__proto__', 'toString'), fc.string({ unit: 'grapheme' }))

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 9 }),
  fc.float32Array({ maxLength: 3 }),
  fc.constantFrom(/a/g, new URL('http://a/?b'), new Error('a')),
)

/** Any value that has a key, as deep as it happens to be. */
export const { any } = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: leaf },
    fc.array(tie('any'), { maxLength: 5 }),
    fc.array(fc.tuple(name, tie('any')), { maxLength: 20 }).map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('any'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
}))

const fewLeaves = fc.constantFrom<unknown>(
  ...[0, -0, 1, '1', 1n, Number.NaN, 'a', '', true, null, undefined, Object(1), Object('a')],
  ...[
    new Date(0),
    new Date(1),
    /a/,
    /a/g,
    new Error('a'),
    new TypeError('a'),
    Object.assign(new Error('a'), { code: 1 }),
  ],
  ...[Uint8Array.of(1), Buffer.of(1), Int8Array.of(1), Float64Array.of(0), Float64Array.of(-0), new ArrayBuffer(1)],
)

/** Values of so few parts that two of them are often equal, or nearly so. */
export const { likely } = fc.letrec((tie) => {
  const items = fc.array(tie('likely'), { maxLength: 2 })
  const record = fc.dictionary(fc.constantFrom('a', '0'), tie('likely'), { maxKeys: 2, noNullPrototype: true })
  return {
    likely: fc.oneof(
      { maxDepth: 3 },
      { weight: 2, arbitrary: fewLeaves },
      items,
      items.map((items) => Object.assign([], { 1: items[0] })),
      items.map((items) => Object.assign(items, { a: 1 })),
      record,
      record.map((record) => Object.assign(Object.create(null), record)),
      items.map((items) => new Set(items)),
      fc.array(fc.tuple(tie('likely'), tie('likely')), { maxLength: 2 }).map((entries) => new Map(entries)),
    ),
  }
})

/** The same value with its properties, entries of Maps and items of Sets in another order. */
export function shuffled(value: unknown, seed: number): unknown {
  const inside = (part: unknown): unknown => shuffled(part, seed)
  if (Array.isArray(value)) return value.map(inside)
  if (value instanceof Set) return new Set(mixed([...value].map(inside), seed))
  if (value instanceof Map) return new Map(mixed([...value], seed).map(([key, item]) => [inside(key), inside(item)]))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(mixed(Object.entries(value), seed).map(([name, item]) => [name, inside(item)]))
}

function mixed<T>(items: readonly T[], seed: number): T[] {
  const left = [...items]
  return items.map((_, i) => left.splice((seed + i * 7) % left.length, 1)[0]!)
}
