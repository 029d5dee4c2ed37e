import assert from 'node:assert/strict'
import type { Test } from '../bench.ts'

const cyclic: Record<string, unknown> = { name: 'cyclic', list: [] }
cyclic.self = cyclic
;(cyclic.list as unknown[]).push(cyclic)

/** Values that many caches change. */
const VALUES: Record<string, unknown> = {
  'empty text': '',
  text: 'line\r\nbreak, nul \0, emoji 🥳, quote "',
  'a lone surrogate': 'x\ud800y',
  zero: 0,
  'negative zero': -0,
  NaN: Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  'a fraction': 0.1,
  'a bigint': 2n ** 100n,
  true: true,
  false: false,
  null: null,
  undefined: undefined,
  'an array': [1, 'two', [3], { four: 4 }],
  'an array with undefined': [undefined, null],
  // biome-ignore lint/suspicious/noSparseArray: that is what is tested.
  'a sparse array': [1, , 3],
  'an object': { a: 1, b: { c: [true] }, 2: 'two' },
  'an object with undefined': { a: undefined },
  'an object without prototype': Object.assign(Object.create(null), { a: 1 }),
  'an object with an own __proto__': JSON.parse('{"__proto__":{"polluted":true}}'),
  'what looks like a tag': { $date: '2026-01-01' },
  'what looks like an escaped tag': { $$date: { $map: [] } },
  'a date': new Date('2026-11-20T10:00:00.123Z'),
  'a map': new Map<unknown, unknown>([
    ['a', new Map([[1, new Set([2])]])],
    [{ key: true }, undefined],
  ]),
  'a set': new Set([1, 'two', { three: 3 }]),
  'a buffer': Buffer.from([0, 1, 254, 255]),
  bytes: new Uint8Array([0, 10, 13, 255]),
  'a view': new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
  floats: new Float64Array([0.1, -0, Number.NaN]),
  bigints: new BigInt64Array([1n, -1n]),
  'an array buffer': new Uint8Array([1, 2, 3]).buffer,
  'a regular expression': /a\/b"c/giu,
  'a URL': new URL('https://user@example.org:8080/path?q=1#hash'),
  'text of 1 MB': 'x'.repeat(900_000),
}

/** Values come back as they were. */
export function values(test: Test): void {
  for (const [name, value] of Object.entries(VALUES)) {
    test(`brings back ${name} as it was`, async ({ cache }) => {
      await cache.set('k', value)
      assert.deepStrictEqual(await cache.get('k'), value)
      assert.deepStrictEqual(await cache.getMany(['k']), [value])
      assert.equal(({} as { polluted?: boolean }).polluted, undefined)
    })
  }

  // A test of its own, because node:assert never considers two invalid dates equal.
  test('brings back an invalid date as it was', async ({ cache }) => {
    await cache.set('k', new Date(Number.NaN))
    const value = await cache.get('k')
    assert.ok(value instanceof Date)
    assert.ok(Number.isNaN(value.getTime()))
  })

  test('brings back cyclic values', async ({ cache }) => {
    await cache.set('k', cyclic)
    const value = (await cache.get('k')) as typeof cyclic
    assert.equal(value.self, value)
    assert.equal((value.list as unknown[])[0], value)
    assert.equal(value.name, 'cyclic')
  })

  test('brings back errors with class, message, cause and fields', async ({ cache }) => {
    const error = Object.assign(new RangeError('too far', { cause: new Error('the cause') }), { code: 'E_FAR' })
    await cache.set('k', error)
    const value = (await cache.get('k')) as typeof error
    assert.ok(value instanceof RangeError)
    assert.deepEqual([value.message, value.code, value.stack], [error.message, error.code, error.stack])
    assert.equal((value.cause as Error).message, 'the cause')
  })
}
