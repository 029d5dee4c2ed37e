import assert from 'node:assert/strict'
import { CacheError } from '../../core/errors.ts'
import type { Cache } from '../../core/types.ts'
import { type Test, thrown } from '../bench.ts'

/** A loader that finishes on demand. */
function slowLoader() {
  let begin = () => {}
  let finish = (_value: string) => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const value = new Promise<string>((resolve) => {
    finish = resolve
  })
  let runs = 0
  const make = async () => {
    runs++
    begin()
    return await value
  }
  return { make, begun, finish: (v: string) => finish(v), runs: () => runs }
}

/** getOrSet: one load for all callers, and newer changes win over it. */
export function making(test: Test): void {
  test('loads a missing value by its key, and stores it', async ({ cache }) => {
    assert.equal(await cache.getOrSet('k', (key) => `loaded ${key}`), 'loaded k')
    assert.equal(await cache.get('k'), 'loaded k')
    assert.equal(await cache.getOrSet('k', () => 'loaded again'), 'loaded k')
    assert.equal(await cache.getOrSet(7, (key) => typeof key), 'string')
  })

  test('awaits an asynchronous loader', async ({ cache }) => {
    assert.equal(await cache.getOrSet('k', async (key) => `loaded ${key}`), 'loaded k')
    assert.equal(await cache.get('k'), 'loaded k')
    const asked = cache.getOrSetAsync('other', () => 'at once')
    assert.ok(asked instanceof Promise)
    assert.equal(await asked, 'at once')
  })

  test('accepts a value or a promise in place of a loader', async ({ cache }) => {
    assert.equal(await cache.getOrSet('k', 'plain'), 'plain')
    assert.equal(await cache.getOrSet('p', Promise.resolve('later')), 'later')
    assert.deepEqual(await cache.getMany(['k', 'p']), ['plain', 'later'])
    assert.equal(await cache.getOrSet('k', Promise.reject(new Error('not needed'))), 'plain')
  })

  test('stores a loaded value for the given timeout', async ({ cache, elapse }) => {
    await cache.getOrSet('k', () => 'v', '200ms')
    await elapse(100)
    assert.equal(await cache.get('k'), 'v')
    await elapse(101)
    assert.equal(await cache.has('k'), false)
  })

  test('runs the loader once, however many callers ask at the same time', async ({ cache }) => {
    const { make, begun, finish, runs } = slowLoader()
    const asked = [1, 2, 3, 4, 5].map(() => cache.getOrSet('k', make))
    asked.push(cache.getOrSetAsync('k', make))
    await begun
    asked.push(cache.getOrSet('k', make))
    finish('v')
    assert.deepEqual(await Promise.all(asked), Array(7).fill('v'))
    assert.equal(runs(), 1)
  })

  test('rethrows the error of the loader, and stores nothing', async ({ cache }) => {
    const error = new TypeError('the loader failed')
    const throwing = () => {
      throw error
    }
    assert.equal(await thrown(TypeError, () => cache.getOrSet('k', throwing)), error)
    assert.equal(await thrown(TypeError, () => cache.getOrSet('k', async () => throwing())), error)
    assert.equal(await cache.has('k'), false)
    assert.equal(await cache.getOrSet('k', () => 'loaded'), 'loaded')
  })

  test('gives the one failure to all callers that wait', async ({ cache }) => {
    let runs = 0
    const failing = async () => {
      runs++
      await null
      throw new Error('the loader failed')
    }
    const asked = await Promise.allSettled([1, 2, 3].map(async () => await cache.getOrSet('k', failing)))
    assert.deepEqual(
      asked.map(({ status }) => status),
      Array(3).fill('rejected'),
    )
    assert.equal(runs, 1)
  })

  const newer: Record<string, (cache: Cache) => unknown> = {
    'a removal': (cache) => cache.remove('k'),
    'a set': (cache) => cache.set('k', 'newer'),
    'a set of many': (cache) => cache.setMany({ k: 'newer' }),
  }
  for (const [name, happens] of Object.entries(newer)) {
    test(`lets ${name} win over a pending load`, async ({ cache }) => {
      await winsOverLoad(cache, happens)
    })
  }

  test('lets a clear win over a pending load', async ({ cache }) => {
    if (cache.capabilities.clears) await winsOverLoad(cache, () => cache.clear())
  })

  test('leaves pending loads outside the prefix of a clear alone', async ({ cache }) => {
    if (!cache.capabilities.listsKeys) return
    const { make, begun, finish } = slowLoader()
    const asked = cache.getOrSet('a:1', make)
    await begun
    await cache.clear('b:')
    finish('v')
    await asked
    assert.equal(await cache.get('a:1'), 'v')
  })

  test('starts a new load for callers that ask after a removal', async ({ cache }) => {
    const before = slowLoader()
    const first = cache.getOrSet('k', before.make)
    await before.begun
    await cache.remove('k')
    const second = cache.getOrSet('k', async () => 'new')
    assert.equal(await second, 'new')
    before.finish('old')
    assert.equal(await first, 'old')
    assert.equal(await cache.get('k'), 'new')
  })

  test('throws E_RECURSION if a loader asks for its own key, rather than hang', async ({ cache }) => {
    const own = async (key: string): Promise<string> => cache.getOrSet(key, own)
    assert.equal(((await thrown(CacheError, () => cache.getOrSet('k', own))) as CacheError).code, 'E_RECURSION')
    const afterwards = async (key: string): Promise<string> => {
      await null
      return await cache.getOrSet(key, afterwards)
    }
    assert.equal(((await thrown(CacheError, () => cache.getOrSet('k', afterwards))) as CacheError).code, 'E_RECURSION')
  })

  test('throws E_RECURSION if loaders wait for each other, rather than hang', async ({ cache }) => {
    const a = async (): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return await cache.getOrSet('b', b)
    }
    const b = async (): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return await cache.getOrSet('a', a)
    }
    const [first] = await Promise.allSettled([cache.getOrSet('a', a), cache.getOrSet('b', b)])
    assert.ok(first?.status === 'rejected' && first.reason.code === 'E_RECURSION')
  })

  test('lets a loader ask for other keys', async ({ cache }) => {
    const value = await cache.getOrSet('whole', async () => `${await cache.getOrSet('part', async () => 'part')} of it`)
    assert.equal(value, 'part of it')
    assert.equal(await cache.get('part'), 'part')
  })
}

async function winsOverLoad(cache: Cache, happens: (cache: Cache) => unknown): Promise<void> {
  const { make, begun, finish } = slowLoader()
  const asked = cache.getOrSet('k', make)
  await begun
  await happens(cache)
  const now = await cache.get('k')
  finish('old')
  assert.equal(await asked, 'old')
  assert.equal(await cache.get('k'), now)
}
