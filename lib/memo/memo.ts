import { type Answer, type Flow, wait } from '../core/flow.ts'
import type { Cache, SetOptions } from '../core/types.ts'
import { LOAD_HOOKS, type LoadHooks } from '../entry/ttl.ts'
import { isValue, type PreparedKey, UNKNOWN } from '../verbs/cache-core.ts'
import { type Found, Seat } from './binding.ts'
import { Failures } from './failures.ts'
import { functionKey, renewed } from './generations.ts'
import { inColour } from './mode.ts'
import type { Recipe } from './options.ts'
import { Run, type Watcher } from './run.ts'
import { isAsyncFunction, Source } from './source.ts'
import { packed, timeoutOf, unpacked } from './stored-result.ts'
import type { MemoStats } from './types.ts'

/** Asks a cache about what is under a key. */
type Question<T> = (cache: Cache, key: string) => Answer<T>

/** A function with a cache in front of it: what a memoised function does, for whatever `this` and arguments. */
export class Memo implements Watcher {
  readonly recipe: Recipe
  readonly #source: Source
  readonly #seats = new WeakMap<Cache, Seat>()
  #seat: Seat | undefined
  /** Whether results are promises, on that seat. */
  #isLaterHere = false
  /** Whether results are promises on any cache: the function is declared so, or has been seen to give one. */
  #givesPromises: boolean
  /** The keys that are refreshed now, each with what stands for the newest refresh. */
  readonly #refreshes = new Map<string, object>()
  readonly #failures: Failures
  #calls = 0
  #runs = 0

  constructor(recipe: Recipe) {
    this.recipe = recipe
    this.#source = new Source(recipe.cache, recipe.fn)
    this.#givesPromises = isAsyncFunction(recipe.fn)
    this.#failures = new Failures(recipe)
  }

  /** Its place in the cache of the moment. */
  get seat(): Seat {
    const cache = this.#source.cache
    return this.#seat !== undefined && this.#seat.cache === cache ? this.#seat : this.#sit(cache)
  }

  call(self: unknown, args: readonly unknown[]): unknown {
    const found = this.#atHand(self, args)
    this.#calls++
    if (isValue(found)) return this.#given(found)
    return inColour(this.#isLater, this.#look(new Run(this, self, args)))
  }

  /** A call with one argument: the usual one, which needs no array where the key is remembered. */
  callWithOne(self: unknown, argument: unknown): unknown {
    const found = this.#atHandOfOne(argument)
    if (!isValue(found)) return this.call(self, [argument])
    this.#calls++
    return this.#given(found)
  }

  /** Runs the function and stores its result. */
  refresh(self: unknown, args: readonly unknown[]): unknown {
    this.#calls++
    return inColour(this.#isLater, this.#renew(new Run(this, self, args)))
  }

  /** Asks the cache about the result for arguments. */
  ask<T>(self: unknown, args: readonly unknown[], question: Question<T>): Answer<T> {
    return inColour(this.#isAsync, this.#asking(self, args, question))
  }

  /** The same, when the result is changed: a refresh under way is too late then. */
  change<T>(self: unknown, args: readonly unknown[], change: Question<T>): Answer<T> {
    return this.ask(self, args, (cache, key) => {
      this.#refreshes.delete(key)
      this.seat.changed()
      return change(cache, key)
    })
  }

  /** Stores a result. */
  store(self: unknown, result: unknown, args: readonly unknown[]): Answer<void> {
    const { recipe } = this
    return this.change(self, args, (cache, key) => {
      const timeout = recipe.timeoutOf?.(result, ...args) ?? recipe.timeout
      return cache.set(key, packed(recipe, result), { ...recipe.rest, timeout })
    })
  }

  /** Forgets every result. */
  clear(): Answer<void> {
    const { namespace, id } = this.recipe
    return inColour(this.#isAsync, renewed(this.#source.cache, [functionKey(namespace, id)]))
  }

  stats(): MemoStats {
    const calls = this.#calls
    const misses = this.#runs
    const hits = calls - misses
    return { calls, hits, misses, hitRate: hits === 0 ? 0 : hits / calls, failures: this.#failures.count }
  }

  began(): void {
    this.#runs++
  }

  gavePromise(): void {
    this.#givesPromises = true
    this.#isLaterHere = true
  }

  failed(error: unknown): void {
    this.#failures.tell(error)
  }

  /** A result that can be had on the spot. */
  #atHand(self: unknown, args: readonly unknown[]): unknown {
    const { cacheErrors, hasOwnKeys } = this.recipe
    if (!hasOwnKeys || cacheErrors !== undefined) return UNKNOWN
    try {
      const { seat } = this
      return seat.isShared ? UNKNOWN : seat.atHand(this.#ownKey(seat, self, args))
    } catch {
      // It will fail again on the long way, which knows what to do then.
      return UNKNOWN
    }
  }

  #atHandOfOne(argument: unknown): unknown {
    const { cacheErrors, hasPlainKeys } = this.recipe
    if (!hasPlainKeys || cacheErrors !== undefined) return UNKNOWN
    try {
      return this.seat.atHandOfOne(argument)
    } catch {
      return UNKNOWN
    }
  }

  /** What was found on the spot, in the colour of results. */
  #given(found: unknown): unknown {
    return this.#isLaterHere ? Promise.resolve(found) : found
  }

  /** The key of a result, where it is made here. */
  #ownKey(seat: Seat, self: unknown, args: readonly unknown[]): PreparedKey {
    const { hasPlainKeys, textOf } = this.recipe
    if (!hasPlainKeys) return seat.known(textOf(self, args) as string)
    return seat.remembered(args) ?? seat.remember(args, textOf(self, args) as string)
  }

  *#look(run: Run): Flow<unknown> {
    let kept: unknown
    try {
      const { seat } = this
      if (!seat.isShared && this.recipe.hasOwnKeys) {
        kept = yield* this.#getOrSet(seat, this.#ownKey(seat, run.self, run.args).key, run)
      } else {
        const text = yield* wait(this.recipe.textOf(run.self, run.args))
        kept = seat.isShared
          ? yield* this.#lookShared(seat, text, run)
          : yield* this.#getOrSet(seat, seat.key(text), run)
      }
    } catch (error) {
      return yield* wait(run.rescue(error))
    }
    return unpacked(this.recipe, kept)
  }

  *#lookShared(seat: Seat, text: string, run: Run): Flow<unknown> {
    let found: Found
    try {
      found = yield* seat.find(text)
    } catch (error) {
      this.failed(error)
      // What is stored may have been cleared, and nobody could tell. The callers share a run, no more.
      const settings = { timeout: 0, [LOAD_HOOKS]: { onCacheError() {} } satisfies LoadHooks }
      return yield* wait(seat.cache.getOrSet<unknown>(seat.keyOfNothing(text), run.make, settings))
    }
    return found.value === undefined ? yield* this.#getOrSet(seat, found.key, run) : found.value
  }

  *#getOrSet({ cache }: Seat, key: string, run: Run): Flow<unknown> {
    const { rest, timeout } = this.recipe
    const hooks: LoadHooks = {
      timeoutOf: (kept) => timeoutOf(this.recipe, kept, run.args),
      onCacheError: (error) => this.failed(error),
    }
    const settings: SetOptions = { ...rest, timeout, [LOAD_HOOKS]: hooks } as SetOptions
    return yield* wait(cache.getOrSet<unknown>(key, run.make, settings))
  }

  *#renew(run: Run): Flow<unknown> {
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
      const kept = yield* wait(run.make())
      if (this.#refreshes.get(key) === refresh) yield* this.#replace(cache, key, kept, run.args)
      return unpacked(this.recipe, kept)
    } finally {
      if (this.#refreshes.get(key) === refresh) this.#refreshes.delete(key)
    }
  }

  *#replace(cache: Cache, key: string, kept: unknown, args: readonly unknown[]): Flow<void> {
    try {
      const { rest, timeout } = this.recipe
      const its = timeoutOf(this.recipe, kept, args)
      this.seat.changed()
      if (its === false) yield* wait(cache.remove(key))
      else yield* wait(cache.set(key, kept, { ...rest, timeout: its ?? timeout }))
    } catch (error) {
      this.failed(error)
    }
  }

  *#asking<T>(self: unknown, args: readonly unknown[], question: Question<T>): Flow<T> {
    const cache = this.#source.cache
    return yield* wait(question(cache, yield* this.#currentKey(self, args)))
  }

  *#currentKey(self: unknown, args: readonly unknown[]): Flow<string> {
    const { seat } = this
    return yield* seat.currentKey(yield* wait(this.recipe.textOf(self, args)))
  }

  #sit(cache: Cache): Seat {
    const seat = this.#seats.get(cache) ?? new Seat(cache, this.recipe)
    this.#seats.set(cache, seat)
    this.#seat = seat
    this.#isLaterHere = this.#isLater()
    return seat
  }

  /** Whether the cache is asked with promises. */
  readonly #isAsync = (): boolean => this.#source.isAsync

  /** Whether results are promises. */
  readonly #isLater = (): boolean => this.#givesPromises || this.#isAsync()
}
