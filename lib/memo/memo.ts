import { Unsupported } from '../core/errors.ts'
import { type Answer, type Flow, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Cache, SetOptions } from '../core/types.ts'
import { LOAD_HOOKS, type LoadHooks } from '../entry/ttl.ts'
import { isValue, type PreparedKey, UNKNOWN } from '../verbs/cache-core.ts'
import { CacheBinding, type Found } from './binding.ts'
import { CacheSource, inMode, isAsyncFunction } from './cache-source.ts'
import type { Recipe } from './options.ts'
import { Run, type RunObserver, resultIn, storedFormOf } from './run.ts'
import type { MemoStats } from './types.ts'
import { CacheFailures } from './warnings.ts'

/** Asks a cache something about a key. */
type Question<T> = (cache: Cache, key: string) => Answer<T>

/** A function with a cache in front of it: the work of a memoized function, for any `this` and arguments. */
export class Memo implements RunObserver {
  readonly recipe: Recipe
  readonly #source: CacheSource
  readonly #bindings = new WeakMap<Cache, CacheBinding>()
  #binding: CacheBinding | undefined
  /** Whether results are promises, with that binding. */
  #givesPromisesHere = false
  /** Whether results are promises on any cache: the function is declared async, or has returned a promise. */
  #givesPromises: boolean
  /** The keys that are being refreshed, each with an object that stands for its newest refresh. */
  readonly #refreshes = new Map<string, object>()
  readonly #failures: CacheFailures
  #calls = 0
  #runs = 0

  constructor(recipe: Recipe) {
    this.recipe = recipe
    this.#source = new CacheSource(recipe.cache, recipe.fn)
    this.#givesPromises = isAsyncFunction(recipe.fn)
    this.#failures = new CacheFailures(recipe)
  }

  /** The function in the cache of the moment. */
  get binding(): CacheBinding {
    const cache = this.#source.cache
    return this.#binding !== undefined && this.#binding.cache === cache ? this.#binding : this.#bind(cache)
  }

  call(self: unknown, args: readonly unknown[]): unknown {
    const found = this.#tryGet(self, args)
    this.#calls++
    if (isValue(found)) return this.#found(found)
    return inMode(this.givesPromises, this.#look(new Run(this, self, args)))
  }

  /** A call with one argument, the usual one: it needs no array where the key is remembered. */
  callWithOne(self: unknown, argument: unknown): unknown {
    const found = this.#tryGetOfOne(argument)
    if (!isValue(found)) return this.call(self, [argument])
    this.#calls++
    return this.#found(found)
  }

  /** Runs the function and stores its result. */
  refresh(self: unknown, args: readonly unknown[]): unknown {
    this.#calls++
    return inMode(this.givesPromises, this.#refresh(new Run(this, self, args)))
  }

  /** Asks the cache about the result for arguments. */
  ask<T>(self: unknown, args: readonly unknown[], question: Question<T>): Answer<T> {
    return inMode(this.#isAsync, this.#asking(self, args, question))
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
    return inMode(this.#isAsync, this.#storing(self, result, args))
  }

  /** Forgets every result. */
  clear(): Answer<void> {
    return inMode(this.#isAsync, this.#clear())
  }

  stats(): MemoStats {
    const calls = this.#calls
    const misses = this.#runs
    const hits = calls - misses
    return { calls, hits, misses, hitRate: hits === 0 ? 0 : hits / calls, failures: this.#failures.count }
  }

  onStart(): void {
    this.#runs++
  }

  onPromise(): void {
    this.#givesPromises = true
    this.#givesPromisesHere = true
  }

  onCacheError(error: unknown): void {
    this.#failures.report(error)
  }

  /** Whether results are promises. */
  readonly givesPromises = (): boolean => this.#givesPromises || this.#isAsync()

  /** Whether the cache is asked with promises. */
  readonly #isAsync = (): boolean => this.#source.isAsync

  /** The fast path: a result that is at once to be had. */
  #tryGet(self: unknown, args: readonly unknown[]): unknown {
    const { cacheErrors, hasOwnKeys } = this.recipe
    if (!hasOwnKeys || cacheErrors !== undefined) return UNKNOWN
    try {
      const { binding } = this
      return binding.isShared ? UNKNOWN : binding.tryGet(this.#ownKey(binding, self, args))
    } catch {
      // It will fail again on the long way, which reports it.
      return UNKNOWN
    }
  }

  #tryGetOfOne(argument: unknown): unknown {
    const { cacheErrors, hasPlainKeys } = this.recipe
    if (!hasPlainKeys || cacheErrors !== undefined) return UNKNOWN
    try {
      return this.binding.tryGetOfOne(argument)
    } catch {
      return UNKNOWN
    }
  }

  /** A result of the fast path in the mode of results. */
  #found(found: unknown): unknown {
    return this.#givesPromisesHere ? Promise.resolve(found) : found
  }

  /** The key of a result, where keys are made here. */
  #ownKey(binding: CacheBinding, self: unknown, args: readonly unknown[]): PreparedKey {
    const { hasPlainKeys, keyText } = this.recipe
    if (!hasPlainKeys) return binding.prepared(keyText(self, args) as string)
    return binding.remembered(args) ?? binding.remember(args, keyText(self, args) as string)
  }

  *#look(run: Run): Flow<unknown> {
    let stored: unknown
    try {
      const { binding } = this
      if (!binding.isShared && this.recipe.hasOwnKeys) {
        stored = yield* this.#getOrSet(binding, this.#ownKey(binding, run.self, run.args).key, run)
      } else {
        const text = yield* wait(this.recipe.keyText(run.self, run.args))
        stored = binding.isShared
          ? yield* this.#lookShared(binding, text, run)
          : yield* this.#getOrSet(binding, binding.key(text), run)
      }
    } catch (error) {
      return yield* wait(run.rescue(error))
    }
    return resultIn(this.recipe, stored)
  }

  *#lookShared(binding: CacheBinding, text: string, run: Run): Flow<unknown> {
    let found: Found
    try {
      found = yield* binding.find(text)
    } catch (error) {
      this.onCacheError(error)
      // What is stored may have been cleared, and nobody could tell. The callers share a run, no more.
      const settings = { timeout: 0, [LOAD_HOOKS]: { onCacheError() {} } satisfies LoadHooks }
      return yield* wait(binding.cache.getOrSet<unknown>(binding.keyOfNothing(text), run.load, settings))
    }
    return found.isHit ? found.value : yield* this.#getOrSet(binding, found.key, run)
  }

  *#getOrSet({ cache }: CacheBinding, key: string, run: Run): Flow<unknown> {
    const { rest, timeout } = this.recipe
    const hooks: LoadHooks = {
      timeoutOf: () => run.timeout,
      onCacheError: (error) => this.onCacheError(error),
    }
    const settings: SetOptions = { ...rest, timeout, [LOAD_HOOKS]: hooks } as SetOptions
    return yield* wait(cache.getOrSet<unknown>(key, run.load, settings))
  }

  *#refresh(run: Run): Flow<unknown> {
    let cache: Cache
    let key: string
    try {
      cache = this.#source.cache
      key = yield* this.#currentKey(run.self, run.args)
    } catch (error) {
      return yield* wait(run.rescue(error))
    }
    const refresh = {}
    this.#refreshes.set(key, refresh)
    try {
      const stored = yield* wait(run.load())
      if (this.#refreshes.get(key) === refresh) yield* this.#replace(cache, key, stored, run)
      return resultIn(this.recipe, stored)
    } finally {
      if (this.#refreshes.get(key) === refresh) this.#refreshes.delete(key)
    }
  }

  *#replace(cache: Cache, key: string, stored: unknown, run: Run): Flow<void> {
    try {
      const { rest, timeout } = this.recipe
      this.binding.changed()
      if (run.timeout === false) yield* wait(cache.remove(key))
      else yield* wait(cache.set(key, stored, { ...rest, timeout: run.timeout ?? timeout }))
    } catch (error) {
      this.onCacheError(error)
    }
  }

  *#storing(self: unknown, result: unknown, args: readonly unknown[]): Flow<void> {
    const { recipe } = this
    const timeout = (yield* wait(recipe.timeoutFor?.(result, ...args))) ?? recipe.timeout
    yield* wait(
      this.change(self, args, (cache, key) =>
        cache.set(key, storedFormOf(recipe, result), { ...recipe.rest, timeout }),
      ),
    )
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
    const cache = this.#source.cache
    return yield* wait(question(cache, yield* this.#currentKey(self, args)))
  }

  *#currentKey(self: unknown, args: readonly unknown[]): Flow<string> {
    const { binding } = this
    return yield* binding.currentKey(yield* wait(this.recipe.keyText(self, args)))
  }

  #bind(cache: Cache): CacheBinding {
    const binding = this.#bindings.get(cache) ?? new CacheBinding(cache, this.recipe)
    this.#bindings.set(cache, binding)
    this.#binding = binding
    this.#givesPromisesHere = this.givesPromises()
    return binding
  }
}
