import assert from 'node:assert/strict'
import { CacheNotFound } from '../../core/errors.ts'
import type { Cache, SetOptions, Timeout } from '../../core/types.ts'
import { type Test, thrown } from '../bench.ts'

const DAY = 86_400

/** TTLs: expired entries are missing for every verb. */
export function timeouts(test: Test): void {
  test('keeps an entry for 300 seconds unless told otherwise', async ({ cache }) => {
    await cache.set('k', 'v')
    await assertLives(cache, 'k', 300)
  })

  test('accepts seconds, and text with a unit', async ({ cache }) => {
    const cases: [Timeout, number][] = [
      [60, 60],
      [1.5, 1.5],
      ['1500ms', 1.5],
      ['90s', 90],
      ['5m', 300],
      ['1.5h', 5400],
      ['2d', 2 * DAY],
      [31 * DAY, 31 * DAY],
      ['400d', 400 * DAY],
    ]
    for (const [timeout, seconds] of cases) {
      await cache.set('k', 'v', timeout)
      assert.equal(await cache.get('k'), 'v', String(timeout))
      await assertLives(cache, 'k', seconds)
      await cache.set('k', 'v', { timeout })
      await assertLives(cache, 'k', seconds)
    }
  })

  test('keeps an entry without limit forever', async ({ cache }) => {
    for (const timeout of [null, Number.POSITIVE_INFINITY, 'never', Number.MAX_VALUE] as Timeout[]) {
      await cache.set('k', 'v', timeout)
      assert.equal(await cache.ttl('k'), null)
      assert.equal(await cache.get('k'), 'v')
    }
  })

  test('leaves nothing behind if the timeout is zero or negative', async ({ cache }) => {
    for (const timeout of [0, -1, Number.NEGATIVE_INFINITY, '0s', '-5m'] as Timeout[]) {
      await cache.set('k', 'old', 60)
      await cache.set('k', 'new', timeout)
      assert.equal(await cache.has('k'), false, String(timeout))
    }
    assert.equal(await cache.getOrSet('k', () => 'made', 0), 'made')
    assert.equal(await cache.has('k'), false)
  })

  test('refuses invalid timeouts, and stores nothing', async ({ cache }) => {
    const wrong = [Number.NaN, '5', '5 m', '5M', '', 'soon', new Date(), () => 5, true, 5n, []] as unknown as Timeout[]
    for (const timeout of wrong) {
      const kind = typeof timeout === 'number' ? RangeError : TypeError
      await thrown(kind, () => cache.set('k', 'v', timeout))
      await thrown(kind, () => cache.getOrSet('k', () => 'v', timeout))
      await thrown(kind, () => cache.add('k', 'v', timeout))
      await thrown(kind, () => cache.setMany({ k: 'v' }, timeout))
    }
    await thrown(TypeError, () => cache.set('k', 'v', { ttl: 5 } as SetOptions))
    assert.equal(await cache.has('k'), false)
  })

  test('expires an entry to the millisecond, also under a second', async ({ cache, elapse }) => {
    await cache.set('k', 'v', '250ms')
    await elapse(100)
    assert.equal(await cache.get('k'), 'v')
    await elapse(150)
    assert.equal(await cache.get('k'), undefined)
  })

  test('treats an expired entry as missing, in every verb', async ({ cache, elapse }) => {
    const keys = ['get', 'has', 'ttl', 'remove', 'pull', 'add', 'update', 'many', 'count']
    for (const key of keys) await cache.set(key, 1, '100ms')
    await elapse(101)
    assert.equal(await cache.get('get', 'missing'), 'missing')
    assert.equal(await cache.has('has'), false)
    assert.equal(await cache.ttl('ttl'), undefined)
    assert.equal(await cache.remove('remove'), false)
    assert.equal(await cache.pull('pull'), undefined)
    await thrown(CacheNotFound, () => cache.updateTimeout('update', 60))
    assert.equal(await cache.has('update'), false)
    assert.deepEqual(await cache.getMany(['many']), [undefined])
    assert.equal(await cache.add('add', 2), true)
    assert.equal(await cache.increment('count', 5), 5)
    if (!cache.capabilities.listsKeys) return
    const listed: string[] = []
    for await (const key of cache.keys()) listed.push(key)
    assert.deepEqual(listed.sort(), ['add', 'count'])
  })

  test('gives an entry a new TTL, counted from now', async ({ cache, elapse }) => {
    await cache.set('k', 'v', '200ms')
    await elapse(100)
    assert.equal(await cache.updateTimeout('k', '300ms'), 'v')
    await elapse(200)
    assert.equal(await cache.get('k'), 'v')
    assert.equal(await cache.updateTimeout('k', null), 'v')
    assert.equal(await cache.ttl('k'), null)
    await cache.updateTimeout('k')
    await assertLives(cache, 'k', 300)
  })

  test('returns the value and removes it if the new timeout is zero', async ({ cache }) => {
    await cache.set('k', 'v')
    assert.equal(await cache.updateTimeout('k', 0), 'v')
    assert.equal(await cache.has('k'), false)
  })

  test('throws CacheNotFound for a missing key, and creates no entry', async ({ cache }) => {
    await thrown(CacheNotFound, () => cache.updateTimeout('k', 60))
    assert.equal(await cache.has('k'), false)
  })
}

/** Allows for a real clock, by which part of the TTL may have passed. */
async function assertLives(cache: Cache, key: string, seconds: number): Promise<void> {
  const left = await cache.ttl(key)
  assert.ok(typeof left === 'number' && left <= seconds && left > seconds - 1, `lives ${left} s, not ${seconds}`)
}
