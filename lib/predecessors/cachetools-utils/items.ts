import { type Items, itemsOf } from '../../global/dictionary.ts'
import type { Cache, Mode } from '../../index.ts'

/**
 * A cache as a dictionary, in place of Python's `cache[key]`: reading, assigning, `in`, `delete` and iteration. A missing key
 * reads as `undefined`. In an asynchronous cache reading gives a promise, and only `set` can be awaited.
 *
 * @example items(cache).hello = 'world'
 */
export function items<M extends Mode>(cache: Cache<M>): Items<M> {
  return itemsOf<M>({
    cache: () => cache,
    isAsync: () => cache.mode === 'async',
    get: (key) => cache.get(key),
    assign: (key, value) => void cache.set(key, value),
    remove: (key) => void cache.remove(key),
  })
}
