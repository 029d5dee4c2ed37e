import type { Answer } from '../core/flow.ts'
import type { Cache, Key } from '../core/types.ts'
import { lookAlike } from './copy-function-properties.ts'
import { Memo } from './memo.ts'
import { type Fn, type LooseOptions, recipeOf } from './options.ts'
import type { AnyFunction, DefaultCache, Memoized, MemoOptions, ModeOf } from './types.ts'
import { originalOf, remember } from './unwrap.ts'

/**
 * Puts a cache in front of a function: called with arguments for which there is a result, it gives that. The result is a
 * promise where the cache is asynchronous or the function's is.
 *
 * Concurrent calls share one run. What the function throws is thrown on, and not stored. A cache that fails is no concern of
 * the callers: the function runs. `this` is handed on, and is not part of the key. A function that is memoised already is
 * memoised anew, in place of the first time.
 *
 * Throws a `TypeError` for an anonymous function without a `name`, and for options that there are not.
 *
 * @example
 * const findUser = memoize(async function findUser(id: number) { return await db.users.find(id) }, { timeout: '5m' })
 */
export function memoize<F extends AnyFunction, C extends Cache = DefaultCache<F>, K extends Answer<Key> = Key>(
  fn: F,
  options: MemoOptions<F, C, K> = {},
): Memoized<F, ModeOf<C, K>> {
  const original = originalOf(fn) as unknown as Fn
  return memoized(new Memo(recipeOf(original, options as LooseOptions))) as unknown as Memoized<F, ModeOf<C, K>>
}

const { slice } = Array.prototype

/** The function that calls use. */
export function memoized(memo: Memo): Fn {
  const { fn } = memo.recipe
  // `arguments`, because an array for one takes 15 ns of the 120 of a hit in memory; `slice`, because spreading takes 250 (node 20).
  const memoized = function (this: unknown, first?: unknown): unknown {
    // biome-ignore lint/complexity/noArguments: see above.
    return arguments.length === 1 ? memo.callWithOne(this, first) : memo.call(this, slice.call(arguments))
  }
  return remember(lookAlike(memoized, fn, verbsOf(memo, undefined)), fn)
}

/** What a memoised function has beside its own properties, for one `this`. */
export function verbsOf(memo: Memo, self: unknown): Readonly<Record<string, unknown>> {
  return {
    uncached: memo.recipe.fn,
    cacheIn: (...args: unknown[]) => memo.ask(self, args, (cache, key) => cache.has(key)),
    cacheDel: (...args: unknown[]) => memo.change(self, args, (cache, key) => cache.remove(key)),
    cacheKey: (...args: unknown[]) => memo.ask(self, args, (_, key) => key),
    cacheSet: (result: unknown, ...args: unknown[]) => memo.store(self, result, args),
    refresh: (...args: unknown[]) => memo.refresh(self, args),
    clear: () => memo.clear(),
    stats: () => memo.stats(),
  }
}
