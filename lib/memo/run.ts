import { types } from 'node:util'
import { type Answer, type Flow, isPromise, run, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Timeout } from '../core/types.ts'
import type { Recipe } from './options.ts'

/** What functions threw, to tell it from failures of the cache. */
const thrown = new WeakSet<object>()

/** The stored form of a result where errors are stored too; elsewhere it is the result itself. */
export type StoredResult = { readonly value: unknown } | { readonly error: unknown }

/** The stored form of a result. */
export function storedFormOf({ cacheErrors }: Recipe, result: unknown): unknown {
  return cacheErrors === undefined ? result : ({ value: result } satisfies StoredResult)
}

/** The result in its stored form; throws an error that was stored. */
export function resultIn({ cacheErrors }: Recipe, stored: unknown): unknown {
  if (cacheErrors === undefined) return stored
  const result = stored as StoredResult
  if ('error' in result) throw result.error
  return result.value
}

/** Observes the runs of a function. */
export interface RunObserver {
  readonly recipe: Recipe
  /** Whether the results of calls are promises. */
  readonly givesPromises: () => boolean
  /** The function is about to run. */
  onStart(): void
  /** It returned a promise. */
  onPromise(): void
  /** The cache failed. */
  onCacheError(error: unknown): void
}

/** The run of a function for one call: it happens once at most, whatever the cache does. */
export class Run {
  readonly self: unknown
  readonly args: readonly unknown[]
  readonly #observer: RunObserver
  readonly #recipe: Recipe
  #outcome: (() => Answer<unknown>) | undefined
  /** How long to store the result: `undefined` for as long as the options say, `false` for not at all. */
  timeout: Timeout | false | undefined

  constructor(observer: RunObserver, self: unknown, args: readonly unknown[]) {
    this.#observer = observer
    this.#recipe = observer.recipe
    this.self = self
    this.args = args
  }

  /** Runs the function and makes what is stored. */
  readonly load = (): Answer<unknown> => {
    const { cacheErrors, shouldCache, timeoutFor } = this.#recipe
    if (cacheErrors === undefined && shouldCache === undefined && timeoutFor === undefined) return this.#start()
    return run(this.#loading())
  }

  /** The answer to the caller when the way over the cache ended with an error: that of the function, or its result in spite of the cache's. */
  rescue(error: unknown): Answer<unknown> {
    if (isOfFunction(error) || isRecursion(error) || isOverflow(error)) throw error
    this.#observer.onCacheError(error)
    return this.#outcome === undefined ? this.#start() : this.#outcome()
  }

  #start(): Answer<unknown> {
    this.#observer.onStart()
    try {
      const answer = this.#checked(Reflect.apply(this.#recipe.fn, this.self, this.args))
      const watched = isPromise(answer) ? this.#watch(answer) : answer
      this.#outcome = () => watched
      return watched
    } catch (error) {
      this.#outcome = () => {
        throw error
      }
      throw ofFunction(error)
    }
  }

  async #watch(promise: Promise<unknown>): Promise<unknown> {
    this.#observer.onPromise()
    try {
      return this.#checked(await promise)
    } catch (error) {
      throw ofFunction(error)
    }
  }

  #checked(result: unknown): unknown {
    if (typeof result !== 'object' || !types.isGeneratorObject(result)) return result
    throw new TypeError(
      `The function ${quoted(this.#recipe.name)} gave an iterator, which its first reader would use up: ` +
        'a memoized function has to give an array.',
    )
  }

  *#loading(): Flow<unknown> {
    let value: unknown
    try {
      value = yield* wait(this.#start())
    } catch (error) {
      if (yield* this.#keepsError(error)) return { error } satisfies StoredResult
      throw error
    }
    try {
      this.timeout = yield* this.#timeoutFor(value)
    } catch (error) {
      this.#observer.onCacheError(error)
      this.timeout = false
    }
    return storedFormOf(this.#recipe, value)
  }

  *#keepsError(error: unknown): Flow<boolean> {
    const { cacheErrors } = this.#recipe
    if (cacheErrors === undefined) return false
    try {
      return yield* this.#waitFor('cacheErrors', cacheErrors(error))
    } catch (failure) {
      this.#observer.onCacheError(failure)
      return false
    }
  }

  *#timeoutFor(value: unknown): Flow<Timeout | false | undefined> {
    const { shouldCache, timeoutFor } = this.#recipe
    const { args } = this
    if (shouldCache !== undefined && !(yield* this.#waitFor('shouldCache', shouldCache(value, ...args)))) return false
    return timeoutFor === undefined ? undefined : yield* this.#waitFor('timeout', timeoutFor(value, ...args))
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

function ofFunction(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) thrown.add(error)
  return error
}

// Caches throw objects: anything else was thrown by a function.
function isOfFunction(error: unknown): boolean {
  return typeof error !== 'object' || error === null || thrown.has(error)
}

/** Whether a function waits for itself, which it would do without the cache too. */
function isRecursion(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'E_RECURSION'
}

/** Whether the stack has overflowed: running the function once more would only do the same again. */
function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}
