import { CacheAdapter } from '../adapter/cache-adapter.ts'
import { AdapterError } from '../core/errors.ts'
import { asOut } from '../core/flow.ts'
import type { AdapterOptions, Entry, Mode, Out } from '../core/types.ts'

/** How a `ChaosCache` behaves; every field may be changed at any time. Chances go from 0 to 1. */
export interface Chaos {
  /** The chance that an operation of the store throws. @default 0 */
  failures?: number | undefined
  /** The error of a failing operation. @default an `AdapterError` */
  error?: (() => unknown) | undefined
  /** How long each operation takes, in ms, or the shortest and longest; asynchronous caches only. @default 0 */
  delay?: number | readonly [shortest: number, longest: number] | undefined
  /** The chance that an operation never answers; a synchronous cache throws instead. @default 0 */
  hangs?: number | undefined
  /** The chance that a read says "missing", or that a write or removal is not carried out and says that it was. @default 0 */
  lies?: number | undefined
  /** The chance that a read gives a value that was not stored. @default 0 */
  corrupts?: number | undefined
  /** The value that a corrupted read gives. @default an object that no loader gives */
  corrupted?: ((value: unknown) => unknown) | undefined
  /** The operations that all this happens to. @default all of them */
  verbs?: readonly ChaosVerb[] | undefined
  /** The source of chance. Give `seeded(n)` to see the same faults again. @default Math.random */
  random?: (() => number) | undefined
}

/** The operations of the store behind a `ChaosCache`. */
export type ChaosVerb = 'read' | 'write' | 'drop'

/** A cache over a Map whose operations fail, hang, lie and take their time as they are told: for tests of what stands above. */
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
    return this.#perform('read', () => this.#corrupted(this.#entries.get(key)), undefined)
  }

  protected write(key: string, entry: Entry): Out<M, void> {
    return this.#perform('write', () => void this.#entries.set(key, entry), undefined)
  }

  protected drop(keys: readonly string[]): Out<M, number> {
    return this.#perform('drop', () => keys.filter((key) => this.#entries.delete(key)).length, keys.length)
  }

  close(): Out<M, void> {
    this.calls.close++
    return asOut<M, void>(this.mode === 'sync' ? undefined : Promise.resolve())
  }

  /** @param lie what the operation answers when it is not carried out */
  #perform<T>(verb: ChaosVerb, operation: () => T, lie: T): Out<M, T> {
    this.calls[verb]++
    const attempt = () => this.#attempt(verb, operation, lie)
    return asOut<M, T>(this.mode === 'sync' ? attempt() : this.#later(verb, attempt))
  }

  #attempt<T>(verb: ChaosVerb, operation: () => T, lie: T): T {
    const { failures = 0, hangs = 0, lies = 0, error } = this.chaos
    const isSilent = this.mode === 'sync' && this.#happens(verb, hangs)
    if (isSilent || this.#happens(verb, failures))
      throw error?.() ?? new AdapterError(`${this.name} was told to fail.`, { verb })
    return this.#happens(verb, lies) ? lie : operation()
  }

  async #later<T>(verb: ChaosVerb, attempt: () => T): Promise<T> {
    const { delay = 0, hangs = 0, random = Math.random } = this.chaos
    if (this.#happens(verb, hangs)) return await new Promise<never>(() => {})
    const [shortest, longest] = typeof delay === 'number' ? [delay, delay] : delay
    const pause = new Promise((resolve) => setTimeout(resolve, shortest + random() * (longest - shortest)))
    // Operations take effect in the order of the calls, however long each takes, as in every store.
    this.#latest = Promise.all([this.#latest, pause])
    await this.#latest
    return attempt()
  }

  #corrupted(entry: Entry | undefined): Entry | undefined {
    const { corrupts = 0, corrupted = () => ({ corrupted: true }) } = this.chaos
    if (entry === undefined || !this.#happens('read', corrupts)) return entry
    return { ...entry, value: corrupted(entry.value) }
  }

  /** Tells whether a fault of that chance happens now. Draws a number only for chances above 0, so that seeds stay comparable. */
  #happens(verb: ChaosVerb, chance: number): boolean {
    const { verbs, random = Math.random } = this.chaos
    return chance > 0 && (verbs === undefined || verbs.includes(verb)) && random() < chance
  }
}

/** A synchronous cache that fails and lies as it is told. */
export class ChaosCache extends ChaosAdapter<'sync'> {
  static override readonly name: string = 'ChaosCache'
  readonly mode = 'sync'
}

/** An asynchronous cache that fails, hangs, lies and takes its time as it is told. */
export class AsyncChaosCache extends ChaosAdapter<'async'> {
  static override readonly name: string = 'AsyncChaosCache'
  readonly mode = 'async'
}
