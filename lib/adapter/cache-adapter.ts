import { performance } from 'node:perf_hooks'
import { type EventMap, type EventName, Events, hitRateOf, type Stats } from '../core/events.ts'
import { type Answer, andThen, asOut, isPromise, run } from '../core/flow.ts'
import { makeInspectable } from '../core/inspect.ts'
import { LayeredEvents } from '../core/layered-events.ts'
import type * as contract from '../core/types.ts'
import type { Cache, Capabilities, Entry, Key, Mode, Out, SetOptions, Timeout } from '../core/types.ts'
import { nowOf, systemNow } from '../entry/clock.ts'
import { setting } from '../entry/settings.ts'
import { durationOf } from '../entry/timeout.ts'
import { type ResolvedTtl, resolveTtl } from '../entry/ttl.ts'
import { integer, keyOf, missing, pairsOf, policyOf, prefixOf } from '../entry/validate.ts'
import { type Loads, loadsOf } from '../single-flight/loads.ts'
import * as atomic from '../verbs/atomic.ts'
import { type CacheCore, coreOf, isValue, MISSING, type PreparedKey, UNKNOWN } from '../verbs/cache-core.ts'
import { answerVerb, callStore } from '../verbs/call-store.ts'
import * as reading from '../verbs/get.ts'
import { getOrSet, type Loader } from '../verbs/get-or-set.ts'
import * as listing from '../verbs/keys.ts'
import { lock, withLock } from '../verbs/locks.ts'
import * as many from '../verbs/many.ts'
import * as writing from '../verbs/set.ts'
import { capabilitiesOf } from './capabilities.ts'

/** Where a wrapper's options have the adapter within: what they leave open is as it is there. */
export const INNER = Symbol.for('polycache.within')

interface Within {
  readonly [INNER]?: CacheAdapter<Mode> | undefined
}

const nothing = () => undefined
const no = () => false

/**
 * A cache over a store: its author writes `mode` and the four verbs `read`, `write`, `drop`, `close` (see `Store`, also for
 * the optional ones), and users get every verb of `Cache`, in the colour of the mode.
 */
export abstract class CacheAdapter<M extends Mode = Mode> implements Cache<M> {
  abstract readonly mode: M
  readonly prefix: string
  protected readonly events: Events
  protected readonly onBackendError: contract.BackendErrorPolicy
  protected readonly movedClock: boolean
  protected readonly now: () => number
  /** How long entries live that are stored without a timeout, in ms; `undefined` for as long as the process's setting says. */
  protected readonly defaultTtl: number | null | undefined
  #loads: Loads | undefined
  #capabilities: Capabilities | undefined
  readonly #since = systemNow()

  constructor(options: contract.AdapterOptions & Within = {}) {
    const inner = options[INNER]
    const prefix = prefixOf(options.prefix ?? this.defaultPrefix)
    this.events = inner === undefined ? new Events(this.name) : new LayeredEvents(this.name, prefix, inner.events)
    this.prefix = inner === undefined ? prefix : inner.prefix + prefix
    this.onBackendError = policyOf(options.onBackendError ?? inner?.onBackendError)
    this.movedClock = inner?.movedClock ?? options.clock !== undefined
    this.now = inner?.now ?? nowOf(options.clock)
    this.defaultTtl = options.timeout === undefined ? inner?.defaultTtl : durationOf(options.timeout)
    makeInspectable(this, () => [this.name, this.facts])
  }

  protected abstract read(key: string): Out<M, Entry | undefined>
  protected abstract write(key: string, entry: Entry): Out<M, void>
  protected abstract drop(keys: readonly string[]): Out<M, number>
  abstract close(): Out<M, void>

  /** What the store has under a key, in the form in which it keeps it. */
  protected readStored(key: string): Out<M, unknown> {
    return this.read(key)
  }

  /** The entry in what `fetch` gave. */
  protected decodeStored(_key: string, kept: unknown): Entry | undefined {
    return kept as Entry | undefined
  }

  /** The name of the class, for messages and events. */
  get name(): string {
    return this.constructor.name
  }

  /** The facts that `console.log` shows of this cache: only those that it has without asking the store. */
  protected get facts(): object {
    return { prefix: this.prefix || undefined, hitRate: Math.round(hitRateOf(this.events.counts) * 100) / 100 }
  }

  /** What the backend can do: unless overridden, what follows from the verbs that it has. */
  get capabilities(): Capabilities {
    this.#capabilities ??= capabilitiesOf(coreOf(this))
    return this.#capabilities
  }

  /** What stands in front of the keys unless an option says otherwise. */
  protected get defaultPrefix(): string {
    return setting('prefix') ?? 'cache:'
  }

  /** What stands for the store: caches over the same one share what is being made. An object, or text that names it for the process. */
  protected get storeIdentity(): object | string {
    return this
  }

  protected get loads(): Loads {
    this.#loads ??= loadsOf(this.storeIdentity)
    return this.#loads
  }

  /** Text of a user's key; a `TypeError` for anything else. A cache that takes more kinds of keys overrides it. */
  protected keyOf(key: Key): string {
    return keyOf(key)
  }

  readonly #textOf = (key: Key): string => this.keyOf(key)

  get<T = unknown>(key: Key): Out<M, T | undefined>
  get<T = unknown>(key: Key, fallback: unknown, options: { fail: true }): Out<M, T>
  get<T = unknown, D = T>(key: Key, fallback: D, options?: { fail?: false | undefined }): Out<M, T | D>
  get<T, D>(key: Key, fallback?: D, options?: { fail?: boolean | undefined }): Out<M, T | D | undefined> {
    const value = this.tryGet(key)
    if (isValue(value)) return this.#out(value as T)
    if (value === MISSING && !options?.fail) {
      this.events.miss(key as string)
      return this.#out(fallback)
    }
    if (options?.fail) return this.getOrFail<T>(key)
    return this.#verb(
      (core) => reading.get<T, D | undefined>(core, this.keyOf(key), fallback),
      () => fallback,
    )
  }

  getOrFail<T = unknown>(key: Key): Out<M, T> {
    return this.#verb(
      (core) => reading.getOrFail<T>(core, this.keyOf(key)),
      () => missing(this.keyOf(key)),
    )
  }

  has(key: Key): Out<M, boolean> {
    return this.#verb((core) => reading.has(core, this.keyOf(key)), no)
  }

  ttl(key: Key): Out<M, number | null | undefined> {
    return this.#verb((core) => reading.ttl(core, this.keyOf(key)), nothing)
  }

  set(key: Key, value: unknown, timeout?: Timeout | SetOptions): Out<M, void> {
    const isHere = typeof key === 'string' && !isPromise(value) && this.trySet?.(key, value, this.#lifeOf(timeout))
    if (isHere) return asOut<M, void>(undefined)
    return this.#verb((core) => writing.set(core, this.keyOf(key), value, this.#lifeOf(timeout)), nothing)
  }

  remove(...keys: Key[]): Out<M, boolean> {
    return this.#verb(
      (core) => run(writing.remove(core, keys.map(this.#textOf))),
      () => keys.length === 0,
    )
  }

  add(key: Key, value: unknown, timeout?: Timeout | SetOptions): Out<M, boolean> {
    return this.#verb((core) => run(atomic.add(core, this.keyOf(key), value, this.#lifeOf(timeout))), no)
  }

  pull<T = unknown>(key: Key): Out<M, T | undefined> {
    return this.#verb((core) => run(atomic.pull<T>(core, this.keyOf(key))), nothing)
  }

  updateTimeout<T = unknown>(key: Key, timeout?: Timeout): Out<M, T> {
    return this.#verb(
      (core) => run(atomic.updateTimeout<T>(core, this.keyOf(key), this.#lifeOf(timeout).ttlMs)),
      () => missing(this.keyOf(key)),
    )
  }

  increment(key: Key, by = 1, timeout?: Timeout): Out<M, number> {
    return this.#verb(
      (core) => run(atomic.increment(core, this.keyOf(key), integer(by), this.#lifeOf(timeout))),
      () => by,
    )
  }

  decrement(key: Key, by = 1, timeout?: Timeout): Out<M, number> {
    return this.#verb(
      (core) => run(atomic.increment(core, this.keyOf(key), -integer(by), this.#lifeOf(timeout))),
      () => -by,
    )
  }

  getOrSet<T>(key: Key, make: (key: string) => Promise<T>, timeout?: Timeout | SetOptions): contract.OutMade<M, T>
  getOrSet<T>(key: Key, value: Promise<T>, timeout?: Timeout | SetOptions): contract.OutMade<M, T>
  getOrSet<T>(key: Key, value: T | ((key: string) => T), timeout?: Timeout | SetOptions): Out<M, T>
  getOrSet<T>(key: Key, value: Answer<T> | Loader<T>, timeout?: Timeout | SetOptions): Out<M, T> {
    const found = this.tryGet(key)
    if (isValue(found) && !isPromise(value)) return this.#out(found as T)
    return this.#verb((core) => getOrSet<T>(core, this.keyOf(key), value, this.#lifeOf(timeout)))
  }

  async getOrSetAsync<T>(key: Key, value: Answer<T> | Loader<T>, timeout?: Timeout | SetOptions): Promise<T> {
    return (await this.getOrSet<T>(key, value as T, timeout)) as T
  }

  getMany<T = unknown>(keys: Iterable<Key>): Out<M, (T | undefined)[]> {
    const asked = Array.from(keys)
    return this.#verb(
      (core) => run(many.getMany<T>(core, asked.map(this.#textOf))),
      () => asked.map(() => undefined),
    )
  }

  setMany(entries: contract.Entries, timeout?: Timeout | SetOptions): Out<M, void> {
    return this.#verb((core) => run(many.setMany(core, pairsOf(entries, this.#textOf), this.#lifeOf(timeout))), nothing)
  }

  getOrSetMany<T>(
    keys: Iterable<Key>,
    load: (missing: string[]) => Promise<contract.Loaded<T>>,
    timeout?: Timeout | SetOptions,
  ): contract.OutMade<M, T[]>
  getOrSetMany<T>(
    keys: Iterable<Key>,
    load: (missing: string[]) => contract.Loaded<T>,
    timeout?: Timeout | SetOptions,
  ): Out<M, T[]>
  getOrSetMany<T>(keys: Iterable<Key>, load: many.BulkLoader<T>, timeout?: Timeout | SetOptions): Out<M, T[]> {
    return this.#verb((core) =>
      run(many.getOrSetMany(core, Array.from(keys, this.#textOf), load, this.#lifeOf(timeout))),
    )
  }

  keys(prefix = ''): contract.Keys<M> {
    return listing.keys(coreOf(this), prefix) as contract.Keys<M>
  }

  clear(prefix = '', options: contract.ClearOptions = {}): Out<M, void> {
    return this.#verb((core) => run(listing.clear(core, prefix, options)), nothing)
  }

  lock(name: string, options?: contract.LockOptions): Out<M, contract.Lock<M>> {
    return this.#verb((core) => run(lock(core as CacheCore<M>, name, options)))
  }

  withLock<T>(name: string, fn: (lock: contract.Lock<M>) => Promise<T>): Promise<T>
  withLock<T>(name: string, options: contract.LockOptions, fn: (lock: contract.Lock<M>) => Promise<T>): Promise<T>
  withLock<T>(name: string, fn: (lock: contract.Lock<M>) => T): Out<M, T>
  withLock<T>(name: string, options: contract.LockOptions, fn: (lock: contract.Lock<M>) => T): Out<M, T>
  withLock<T>(name: string, ...rest: readonly unknown[]): Out<M, T> {
    const fn = rest.at(-1) as (lock: contract.Lock) => Answer<T>
    const options = rest.length > 1 ? (rest[0] as contract.LockOptions) : {}
    return this.#verb((core) => run(withLock(core, name, options, fn)))
  }

  stats(): Stats {
    return this.events.stats()
  }

  on<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this {
    this.events.on(event, listener)
    return this
  }

  off<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this {
    this.events.off(event, listener)
    return this
  }

  connect(): Out<M, void> {
    return this.#verb((core) => callStore(core, 'connect', undefined, () => this.open()))
  }

  status(): contract.CacheStatus {
    return { state: 'up', since: this.#since, breaker: 'closed' }
  }

  ping(): Out<M, number> {
    const start = performance.now()
    const probed = (core: CacheCore) => callStore(core, 'ping', undefined, () => this.probe())
    return this.#verb((core) => andThen(probed(core), () => performance.now() - start))
  }

  protected open(): Out<M, void> {
    return asOut<M, void>(undefined)
  }

  protected probe(): Out<M, unknown> {
    return this.read(`${this.prefix}ping`)
  }

  /** Fast path of reads: see `CacheCore`. */
  protected tryGet(_key: Key): unknown {
    return UNKNOWN
  }

  protected prepareKey(key: string): PreparedKey {
    return { key }
  }

  protected tryGetPrepared({ key }: PreparedKey): unknown {
    return this.tryGet(key)
  }

  protected trySet?(key: string, value: unknown, ttl: ResolvedTtl): boolean

  #out<T>(value: T): Out<M, T> {
    return asOut<M, T>(this.mode === 'sync' ? value : Promise.resolve(value))
  }

  /** Answers a verb in the colour of this cache. */
  #verb<T>(work: (core: CacheCore) => Answer<T>, missed?: () => T): Out<M, T> {
    return asOut<M, T>(answerVerb(coreOf(this), work, missed))
  }

  #lifeOf(given: Timeout | SetOptions | undefined): ResolvedTtl {
    return resolveTtl(given, this.defaultTtl)
  }
}
