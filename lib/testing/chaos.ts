import { CacheAdapter } from '../adapter/cache-adapter.ts'
import { AdapterError } from '../core/errors.ts'
import { asOut } from '../core/flow.ts'
import type { AdapterOptions, Entry, Mode, Out } from '../core/types.ts'

/** How a `ChaosCache` behaves; every field may be changed at any time. */
export interface Chaos {
  /** How likely each operation of the store is to fail, from 0 to 1. @default 0 */
  failures?: number | undefined
  /** What a failing operation throws. @default an `AdapterError` */
  error?: (() => unknown) | undefined
  /** How long each operation takes, in ms, or the shortest and longest; only in the asynchronous one. @default 0 */
  delay?: number | readonly [shortest: number, longest: number] | undefined
  /** Where chance comes from. Give a seeded one to see the same failures again. @default Math.random */
  random?: (() => number) | undefined
}

/** Whatever a cache keeps, in a Map, behind operations that fail and dawdle as they are told. For tests of what stands above. */
abstract class ChaosAdapter<M extends Mode> extends CacheAdapter<M> {
  readonly chaos: Chaos
  readonly #entries = new Map<string, Entry>()
  #latest: Promise<unknown> = Promise.resolve()
  /** How often each operation of the store was called. */
  readonly calls = { read: 0, write: 0, drop: 0, close: 0 }

  constructor(chaos: Chaos = {}, options: AdapterOptions = {}) {
    super(options)
    this.chaos = chaos
  }

  protected override get defaultPrefix(): string {
    return ''
  }

  protected read(key: string): Out<M, Entry | undefined> {
    return this.#perform('read', () => this.#entries.get(key))
  }

  protected write(key: string, entry: Entry): Out<M, void> {
    return this.#perform('write', () => void this.#entries.set(key, entry))
  }

  protected drop(keys: readonly string[]): Out<M, number> {
    return this.#perform('drop', () => keys.filter((key) => this.#entries.delete(key)).length)
  }

  close(): Out<M, void> {
    this.calls.close++
    return asOut<M, void>(this.mode === 'sync' ? undefined : Promise.resolve())
  }

  #perform<T>(verb: 'read' | 'write' | 'drop', operation: () => T): Out<M, T> {
    this.calls[verb]++
    return asOut<M, T>(this.mode === 'sync' ? this.#attempt(verb, operation) : this.#later(verb, operation))
  }

  #attempt<T>(verb: string, operation: () => T): T {
    const { failures = 0, random = Math.random, error } = this.chaos
    if (random() < failures) throw error?.() ?? new AdapterError(`${this.name} was told to fail.`, { verb })
    return operation()
  }

  async #later<T>(verb: string, operation: () => T): Promise<T> {
    const { delay = 0, random = Math.random } = this.chaos
    const [shortest, longest] = typeof delay === 'number' ? [delay, delay] : delay
    const pause = new Promise((resolve) => setTimeout(resolve, shortest + random() * (longest - shortest)))
    // However long each takes, they take effect in the order of the calls, as every store promises.
    this.#latest = Promise.all([this.#latest, pause])
    await this.#latest
    return this.#attempt(verb, operation)
  }
}

/** A synchronous cache that fails as it is told. */
export class ChaosCache extends ChaosAdapter<'sync'> {
  static override readonly name: string = 'ChaosCache'
  readonly mode = 'sync'
}

/** An asynchronous cache that fails and dawdles as it is told. */
export class AsyncChaosCache extends ChaosAdapter<'async'> {
  static override readonly name: string = 'AsyncChaosCache'
  readonly mode = 'async'
}
