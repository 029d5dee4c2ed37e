import { isPromise } from '../core/flow.ts'
import type { Cache } from '../core/types.ts'
import { report } from './active.ts'

/**
 * Answers with promises whatever the colour of the cache, and keeps order with assignments: `asyncCached.key = value` cannot
 * be awaited, so what is asked after it waits for it.
 */
export class Queue {
  readonly #current: () => Cache
  readonly #assigned = new Set<Promise<void>>()

  /** @param current gives the cache that is asked */
  constructor(current: () => Cache) {
    this.#current = current
  }

  /** A promise of what the cache answers; what it throws becomes a rejection. */
  ask<T>(question: (cache: Cache) => T | Promise<T>): Promise<T> {
    try {
      const cache = this.#current()
      if (this.#assigned.size > 0) return this.#askAfter(cache, question)
      const answer = question(cache)
      return isPromise(answer) ? answer : Promise.resolve(answer)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Does something that nobody can wait for. Its failure is an `error` event. */
  assign(key: string, assignment: (cache: Cache) => unknown): void {
    const cache = this.#current()
    const done = this.ask(assignment).then(
      () => {},
      (error) => report(cache, error, 'set', key),
    )
    this.#assigned.add(done)
    void done.then(() => this.#assigned.delete(done))
  }

  /** Waits for every assignment made so far. */
  async flush(): Promise<void> {
    await Promise.all(this.#assigned)
  }

  /** What the cache iterates over, as an asynchronous iteration. */
  async *each<T>(question: (cache: Cache) => Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const cache = this.#current()
    await this.flush()
    yield* question(cache)
  }

  async #askAfter<T>(cache: Cache, question: (cache: Cache) => T | Promise<T>): Promise<T> {
    await this.flush()
    return await question(cache)
  }
}
