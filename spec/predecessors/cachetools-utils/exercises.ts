import { expect } from 'chai'
import type { Cache, Key } from '../../../lib/index.ts'
import { cached } from '../../../lib/predecessors/cachetools-utils/index.ts'

export const key = 'hello-world!'
export const value = 'Hello World…'

/** Calls a cached function 500 times with 50 different arguments, as their tests do, and sums up. */
export async function exercised(cache: Cache, key: (...args: readonly unknown[]) => Key): Promise<number> {
  const fun = cached(cache, { key })((i: number, s: string | null, b: boolean) => {
    return i + (s === null ? -20 : 10 * s.length) + (b ? 100 : 0)
  })
  let sum = 0
  for (let n = 0; n < 10; n++)
    for (let i = 0; i < 5; i++)
      for (const s of ['a', 'bb', 'ccc', '', null]) for (const b of [false, true]) sum += await fun(i, s, b)
  return sum
}

/** Sets, gets and deletes text and a number, as their tests do. */
export async function setGetDelete(cache: Cache): Promise<void> {
  for (const each of [value, 65536]) {
    await cache.set(key, each)
    expect(await cache.get(key)).to.equal(each)
    expect(await cache.remove(key)).to.equal(true)
    expect(await cache.get(key)).to.equal(undefined)
  }
}
