import { isPromise } from '../core/flow.ts'
import type { Cache } from '../core/types.ts'
import { report } from './places.ts'

/**
 * Answers with promises whatever the mode of the cache, and keeps the order of assignments: `asyncCached.key = value`
 * cannot be awaited, so later calls wait for it.
 */
export class Queue {
  readonly #current: () => Cache
  readonly #pending = new Set<Promise<void>>()

  /** @param current returns the cache to ask */
  constructor(current: () => Cache) {
    this.#current = current
  }

  /** The answer of the cache as a promise; an error becomes a rejection. */
  ask<T>(question: (cache: Cache) => T | Promise<T>): Promise<T> {
    try {
      const cache = this.#current()
      if (this.#pending.size > 0) return this.#askAfter(cache, question)
      const answer = question(cache)
      return isPromise(answer) ? answer : Promise.resolve(answer)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Stores a value. Nobody can await this, so a failure is an `error` event. */
  assign(key: string, value: unknown): void {
    this.#begin('set', key, (cache) => cache.set(key, value))
  }

  /** Removes a key. A failure is an `error` event. */
  remove(key: string): void {
    this.#begin('remove', key, (cache) => cache.remove(key))
  }

  /** Waits for every assignment made so far. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending)
  }

  /** An asynchronous iteration over what the cache lists. */
  async *each<T>(question: (cache: Cache) => Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const cache = this.#current()
    await this.flush()
    yield* question(cache)
  }

  #begin(verb: string, key: string, change: (cache: Cache) => unknown): void {
    const cache = this.#current()
    const done = this.ask(change).then(
      () => {},
      (error) => report(cache, error, verb, key),
    )
    this.#pending.add(done)
    void done.then(() => this.#pending.delete(done))
  }

  async #askAfter<T>(cache: Cache, question: (cache: Cache) => T | Promise<T>): Promise<T> {
    await this.flush()
    return await question(cache)
  }
}

/**
 * A promise whose work starts when somebody waits for it. Frameworks read arbitrary names of every object they meet
 * (`service.onModuleInit`): such a look must neither reach the store nor reject without a handler.
 */
export class LazyRead<T> extends Promise<T> {
  readonly #start: () => Promise<T>
  #started: Promise<T> | undefined

  constructor(start: () => Promise<T>) {
    super(() => {})
    this.#start = start
  }

  /** Promises derived from this one are ordinary ones. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  override then<R = T, E = never>(
    fulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    rejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    this.#started ??= this.#start()
    return this.#started.then(fulfilled, rejected)
  }
}
