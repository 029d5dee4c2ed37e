import assert from 'node:assert/strict'
import { type Test, thrown } from '../bench.ts'

/** The verbs for many keys at once. */
export function many(test: Test): void {
  test('gets many values in the order of their keys', async ({ cache }) => {
    await cache.set('a', 1)
    await cache.set('b', null)
    assert.deepEqual(await cache.getMany(['b', 'missing', 'a', 'a']), [null, undefined, 1, 1])
    assert.deepEqual(await cache.getMany(new Set(['a'])), [1])
    assert.deepEqual(await cache.getMany([]), [])
  })

  test('sets many values from pairs, a Map or a record', async ({ cache, elapse }) => {
    await cache.setMany([
      ['a', 1],
      [2, 2],
    ])
    await cache.setMany(new Map([['c', 3]]))
    await cache.setMany({ d: 4, e: Promise.resolve(5) }, '100ms')
    await cache.setMany({})
    assert.deepEqual(await cache.getMany(['a', '2', 'c', 'd', 'e']), [1, 2, 3, 4, 5])
    await elapse(101)
    assert.deepEqual(await cache.getMany(['a', 'd']), [1, undefined])
    await cache.setMany({ a: 6 }, 0)
    assert.equal(await cache.has('a'), false)
    await thrown(TypeError, () => cache.setMany(null as unknown as []))
  })

  test('handles more keys than fit into one page', async ({ cache }) => {
    const entries = new Map(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]))
    await cache.setMany(entries)
    assert.deepEqual(await cache.getMany(entries.keys()), [...entries.values()])
    assert.equal(await cache.remove(...entries.keys()), true)
  })

  test('loads the missing keys in one call, each key once', async ({ cache }) => {
    await cache.set('a', 'there')
    const asked: string[][] = []
    const load = (missing: string[]) => {
      asked.push(missing)
      return missing.map((key) => `loaded ${key}`)
    }
    const values = await cache.getOrSetMany(['b', 'a', 'c', 'b'], load)
    assert.deepEqual(values, ['loaded b', 'there', 'loaded c', 'loaded b'])
    assert.deepEqual(asked, [['b', 'c']])
    assert.deepEqual(await cache.getMany(['b', 'c']), ['loaded b', 'loaded c'])
    assert.deepEqual(await cache.getOrSetMany([], load), [])
    assert.equal(asked.length, 1)
  })

  test('accepts an array, a Map or a record from a loader', async ({ cache }) => {
    assert.deepEqual(await cache.getOrSetMany(['a', 'b'], async () => new Map([['b', 2]])), [undefined, 2])
    assert.equal(await cache.has('a'), false)
    assert.deepEqual(await cache.getOrSetMany(['c', '__proto__'], () => ({ c: 3 })), [3, undefined])
    await thrown(TypeError, () => cache.getOrSetMany(['x', 'y'], () => [1]))
    await thrown(TypeError, () => cache.getOrSetMany(['x'], () => null as unknown as []))
    assert.deepEqual(await cache.getMany(['x', 'y']), [undefined, undefined])
  })

  test('loads no value twice, whether asked for alone or among many', async ({ cache }) => {
    const made: string[] = []
    const make = async (key: string) => {
      made.push(key)
      await new Promise((resolve) => setTimeout(resolve, 5))
      return key
    }
    const load = (missing: string[]) => Promise.all(missing.map(make))
    const values = await Promise.all([
      cache.getOrSet('a', make),
      cache.getOrSetMany(['a', 'b'], load),
      cache.getOrSetMany(['b', 'c'], load),
      cache.getOrSet('c', make),
    ])
    assert.deepEqual(values, ['a', ['a', 'b'], ['b', 'c'], 'c'])
    assert.deepEqual(made.sort(), ['a', 'b', 'c'])
  })

  test('lets a removal win over a pending load of many', async ({ cache }) => {
    const values = cache.getOrSetMany(['a', 'b'], async (missing) => {
      await cache.remove('a')
      return missing
    })
    assert.deepEqual(await values, ['a', 'b'])
    assert.deepEqual(await cache.getMany(['a', 'b']), [undefined, 'b'])
  })
}
