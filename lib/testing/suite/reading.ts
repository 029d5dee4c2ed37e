import assert from 'node:assert/strict'
import { CacheNotFound } from '../../core/errors.ts'
import { isPromise } from '../../core/flow.ts'
import { type Test, thrown } from '../bench.ts'

/** Storing, reading and removing single values. */
export function reading(test: Test): void {
  test('answers in its mode', async ({ cache }) => {
    const answers = [
      cache.set('k', 1),
      cache.get('k'),
      cache.has('k'),
      cache.ttl('k'),
      cache.remove('k'),
      cache.getMany(['k']),
    ]
    for (const answer of answers) assert.equal(isPromise(answer), cache.mode === 'async')
    await Promise.all(answers)
  })

  test('gives a stored value back', async ({ cache }) => {
    assert.equal(await cache.set('k', 'v'), undefined)
    assert.equal(await cache.get('k'), 'v')
    assert.equal(await cache.has('k'), true)
  })

  test('gives the last value that was stored', async ({ cache }) => {
    await cache.set('k', 'old', 10)
    await cache.set('k', 'new', null)
    assert.equal(await cache.get('k'), 'new')
    assert.equal(await cache.ttl('k'), null)
  })

  test('returns undefined for a missing key, or the fallback', async ({ cache }) => {
    assert.equal(await cache.get('k'), undefined)
    assert.equal(await cache.get('k', 'fallback'), 'fallback')
    assert.equal(await cache.has('k'), false)
    assert.equal(await cache.ttl('k'), undefined)
  })

  test('throws CacheNotFound for a missing key if asked to', async ({ cache }) => {
    const error = await thrown(CacheNotFound, () => cache.get('k', undefined, { fail: true }))
    assert.equal((error as CacheNotFound).key, 'k')
    assert.equal((error as CacheNotFound).code, 'E_NOT_FOUND')
    await thrown(CacheNotFound, () => cache.getOrFail('k'))
    await cache.set('k', null)
    assert.equal(await cache.getOrFail('k'), null)
  })

  test('stores null and undefined as values', async ({ cache }) => {
    for (const nothing of [null, undefined]) {
      await cache.set('k', nothing)
      assert.equal(await cache.get('k', 'fallback'), nothing)
      assert.equal(await cache.has('k'), true)
      assert.equal(await cache.getOrSet('k', () => 'made'), nothing)
    }
  })

  test('awaits a promise that is given as a value', async ({ cache }) => {
    await cache.set('k', Promise.resolve('later'))
    assert.equal(await cache.get('k'), 'later')
    const error = new Error('the value could not be had')
    assert.equal(await thrown(Error, () => cache.set('k', Promise.reject(error))), error)
    assert.equal(await cache.get('k'), 'later')
  })

  test('removes keys, and answers whether all of them were there', async ({ cache }) => {
    await cache.setMany({ a: 1, b: 2, c: 3 })
    assert.equal(await cache.remove('a'), true)
    assert.equal(await cache.remove('a'), false)
    assert.equal(await cache.remove('a', 'b'), false)
    assert.equal(await cache.has('b'), false)
    assert.equal(await cache.remove('c', 'c'), true)
    assert.equal(await cache.remove(), true)
  })

  test('counts hits and misses, and emits events for them', async ({ cache }) => {
    const seen: unknown[] = []
    const listener = ({ key }: { key?: string | undefined }) => seen.push(key)
    cache.on('hit', listener).on('miss', listener)
    await cache.set('k', 'v')
    await cache.get('k')
    await cache.get('other')
    cache.off('hit', listener)
    await cache.get('k')
    assert.deepEqual(seen, ['k', 'other'])
    const { hits, misses, set, hitRate } = cache.stats()
    assert.deepEqual([hits, misses, set], [2, 1, 1])
    assert.equal(hitRate, 2 / 3)
  })

  test('is not disturbed by a listener that throws', async ({ cache }) => {
    cache.on('set', () => {
      throw new Error('the listener failed')
    })
    await cache.set('k', 'v')
    assert.equal(await cache.get('k'), 'v')
    assert.equal(cache.stats().error, 1)
  })

  test('connects, and answers a ping', async ({ cache }) => {
    await cache.connect()
    assert.equal(typeof (await cache.ping()), 'number')
  })

  test('can be closed repeatedly, and works again afterwards', async ({ cache }) => {
    await cache.close()
    await cache.set('k', 'v')
    assert.equal(await cache.get('k'), 'v')
    await cache.close()
    await cache.close()
  })
}
