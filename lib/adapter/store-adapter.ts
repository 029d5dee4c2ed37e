import { Events, hitRateOf } from '../core/events.ts'
import { asOut } from '../core/flow.ts'
import { makeInspectable } from '../core/inspect.ts'
import { LayeredEvents } from '../core/layered-events.ts'
import type { AdapterOptions, BackendErrorPolicy, Capabilities, Entry, Key, Mode, Out } from '../core/types.ts'
import { nowOf, systemNow } from '../entry/clock.ts'
import { concernsHits, type Defaults, defaultsOf } from '../entry/load-options.ts'
import { setting } from '../entry/settings.ts'
import { durationOf } from '../entry/timeout.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import { keyOf, policyOf, prefixOf, versionOf } from '../entry/validate.ts'
import { type Loads, loadsOf } from '../single-flight/loads.ts'
import { Background } from '../verbs/background.ts'
import { capabilitiesOf, coreOf, type PreparedKey, UNKNOWN } from '../verbs/cache-core.ts'

/** The option that holds the wrapped adapter of a wrapper. Options that are not given are taken from it. */
export const INNER = Symbol.for('polycache.within')

/** The options of an adapter, or of a wrapper. */
export interface StoreAdapterOptions extends AdapterOptions {
  readonly [INNER]?: StoreAdapter<Mode> | undefined
}

/**
 * The part of an adapter for its subclasses and wrappers: options, the store verbs with their defaults, and the fast path
 * (see `CacheCore` for members without a description). `CacheAdapter` adds the verbs for users.
 */
export abstract class StoreAdapter<M extends Mode = Mode> {
  abstract readonly mode: M
  readonly prefix: string
  protected readonly events: Events
  protected readonly onBackendError: BackendErrorPolicy
  protected readonly movedClock: boolean
  protected readonly now: () => number
  protected readonly tagTtlMs: number
  protected readonly slides: boolean
  protected readonly defaultTtl: number | null | undefined
  protected readonly defaults: Defaults | undefined
  protected readonly background: Background
  protected readonly fenceMs: number | null
  /** An option of the cache needs the entry on every hit, so the fast path is off. */
  protected readonly looksAtHits: boolean
  /** The creation time, for `status()`. */
  protected readonly since = systemNow()
  #loads: Loads | undefined
  #capabilities: Capabilities | undefined

  constructor(options: StoreAdapterOptions = {}) {
    const inner = options[INNER]
    const version = versionOf(options.version ?? (inner === undefined ? setting('version') : undefined))
    const prefix = prefixOf(options.prefix ?? this.defaultPrefix) + version
    this.events = inner === undefined ? new Events(this.name) : new LayeredEvents(this.name, prefix, inner.events)
    this.prefix = inner === undefined ? prefix : inner.prefix + prefix
    this.onBackendError = policyOf(options.onBackendError ?? inner?.onBackendError)
    this.movedClock = inner?.movedClock ?? options.clock !== undefined
    this.now = inner?.now ?? nowOf(options.clock)
    this.defaultTtl = options.timeout === undefined ? inner?.defaultTtl : durationOf(options.timeout)
    this.tagTtlMs =
      options.tagTtl === undefined ? (inner?.tagTtlMs ?? 150) : (durationOf(options.tagTtl, 'tagTtl') ?? Infinity)
    this.slides = options.touchOnGet ?? inner?.slides ?? false
    this.defaults = defaultsOf(options, inner?.defaults)
    this.fenceMs =
      options.fence === undefined
        ? (inner?.fenceMs ?? 0)
        : options.fence === null
          ? 0
          : durationOf(options.fence, 'fence')
    this.background = new Background(options.waitUntil)
    this.looksAtHits = this.defaults !== undefined && concernsHits(this.defaults)
    makeInspectable(this, () => [this.name, this.facts])
  }

  protected abstract read(key: string): Out<M, Entry | undefined>
  protected abstract write(key: string, entry: Entry): Out<M, void>
  protected abstract drop(keys: readonly string[]): Out<M, number>
  abstract close(): Out<M, void>

  protected readStored(key: string): Out<M, unknown> {
    return this.read(key)
  }

  protected decodeStored(_key: string, stored: unknown): Entry | undefined {
    return stored as Entry | undefined
  }

  /** The name of the class, for messages and events. */
  get name(): string {
    return this.constructor.name
  }

  /** The facts that `console.log` shows of this cache. They are available without a call to the store. */
  protected get facts(): object {
    return { prefix: this.prefix || undefined, hitRate: Math.round(hitRateOf(this.events.counts) * 100) / 100 }
  }

  /** The capabilities of the backend. By default, they follow from the store verbs that the class implements. */
  get capabilities(): Capabilities {
    this.#capabilities ??= capabilitiesOf(coreOf(this))
    return this.#capabilities
  }

  /** The default of the option `prefix`. */
  protected get defaultPrefix(): string {
    return setting('prefix') ?? 'cache:'
  }

  /** Identifies the store by an object, or by text that is unique in the process. Caches over the same store share loads. */
  protected get storeIdentity(): object | string {
    return this
  }

  protected get loads(): Loads {
    this.#loads ??= loadsOf(this.storeIdentity)
    return this.#loads
  }

  /** Converts a user's key to text. Throws a `TypeError` for anything else. Overridden by caches that take other kinds of keys. */
  protected keyOf(key: Key): string {
    return keyOf(key)
  }

  protected get isolates(): boolean {
    return false
  }

  protected open(): Out<M, void> {
    return asOut<M, void>(undefined)
  }

  protected probe(): Out<M, unknown> {
    return this.read(`${this.prefix}ping`)
  }

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
}
