import { Unsupported } from '../core/errors.ts'
import { type Answer, type Flow, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Cache } from '../core/types.ts'
import { outputOf } from '../verbs/judge.ts'
import { inMode } from './cache-source.ts'
import { MemoCalls } from './calls.ts'
import { Run } from './run.ts'
import type { MemoStats } from './types.ts'

/** Asks a cache something about a key. */
type Question<T> = (cache: Cache, key: string) => Answer<T>

/** A function with a cache in front of it: its calls, and the verbs of a memoized function. */
export class Memo extends MemoCalls {
  /** The keys that are being refreshed, each with an object that stands for its newest refresh. */
  readonly #refreshes = new Map<string, object>()

  /** Runs the function and stores its result. */
  refresh(self: unknown, args: readonly unknown[]): unknown {
    this.calls++
    return inMode(this.givesPromises, this.#refresh(new Run(this, self, args)))
  }

  /** Asks the cache about the result for arguments. */
  ask<T>(self: unknown, args: readonly unknown[], question: Question<T>): Answer<T> {
    return inMode(this.isAsync, this.#asking(self, args, question))
  }

  /** The same for questions that change the result: a pending refresh must not store its own then. */
  change<T>(self: unknown, args: readonly unknown[], change: Question<T>): Answer<T> {
    return this.ask(self, args, (cache, key) => {
      this.#refreshes.delete(key)
      this.binding.changed()
      return change(cache, key)
    })
  }

  /** Stores a result. */
  store(self: unknown, result: unknown, args: readonly unknown[]): Answer<void> {
    return inMode(this.isAsync, this.#storing(self, result, args))
  }

  /** Forgets every result. */
  clear(): Answer<void> {
    return inMode(this.isAsync, this.#clear())
  }

  stats(): MemoStats {
    const calls = this.calls
    const misses = this.runs
    const hits = Math.max(0, calls - misses)
    return { calls, hits, misses, hitRate: hits === 0 ? 0 : hits / calls, failures: this.failures.count }
  }

  *#refresh(pending: Run): Flow<unknown> {
    let cache: Cache
    let key: string
    try {
      cache = this.source.cache
      key = yield* this.#currentKey(pending.self, pending.args)
    } catch (error) {
      return yield* wait(pending.rescue(error))
    }
    const refresh = {}
    this.#refreshes.set(key, refresh)
    try {
      const result = yield* wait(pending.load())
      const { schema } = this.recipe.loadOptions
      const output = schema === undefined ? result : yield* outputOf(key, schema, result)
      if (this.#refreshes.get(key) === refresh) yield* this.#replace(cache, key, output, pending)
      return output
    } finally {
      if (this.#refreshes.get(key) === refresh) this.#refreshes.delete(key)
    }
  }

  *#replace(cache: Cache, key: string, result: unknown, { timeout }: Run): Flow<void> {
    try {
      const { recipe } = this
      this.binding.changed()
      if (timeout === false) yield* wait(cache.remove(key))
      else yield* wait(cache.set(key, result, { ...recipe.setOptions, timeout: timeout ?? recipe.timeout }))
    } catch (error) {
      this.onCacheError(error)
    }
  }

  *#storing(self: unknown, result: unknown, args: readonly unknown[]): Flow<void> {
    const { recipe } = this
    const timeout = (yield* wait(recipe.timeoutFor?.(result, ...args))) ?? recipe.timeout
    yield* wait(this.change(self, args, (cache, key) => cache.set(key, result, { ...recipe.setOptions, timeout })))
  }

  *#clear(): Flow<void> {
    if (this.recipe.namespace !== null) return yield* this.binding.clear()
    throw new Unsupported(
      'clear',
      `The memoized function ${quoted(this.recipe.name)}`,
      'With namespace: null nothing tells its results from other entries: remove them one by one with cacheDel, or clear the cache.',
    )
  }

  *#asking<T>(self: unknown, args: readonly unknown[], question: Question<T>): Flow<T> {
    const cache = this.source.cache
    return yield* wait(question(cache, yield* this.#currentKey(self, args)))
  }

  *#currentKey(self: unknown, args: readonly unknown[]): Flow<string> {
    const { binding } = this
    return yield* binding.currentKey(yield* wait(this.recipe.keyText(self, args)))
  }
}
