import assert from 'node:assert/strict'
import { type Test, thrown } from '../bench.ts'

/** The atomic verbs: add, pull, increment. */
export function changing(test: Test): void {
  test('adds a value only if the key is free', async ({ cache }) => {
    assert.equal(await cache.add('k', 'first', 60), true)
    assert.equal(await cache.add('k', 'second'), false)
    assert.equal(await cache.get('k'), 'first')
    await cache.remove('k')
    assert.equal(await cache.add('k', undefined), true)
    assert.equal(await cache.add('k', 1), false)
  })

  test('lets exactly one of many concurrent adds succeed', async ({ cache }) => {
    const won = await Promise.all(Array.from({ length: 10 }, (_, i) => cache.add('k', i)))
    assert.equal(won.filter(Boolean).length, 1)
    assert.equal(await cache.get('k'), won.indexOf(true))
  })

  test('answers whether a key was free, and stores nothing, if it adds with a timeout of zero', async ({ cache }) => {
    assert.equal(await cache.add('k', 'v', 0), true)
    assert.equal(await cache.has('k'), false)
    await cache.set('k', 'v')
    assert.equal(await cache.add('k', 'other', 0), false)
    assert.equal(await cache.get('k'), 'v')
  })

  test('gets and removes a value in one step', async ({ cache }) => {
    await cache.set('k', 'v')
    assert.equal(await cache.pull('k'), 'v')
    assert.equal(await cache.has('k'), false)
    assert.equal(await cache.pull('k'), undefined)
  })

  test('gives a pulled value to exactly one of many callers', async ({ cache }) => {
    await cache.set('k', 'v')
    const pulled = await Promise.all([cache.pull('k'), cache.pull('k'), cache.pull('k')])
    assert.deepEqual(pulled.filter(Boolean), ['v'])
  })

  test('increments from zero and from the stored number', async ({ cache }) => {
    assert.equal(await cache.increment('k'), 1)
    assert.equal(await cache.increment('k', 10), 11)
    assert.equal(await cache.decrement('k', 5), 6)
    assert.equal(await cache.decrement('k'), 5)
    assert.equal(await cache.get('k'), 5)
    assert.equal(await cache.decrement('new', 3), -3)
  })

  test('loses no increment among many concurrent ones', async ({ cache }) => {
    const sums = await Promise.all(Array.from({ length: 50 }, () => cache.increment('k', 2)))
    assert.equal(await cache.get('k'), 100)
    assert.equal(new Set(sums).size, 50)
  })

  test('keeps the remaining TTL of a counter', async ({ cache, elapse }) => {
    await cache.increment('k', 1, '200ms')
    await elapse(100)
    await cache.increment('k', 1, 1000)
    await elapse(101)
    assert.equal(await cache.has('k'), false)
  })

  test('increments numbers only, also by fractions, and leaves other values unchanged', async ({ cache }) => {
    await cache.set('text', '5')
    await thrown(TypeError, () => cache.increment('text'))
    assert.equal(await cache.get('text'), '5')
    await cache.set('much', Number.MAX_SAFE_INTEGER)
    await thrown(RangeError, () => cache.increment('much'))
    assert.equal(await cache.get('much'), Number.MAX_SAFE_INTEGER)
    assert.equal(await cache.increment('half', 0.5), 0.5)
    assert.equal(await cache.decrement('half', 2), -1.5)
    await thrown(RangeError, () => cache.increment('k', Number.NaN))
    await thrown(TypeError, () => cache.increment('k', '1' as unknown as number))
    assert.equal(await cache.has('k'), false)
  })
}
