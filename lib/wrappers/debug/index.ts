import type { EventMap, EventName, Stats } from '../../core/events.ts'
import { type Answer, andThen, asOut } from '../../core/flow.ts'
import type { Cache, Entry, Key, Keys, Mode, Out, OutMade, SetOptions, Timeout } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import { type Ending, ObservedCache, type Sight, type StoreVerb, timed } from '../base/observed.ts'
import { type Log, type Writer, writerOf } from './logger.ts'
import { failure, given, NOTHING, OUTCOMES, type Outcome, type OutcomeOf, outcomeOf, shown, spelled } from './words.ts'

/** The options of a `DebugCache`. */
export interface DebugOptions {
  /** Where to write. @default `util.debuglog('polycache')`, which writes when `NODE_DEBUG=polycache` is set */
  log?: Log | undefined
  /** What it calls the cache. @default 'cache' */
  name?: string | undefined
  /**
   * Keeps values out of the log; a function says what to show in place of a value. Keys are always shown.
   * @default true
   */
  redact?: boolean | ((value: unknown, key: string | undefined) => unknown) | undefined
}

/**
 * Says what is done with the cache within, in words: each verb, its key, its outcome, and how long it took. Users' verbs are
 * told when it is the outermost, those of the store when others stand around it; each once. While the logger does not write
 * what is said at its level `debug`, all goes straight to the cache within.
 */
export class DebugCache<M extends Mode = Mode> extends ObservedCache<M> {
  readonly #name: string
  readonly #writer: Writer
  readonly #redact: boolean | ((value: unknown, key: string | undefined) => unknown)

  constructor(inner: Cache<M>, { log, name = 'cache', redact = true }: DebugOptions = {}) {
    super(inner)
    this.#name = name
    this.#writer = writerOf(log)
    this.#redact = redact
    if (this.#writer.isOn()) this.#write('info', `${name}: watching a ${this.inner.name}`, { cache: name })
  }

  static {
    for (const [verb, outcomeOf] of Object.entries(OUTCOMES)) {
      const value = function (this: DebugCache, ...args: unknown[]): unknown {
        return this.#verb(verb, args, outcomeOf)
      }
      Object.defineProperty(DebugCache.prototype, verb, { value, writable: true, configurable: true })
    }
  }

  override get<T = unknown>(key: Key): Out<M, T | undefined>
  override get<T = unknown>(key: Key, fallback: unknown, options: { fail: true }): Out<M, T>
  override get<T = unknown, D = T>(key: Key, fallback: D, options?: { fail?: false | undefined }): Out<M, T | D>
  override get(key: Key, fallback?: unknown, options?: { fail?: boolean | undefined }): Out<M, unknown> {
    const { inner } = this
    if (!this.#writer.isOn()) return inner.get(key, fallback, options as { fail: true })
    if (options?.fail) return this.getOrFail(key)
    const outcomeOf = (value: unknown): Outcome => (value === NOTHING ? { outcome: 'miss' } : { outcome: 'hit', value })
    const asked = this.#told('get', [key], () => inner.get<unknown, unknown>(key, NOTHING), outcomeOf)
    return asOut(andThen(asked as Answer<unknown>, (value) => (value === NOTHING ? fallback : value)))
  }

  override getOrSet<T>(key: Key, make: (key: string) => Promise<T>, timeout?: Timeout | SetOptions): OutMade<M, T>
  override getOrSet<T>(key: Key, value: Promise<T>, timeout?: Timeout | SetOptions): OutMade<M, T>
  override getOrSet<T>(key: Key, value: T | ((key: string) => T), timeout?: Timeout | SetOptions): Out<M, T>
  override getOrSet<T>(key: Key, given: T | ((key: string) => T), timeout?: Timeout | SetOptions): Out<M, T> {
    const { inner } = this
    if (!this.#writer.isOn()) return inner.getOrSet(key, given, timeout)
    let outcome = typeof given === 'function' ? 'hit' : 'given'
    const make = (asked: string): T => {
      outcome = 'made'
      return (given as (key: string) => T)(asked)
    }
    const ask = () => inner.getOrSet<T>(key, typeof given === 'function' ? make : given, timeout)
    return asOut(this.#told('getOrSet', [key], ask as () => Answer<T>, (value) => ({ outcome, value })))
  }

  override keys(prefix = ''): Keys<M> {
    if (this.#writer.isOn()) this.#say('keys', prefix === '' ? [] : [prefix], { ms: 0 }, { outcome: 'listed' })
    return this.inner.keys(prefix)
  }

  override stats(): Stats {
    return this.inner.stats()
  }

  override on<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this {
    this.inner.on(event, listener)
    return this
  }

  override off<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this {
    this.inner.off(event, listener)
    return this
  }

  protected override isWatching(_verb: StoreVerb): boolean {
    return this.#writer.isOn()
  }

  protected override saw(sight: Sight): void {
    const { verb, subject, error } = sight
    const keys = typeof subject === 'string' ? [subject] : subject
    const now = this.now()
    const outcome =
      error === undefined ? outcomeOf(sight, (entry) => isFresh(entry as Entry | undefined, now)) : failure(error)
    this.#say(
      verb === 'at hand' ? 'read' : verb,
      keys.map((key) => key.slice(this.prefix.length)),
      sight,
      outcome,
    )
  }

  #verb(verb: string, args: readonly unknown[], outcomeOf: OutcomeOf): unknown {
    const ask = (args: readonly unknown[]) =>
      (this.inner as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[verb]!(...args)
    if (!this.#writer.isOn()) return ask(args)
    const { args: copied, keys } = given(verb, args)
    return this.#told(
      verb,
      keys,
      () => ask(copied),
      (answer) => outcomeOf(answer, copied),
    )
  }

  #told<T>(
    verb: string,
    keys: readonly Key[],
    ask: () => Answer<T>,
    outcomeOf: (answer: unknown) => Outcome,
  ): Answer<T> {
    return timed(ask, (ending) => {
      const { answer, error } = ending
      this.#say(verb, keys.map(String), ending, error === undefined ? outcomeOf(answer) : failure(error))
    })
  }

  #say(verb: string, keys: readonly string[], { ms, error }: Ending<unknown>, { outcome, ...said }: Outcome): void {
    const key = keys.length === 1 ? { key: keys[0] } : { keys }
    const value = 'value' in said ? this.#shown(said.value, keys[0]) : {}
    const sentence = `${this.#name}: ${verb}${keys.length === 0 ? '' : ` ${spelled(keys)}`}: ${outcome}`
    const took = `(${ms.toFixed(3)} ms)`
    this.#write('debug', 'value' in value ? `${sentence}: ${shown(value.value)} ${took}` : `${sentence} ${took}`, {
      cache: this.#name,
      verb,
      ...key,
      outcome,
      ms,
      ...value,
      ...(error === undefined ? {} : { err: error }),
    })
  }

  #shown(value: unknown, key: string | undefined): { value?: unknown } {
    if (this.#redact === true) return {}
    return { value: this.#redact === false ? value : this.#redact(value, key) }
  }

  #write(level: 'debug' | 'info', message: string, facts: object): void {
    try {
      this.#writer[level](message, facts)
    } catch (error) {
      // What is wrong with the log must not be what is wrong with the cache.
      this.events.emit('error', undefined, { error, verb: 'log' })
    }
  }
}
