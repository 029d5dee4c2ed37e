import assert from 'node:assert/strict'
import { Unsupported } from '../../core/errors.ts'
import type { Cache } from '../../core/types.ts'
import { type Test, thrown } from '../bench.ts'

async function listed(cache: Cache, prefix?: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of cache.keys(prefix)) keys.push(key)
  return keys.sort()
}

/** Listing and clearing, or `Unsupported`. */
export function listing(test: Test): void {
  test('lists its keys, all or by prefix, or throws Unsupported', async ({ cache }) => {
    if (!cache.capabilities.listsKeys) {
      const error = await thrown(Unsupported, () => listed(cache))
      assert.equal((error as Unsupported).verb, 'keys')
      return
    }
    assert.deepEqual(await listed(cache), [])
    await cache.setMany({ 'a*': 1, ab: 2, 'a:b': 3, '': 4, 'emoji 🥳': 5, 'a[b]': 6 })
    assert.deepEqual(await listed(cache), ['', 'a*', 'a:b', 'a[b]', 'ab', 'emoji 🥳'])
    assert.deepEqual(await listed(cache, 'a'), ['a*', 'a:b', 'a[b]', 'ab'])
    assert.deepEqual(await listed(cache, 'a*'), ['a*'])
    assert.deepEqual(await listed(cache, 'a[b]'), ['a[b]'])
    assert.deepEqual(await listed(cache, '?'), [])
  })

  test('lists more keys than fit into one page', async ({ cache }) => {
    if (!cache.capabilities.listsKeys) return
    await cache.setMany(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i] as const))
    assert.equal((await listed(cache)).length, 1000)
  })

  test('clears everything', async ({ cache }) => {
    if (!cache.capabilities.clears) return void (await thrown(Unsupported, () => cache.clear()))
    await cache.setMany({ a: 1, b: 2 })
    await cache.clear()
    assert.deepEqual(await cache.getMany(['a', 'b']), [undefined, undefined])
    await cache.set('a', 3)
    assert.equal(await cache.get('a'), 3)
  })

  test('clears the keys with a prefix, and no others', async ({ cache }) => {
    if (!cache.capabilities.listsKeys) {
      if (cache.capabilities.clears) await thrown(Unsupported, () => cache.clear('a:'))
      return
    }
    await cache.setMany({ 'a:1': 1, 'a:2': 2, ab: 3, 'b:1': 4, 'a*': 5 })
    await cache.clear('a:')
    assert.deepEqual(await listed(cache), ['a*', 'ab', 'b:1'])
    await cache.clear('a*')
    assert.deepEqual(await listed(cache), ['ab', 'b:1'])
  })
}
