import { type Answer, type Flow, isPromise, run, wait } from '../core/flow.ts'
import type { Cache, GetOrSetOptions } from '../core/types.ts'
import { LOAD_HOOKS, type LoadHooks, resolveTtl } from '../entry/ttl.ts'
import { loaders } from '../single-flight/deadlock.ts'
import { type CacheCore, isValue, type PreparedKey, UNKNOWN } from '../verbs/cache-core.ts'
import { begin, settle } from '../verbs/get-or-set.ts'
import type { Call } from '../verbs/run-loader.ts'
import { CacheBinding, type Found } from './binding.ts'
import { CacheSource, inMode, isAsyncFunction } from './cache-source.ts'
import type { Recipe } from './options.ts'
import { Run, type RunObserver } from './run.ts'
import { CacheFailures } from './warnings.ts'

/**
 * A call for which the function has to run now. The caller of `Memo` runs it, in its own frame, so that memoized functions
 * recurse as deeply as others: between two runs there is one frame of ours.
 */
export class PendingRun {
  readonly run: Run
  readonly call: Call<unknown>
  result: unknown
  failure: { readonly error: unknown } | undefined

  constructor(run: Run, call: Call<unknown>) {
    this.run = run
    this.call = call
  }
}

/** The calls of a memoized function, for any `this` and arguments: looks for a result, and loads a missing one. */
export class MemoCalls implements RunObserver {
  readonly recipe: Recipe
  protected readonly source: CacheSource
  readonly #bindings = new WeakMap<Cache, CacheBinding>()
  #binding: CacheBinding | undefined
  /** True if results are promises, with that binding. */
  #givesPromisesHere = false
  /** True if results are promises on any cache: the function is declared async, or has returned a promise. */
  #givesPromises: boolean
  protected readonly failures: CacheFailures
  protected calls = 0
  protected runs = 0

  constructor(recipe: Recipe) {
    this.recipe = recipe
    this.source = new CacheSource(recipe.cache, recipe.fn)
    this.#givesPromises = isAsyncFunction(recipe.fn)
    this.failures = new CacheFailures(recipe)
  }

  /** The function in the cache of the moment. */
  get binding(): CacheBinding {
    const cache = this.source.cache
    return this.#binding !== undefined && this.#binding.cache === cache ? this.#binding : this.#bind(cache)
  }

  /** Calls the function. */
  call(self: unknown, args: readonly unknown[]): unknown {
    const answer = this.begin(self, args)
    if (!(answer instanceof PendingRun)) return answer
    try {
      answer.result = Reflect.apply(this.recipe.fn, self, args)
    } catch (error) {
      answer.failure = { error }
    }
    return this.finish(answer)
  }

  /** Begins a call: its answer, or a `PendingRun` for `finish`. */
  begin(self: unknown, args: readonly unknown[]): unknown {
    const found = this.#tryGet(self, args)
    this.calls++
    if (isValue(found)) return this.#inMode(found)
    const run = new Run(this, self, args)
    try {
      return this.#beginRun(run)
    } catch (error) {
      if (this.givesPromises()) return Promise.reject(error)
      throw error
    }
  }

  /** Begins a call with one argument, the usual one: it needs no array where the key is remembered. */
  beginWithOne(self: unknown, argument: unknown): unknown {
    const found = this.#tryGetOfOne(argument)
    if (!isValue(found)) return this.begin(self, [argument])
    this.calls++
    return this.#inMode(found)
  }

  /** Ends a call whose function has run. */
  finish({ run, call, result, failure }: PendingRun): unknown {
    // Assignments first: where the stack has overflowed they work, and calls do not.
    call.load.ended = true
    loaders.running--
    try {
      if (failure !== undefined) run.threw(failure.error)
      call.given = run.returned(result)
    } catch (error) {
      call.failure = { error }
    }
    try {
      return this.#inMode(settle(call))
    } catch (error) {
      if (this.givesPromises()) return Promise.reject(error)
      throw error
    }
  }

  onStart(): void {
    this.runs++
  }

  onPromise(): void {
    this.#givesPromises = true
    this.#givesPromisesHere = true
  }

  onCacheError(error: unknown): void {
    this.failures.report(error)
  }

  /** True if results are promises. */
  readonly givesPromises = (): boolean => this.#givesPromises || this.isAsync()

  /** True if the cache is asked with promises. */
  protected readonly isAsync = (): boolean => this.source.isAsync

  /** The fast path: a result that is at once to be had. */
  #tryGet(self: unknown, args: readonly unknown[]): unknown {
    if (!this.recipe.hasOwnKeys) return UNKNOWN
    try {
      const { binding } = this
      return binding.isShared ? UNKNOWN : binding.tryGet(this.#ownKey(binding, self, args))
    } catch {
      // It will fail again on the long way, which reports it.
      return UNKNOWN
    }
  }

  #tryGetOfOne(argument: unknown): unknown {
    if (!this.recipe.hasPlainKeys) return UNKNOWN
    try {
      return this.binding.tryGetOfOne(argument)
    } catch {
      return UNKNOWN
    }
  }

  /** An answer in the mode of results. */
  #inMode(answer: unknown): unknown {
    return this.#givesPromisesHere && !isPromise(answer) ? Promise.resolve(answer) : answer
  }

  /** The key of a result, where keys are made here. */
  #ownKey(binding: CacheBinding, self: unknown, args: readonly unknown[]): PreparedKey {
    const { hasPlainKeys, keyText } = this.recipe
    if (!hasPlainKeys) return binding.prepared(keyText(self, args) as string)
    return binding.remembered(args) ?? binding.remember(args, keyText(self, args) as string)
  }

  /** Looks for the result, and begins the load of a missing one. */
  #beginRun(pending: Run): unknown {
    let found: Answer<Found>
    let binding: CacheBinding
    try {
      binding = this.binding
      found = run(this.#find(binding, pending))
    } catch (error) {
      return this.#inMode(pending.rescue(error))
    }
    if (isPromise(found)) return this.#beginLater(binding, pending, found)
    return this.#beginLoad(binding, pending, found)
  }

  async #beginLater(binding: CacheBinding, pending: Run, finding: Promise<Found>): Promise<unknown> {
    let found: Found
    try {
      found = await finding
    } catch (error) {
      return await pending.rescue(error)
    }
    const answer = this.#beginLoad(binding, pending, found)
    if (!(answer instanceof PendingRun)) return await answer
    try {
      answer.result = Reflect.apply(this.recipe.fn, pending.self, pending.args)
    } catch (error) {
      answer.failure = { error }
    }
    return await this.finish(answer)
  }

  #beginLoad(binding: CacheBinding, pending: Run, found: Found): unknown {
    if (found.isHit) return this.#inMode(found.value)
    const { core, cache } = binding
    const options = this.#optionsFor(pending, found)
    if (core === undefined) return inMode(this.givesPromises, this.#getOrSet(cache, found.key, pending, options))
    const call = begin(core, found.key, pending.load, ttlIn(core, options))
    if (call.answer !== undefined) return this.#inMode(call.answer.value)
    this.onStart()
    return new PendingRun(pending, call as Call<unknown>)
  }

  *#find(binding: CacheBinding, { self, args }: Run): Flow<Found> {
    const { hasOwnKeys, keyText } = this.recipe
    if (!binding.isShared && hasOwnKeys) return { key: this.#ownKey(binding, self, args).key, isHit: false }
    const text = yield* wait(keyText(self, args))
    if (!binding.isShared) return { key: binding.key(text), isHit: false }
    try {
      return yield* binding.find(text)
    } catch (error) {
      this.onCacheError(error)
      // What is stored may have been cleared, and nobody could tell. The callers share a run, no more.
      return { key: binding.keyOfNothing(text), isHit: false, isUnstored: true }
    }
  }

  /** The options of the load for one run. */
  #optionsFor(pending: Run, { isUnstored }: Found): GetOrSetOptions {
    const { cacheErrors, loadOptions, setOptions, timeout } = this.recipe
    const hooks: LoadHooks = {
      timeoutOf: () => (isUnstored ? false : pending.timeout),
      onCacheError: (error) => {
        if (!isUnstored) this.onCacheError(error)
      },
    }
    const errors = typeof cacheErrors === 'function' ? () => pending.errorTimeout : cacheErrors
    const options = {
      ...setOptions,
      ...loadOptions,
      timeout,
      cacheErrors: isUnstored ? false : errors,
      [LOAD_HOOKS]: hooks,
    }
    return options as GetOrSetOptions
  }

  /** `getOrSet` of a cache that is not an adapter, and may fail in any way. */
  *#getOrSet(cache: Cache, key: string, pending: Run, options: GetOrSetOptions): Flow<unknown> {
    try {
      return yield* wait(cache.getOrSet<unknown>(key, pending.load, options))
    } catch (error) {
      return yield* wait(pending.outcome === undefined ? pending.rescue(error) : pending.outcome())
    }
  }

  #bind(cache: Cache): CacheBinding {
    const binding = this.#bindings.get(cache) ?? new CacheBinding(cache, this.recipe)
    this.#bindings.set(cache, binding)
    this.#binding = binding
    this.#givesPromisesHere = this.givesPromises()
    return binding
  }
}

function ttlIn(core: CacheCore, options: GetOrSetOptions) {
  return resolveTtl(options, core.defaultTtl, core.defaults, 'getOrSet')
}
