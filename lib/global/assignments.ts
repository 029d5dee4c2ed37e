import { isPromise } from '../core/flow.ts'
import type { Cache } from '../core/types.ts'
import { report } from './places.ts'

/**
 * Turns every result into a promise, in both modes, and preserves the order of assignments: `asyncCached.key = value`
 * cannot be awaited, so later calls wait for it.
 */
export class Queue {
  readonly #current: () => Cache
  readonly #pending = new Set<Promise<void>>()

  /** @param current returns the cache to call */
  constructor(current: () => Cache) {
    this.#current = current
  }

  /** Calls the cache and returns a promise for the result; an error becomes a rejection. */
  ask<T>(call: (cache: Cache) => T | Promise<T>): Promise<T> {
    try {
      const cache = this.#current()
      if (this.#pending.size > 0) return this.#askAfter(cache, call)
      const answer = call(cache)
      return isPromise(answer) ? answer : Promise.resolve(answer)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Stores a value. The caller cannot await this, so a failure is an `error` event. */
  assign(key: string, value: unknown): void {
    this.#begin('set', key, (cache) => cache.set(key, value))
  }

  /** Removes a key. A failure is an `error` event. */
  remove(key: string): void {
    this.#begin('remove', key, (cache) => cache.remove(key))
  }

  /** Waits for all assignments so far. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending)
  }

  /** Iterates asynchronously over the result of a call. */
  async *each<T>(call: (cache: Cache) => Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const cache = this.#current()
    await this.flush()
    yield* call(cache)
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

  async #askAfter<T>(cache: Cache, call: (cache: Cache) => T | Promise<T>): Promise<T> {
    await this.flush()
    return await call(cache)
  }
}

/**
 * A promise whose work starts on the first `then` or `await`. Frameworks read arbitrary properties of every object
 * (`service.onModuleInit`): such a read must neither reach the store nor cause an unhandled rejection.
 */
export class LazyRead<T> extends Promise<T> {
  readonly #start: () => Promise<T>
  #started: Promise<T> | undefined

  constructor(start: () => Promise<T>) {
    super(() => {})
    this.#start = start
  }

  /** Derived promises are ordinary ones. */
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
