import assert from 'node:assert/strict'
import type { Key } from '../../core/types.ts'
import { type Test, thrown } from '../bench.ts'

/** Keys that have broken other caches. */
const AWKWARD = [
  '',
  ' ',
  'a b',
  'line\nbreak',
  'carriage\r\nreturn',
  'tab\t',
  'nul\0',
  'nul\0more',
  '$$',
  '$&',
  '$1',
  'a$$b',
  'a$b',
  '*',
  '?',
  '[a-z]',
  '\\',
  'a:b::c',
  '{slot}',
  '%20',
  '%',
  '#',
  "'; DROP TABLE cache; --",
  '"',
  '../../etc',
  'emoji 🥳',
  'é',
  'e\u0301',
  '\ud800',
  '\udc00',
  '\ud801',
  '\ufffd',
  '\uffff',
  '\uffffd800',
  '__proto__',
  'constructor',
  'then',
  'toString',
  'hasOwnProperty',
  'x'.repeat(10_000),
  `${'x'.repeat(9_999)}y`,
  'ж'.repeat(200),
]

/** Any text is a key, and no two keys collide. */
export function keys(test: Test): void {
  test('keeps any two keys apart, whatever text they are', async ({ cache }) => {
    for (const [i, key] of AWKWARD.entries()) await cache.set(key, i)
    for (const [i, key] of AWKWARD.entries()) assert.equal(await cache.get(key), i, JSON.stringify(key).slice(0, 40))
    assert.deepEqual(
      await cache.getMany(AWKWARD),
      AWKWARD.map((_, i) => i),
    )
    assert.equal(await cache.remove(...AWKWARD), true)
    for (const key of AWKWARD) assert.equal(await cache.has(key), false)
  })

  test('treats numbers, bigints and booleans as their text', async ({ cache }) => {
    for (const key of [1, 1n, true, -0.5, Number.NaN]) {
      await cache.set(key, 'v')
      assert.equal(await cache.get(String(key)), 'v')
    }
  })

  test('refuses any other key, and stores nothing', async ({ cache }) => {
    for (const key of [null, undefined, {}, [], Symbol('k'), () => 'k', new Date()] as unknown as Key[]) {
      await thrown(TypeError, () => cache.set(key, 'v'))
      await thrown(TypeError, () => cache.get(key))
      await thrown(TypeError, () => cache.getOrSet(key, () => 'v'))
      await thrown(TypeError, () => cache.remove('k', key))
      await thrown(TypeError, () => cache.getMany([key]))
      await thrown(TypeError, () => cache.setMany([['k', 1] as const, [key, 1] as const]))
    }
    assert.deepEqual(await cache.getMany(['null', 'undefined', '[object Object]', '', 'k']), Array(5).fill(undefined))
  })
}
