import { inspect, types } from 'node:util'
import type { EventMap, EventName, Stats } from '../../core/events.ts'
import { type Answer, andThen, asOut, isPromise, run } from '../../core/flow.ts'
import type { Cache, Entry, Key, Keys, Mode, Out, OutMade, SetOptions, Timeout } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import { refuseUnknownOptions } from '../../entry/validate.ts'
import { type Ending, ObservedCache, type StoreCall, type StoreVerb, timed } from '../base/observed.ts'
import {
  failure,
  type Log,
  OUTCOMES,
  type Outcome,
  type OutcomeOf,
  outcomeOf,
  shown,
  spelled,
  type Writer,
  writerOf,
} from './log.ts'

/** Options of a `DebugCache`. */
export interface DebugOptions {
  /** Where to write. @default `util.debuglog('polycache')`, which writes when `NODE_DEBUG=polycache` is set */
  log?: Log | undefined
  /** Name of the cache in the log. @default 'cache' */
  name?: string | undefined
  /**
   * Keeps values out of the log; a function answers what to show instead of a value. Keys are always shown.
   * @default true
   */
  redact?: boolean | ((value: unknown, key: string | undefined) => unknown) | undefined
}

/** Fallback by which a miss is told from a value. */
const NOTHING = Symbol('nothing')

/**
 * Logs what is done with a cache: each verb, its key, its outcome, and how long it took. The outermost wrapper logs users'
 * verbs, an inner one the calls of the store, each once. While the logger is not at level `debug`, calls go straight to the
 * wrapped cache.
 */
export class DebugCache<M extends Mode = Mode> extends ObservedCache<M> {
  static override readonly name: string = 'DebugCache'
  readonly #name: string
  readonly #writer: Writer
  readonly #redact: boolean | ((value: unknown, key: string | undefined) => unknown)

  constructor(inner: Cache<M>, options: DebugOptions = {}) {
    refuseUnknownOptions(options, ['log', 'name', 'redact'], 'DebugCache')
    const { log, name = 'cache', redact = true } = options
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
    const value = this.#logged('get', [key], () => inner.get<unknown, unknown>(key, NOTHING), outcomeOf)
    return asOut(andThen(value as Answer<unknown>, (value) => (value === NOTHING ? fallback : value)))
  }

  override getOrSet<T>(key: Key, make: (key: string) => Promise<T>, timeout?: Timeout | SetOptions): OutMade<M, T>
  override getOrSet<T>(key: Key, value: Promise<T>, timeout?: Timeout | SetOptions): OutMade<M, T>
  override getOrSet<T>(key: Key, value: T | ((key: string) => T), timeout?: Timeout | SetOptions): Out<M, T>
  override getOrSet<T>(key: Key, given: T | ((...args: never[]) => T), timeout?: Timeout | SetOptions): Out<M, T> {
    const { inner } = this
    if (!this.#writer.isOn()) return inner.getOrSet(key, given as T, timeout)
    let outcome = 'given'
    let value = given
    if (typeof given === 'function') {
      outcome = 'hit'
      const load = (...args: never[]): T => {
        outcome = 'made'
        return (given as (...args: never[]) => T)(...args)
      }
      // A synchronous cache tells by the kind of a loader whether its caller may wait for another one.
      value = types.isAsyncFunction(given) ? ((async (...args: never[]) => await load(...args)) as typeof load) : load
    }
    const call = () => inner.getOrSet<T>(key, value as T, timeout)
    return asOut(this.#logged('getOrSet', [key], call as () => Answer<T>, (value) => ({ outcome, value })))
  }

  override keys(prefix = ''): Keys<M> {
    if (this.#writer.isOn()) this.#report('keys', prefix === '' ? [] : [prefix], { ms: 0 }, { outcome: 'listed' })
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

  protected override observe(call: StoreCall): void {
    const { verb, keys, error } = call
    const now = this.now()
    const outcome = 'error' in call ? failure(error) : outcomeOf(call, (entry) => isFresh(entry as Entry, now))
    const own = keys.map((key) => key.slice(this.prefix.length))
    this.#report(verb === 'tryGet' ? 'read' : verb, own, call, outcome)
  }

  #verb(verb: string, args: readonly unknown[], outcomeOf: OutcomeOf): unknown {
    const call = (args: readonly unknown[]) =>
      (this.inner as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[verb]!(...args)
    if (!this.#writer.isOn()) return call(args)
    const { args: copied, keys } = keysAmong(verb, args)
    return this.#logged(
      verb,
      keys,
      () => call(copied),
      (answer) => outcomeOf(answer, copied),
    )
  }

  #logged<T>(
    verb: string,
    keys: readonly Key[],
    call: () => Answer<T>,
    outcomeOf: (answer: unknown) => Outcome,
  ): Answer<T> {
    const report = (ending: Ending<T>) =>
      this.#report(verb, keys.map(String), ending, 'error' in ending ? failure(ending.error) : outcomeOf(ending.answer))
    return run(timed(call, report))
  }

  #report(verb: string, keys: readonly string[], { ms, error }: Ending, { outcome, ...said }: Outcome): void {
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

  /** Writes a message. A log that fails must not break the cache. */
  #write(level: 'debug' | 'info', message: string, facts: object): void {
    const failed = (error: unknown) => this.events.emit('error', undefined, { error, verb: 'log' })
    try {
      const written = this.#writer[level](message, facts)
      if (isPromise(written)) written.then(undefined, failed)
    } catch (error) {
      failed(error)
    }
  }
}

const WITH_MANY_KEYS = ['getMany', 'setMany', 'getOrSetMany']

/** The keys among a verb's arguments. An iterable of keys or entries may work only once, so it is copied. */
function keysAmong(verb: string, args: readonly unknown[]): { args: readonly unknown[]; keys: readonly string[] } {
  if (verb === 'remove') return { args, keys: args.map(textOf) }
  if (!WITH_MANY_KEYS.includes(verb)) return { args, keys: args.slice(0, 1).map(textOf) }

  const [many, ...rest] = args
  if (typeof many !== 'object' || many === null) return { args, keys: [] }
  if (!(Symbol.iterator in many)) return { args, keys: Object.keys(many) }
  const items = [...(many as Iterable<unknown>)]
  const keys = verb === 'setMany' ? items.map((pair) => (pair as unknown[])?.[0]) : items
  return { args: [items, ...rest], keys: keys.map(textOf) }
}

function textOf(key: unknown): string {
  return typeof key === 'string' ? key : inspect(key)
}
