import { types } from 'node:util'
import { type Answer, type Flow, isPromise, run, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Timeout } from '../core/types.ts'
import type { Recipe } from './options.ts'

/** Observes the runs of a function. */
export interface RunObserver {
  readonly recipe: Recipe
  /** True if the results of calls are promises. */
  readonly givesPromises: () => boolean
  /** The function is about to run. */
  onStart(): void
  /** It returned a promise. */
  onPromise(): void
  /** The cache failed. */
  onCacheError(error: unknown): void
}

/** The run of a function for one call, and what its options decide about the result. */
export class Run {
  readonly self: unknown
  readonly args: readonly unknown[]
  readonly #observer: RunObserver
  readonly #recipe: Recipe
  /** How long to store the result: `undefined` for as long as the options say, `false` for not at all. */
  timeout: Timeout | false | undefined
  /** How long to store the error that the function threw. */
  errorTimeout: Timeout | boolean = false
  /** The outcome of the run, for caches that lose it. */
  outcome: (() => Answer<unknown>) | undefined

  constructor(observer: RunObserver, self: unknown, args: readonly unknown[]) {
    this.#observer = observer
    this.#recipe = observer.recipe
    this.self = self
    this.args = args
    // A synchronous cache tells by the text of a loader whether to join its pending load.
    this.load.toString = () => String(this.#recipe.fn)
  }

  /** Runs the function. */
  readonly load = (): Answer<unknown> => {
    this.#observer.onStart()
    let result: unknown
    try {
      result = Reflect.apply(this.#recipe.fn, this.self, this.args)
    } catch (error) {
      return this.threw(error)
    }
    return this.returned(result)
  }

  /** Decides about a result of the function, which is returned. */
  returned(result: unknown): Answer<unknown> {
    const answer = isPromise(result) ? this.#await(result) : this.#decide(result)
    this.outcome = () => answer
    return answer
  }

  /** Decides about an error of the function, which is thrown. */
  threw(error: unknown): never {
    this.outcome = () => {
      throw error
    }
    run(this.#judge(error))
    throw error
  }

  /** The answer to the caller after the cache has failed: the outcome of the run, or a run without it. */
  rescue(error: unknown): Answer<unknown> {
    if (isOverflow(error)) throw error
    this.#observer.onCacheError(error)
    return this.outcome === undefined ? this.load() : this.outcome()
  }

  async #await(promise: Promise<unknown>): Promise<unknown> {
    this.#observer.onPromise()
    let result: unknown
    try {
      result = await promise
    } catch (error) {
      await run(this.#judge(error))
      throw error
    }
    return await this.#decide(result)
  }

  #decide(result: unknown): Answer<unknown> {
    if (typeof result === 'object' && types.isGeneratorObject(result)) {
      throw new TypeError(
        `The function ${quoted(this.#recipe.name)} gave an iterator, which its first reader would use up: ` +
          'a memoized function has to give an array.',
      )
    }
    const { shouldCache, timeoutFor } = this.#recipe
    return shouldCache === undefined && timeoutFor === undefined ? result : run(this.#deciding(result))
  }

  *#deciding(result: unknown): Flow<unknown> {
    const { shouldCache, timeoutFor } = this.#recipe
    const { args } = this
    try {
      const isWanted = shouldCache === undefined || (yield* this.#waitFor('shouldCache', shouldCache(result, ...args)))
      if (!isWanted) this.timeout = false
      else if (timeoutFor !== undefined) this.timeout = yield* this.#waitFor('timeout', timeoutFor(result, ...args))
    } catch (error) {
      this.#observer.onCacheError(error)
      this.timeout = false
    }
    return result
  }

  *#judge(error: unknown): Flow<void> {
    const { cacheErrors } = this.#recipe
    if (typeof cacheErrors !== 'function') return
    try {
      this.errorTimeout = yield* this.#waitFor('cacheErrors', cacheErrors(error))
    } catch (failure) {
      this.#observer.onCacheError(failure)
    }
  }

  /** The answer of an option. A call that answers at once cannot wait for a promise. */
  *#waitFor<T>(option: string, answer: Answer<T>): Flow<T> {
    if (!isPromise(answer) || this.#observer.givesPromises()) return yield* wait(answer)
    // Nobody waits for it: its rejection must not end the process.
    Promise.resolve(answer).catch(() => {})
    throw new TypeError(
      `The option ${option} of ${quoted(this.#recipe.name)} gave a promise, and the function answers at once: ` +
        'let it give a value, or memoize an async function.',
    )
  }
}

/** True if the stack has overflowed: running the function once more would only do the same again. */
function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}
