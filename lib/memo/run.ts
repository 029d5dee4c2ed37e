import { CacheError } from '../core/errors.ts'
import { type Answer, type Flow, isPromise, run, wait } from '../core/flow.ts'
import type { Recipe } from './options.ts'
import type { Box } from './stored-result.ts'

/** What functions threw, to tell it from failures of the cache. */
const thrown = new WeakSet<object>()

/** Who is told what becomes of runs. */
export interface Watcher {
  readonly recipe: Recipe
  /** The function is about to run. */
  began(): void
  /** It gave a promise. */
  gavePromise(): void
  /** The cache failed. */
  failed(error: unknown): void
}

/** The run of a function for a call: it happens once at most, whatever the cache does. */
export class Run {
  readonly self: unknown
  readonly args: readonly unknown[]
  readonly #watcher: Watcher
  #outcome: (() => Answer<unknown>) | undefined

  constructor(watcher: Watcher, self: unknown, args: readonly unknown[]) {
    this.#watcher = watcher
    this.self = self
    this.args = args
  }

  /** Makes what is stored. */
  readonly make = (): Answer<unknown> => {
    const { cacheErrors } = this.#watcher.recipe
    return cacheErrors === undefined ? this.#begin() : run(this.#box(cacheErrors))
  }

  /** What the caller gets when the way over the cache ended with an error: that of the function, or its result in spite of the cache's. */
  rescue(error: unknown): Answer<unknown> {
    if (isOfFunction(error) || isRecursion(error)) throw error
    this.#watcher.failed(error)
    return this.#outcome === undefined ? this.#begin() : this.#outcome()
  }

  #begin(): Answer<unknown> {
    this.#watcher.began()
    try {
      const answer = Reflect.apply(this.#watcher.recipe.fn, this.self, this.args)
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
    this.#watcher.gavePromise()
    try {
      return await promise
    } catch (error) {
      throw ofFunction(error)
    }
  }

  *#box(isKept: (error: unknown) => boolean): Flow<Box> {
    try {
      return { value: yield* wait(this.#begin()) }
    } catch (error) {
      if (!isKept(error)) throw error
      return { error }
    }
  }
}

function ofFunction(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) thrown.add(error)
  return error
}

// Caches throw objects: what is none was thrown by a function.
function isOfFunction(error: unknown): boolean {
  return typeof error !== 'object' || error === null || thrown.has(error)
}

/** A function that waits for itself would not come to an end without the cache either. */
function isRecursion(error: unknown): boolean {
  return error instanceof CacheError && error.code === 'E_RECURSION'
}
