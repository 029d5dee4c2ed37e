import { CacheAdapter, INNER } from '../../adapter/cache-adapter.ts'
import { Unsupported } from '../../core/errors.ts'
import { type Answer, all, andThen, asOut, run } from '../../core/flow.ts'
import type { LayeredEvents } from '../../core/layered-events.ts'
import type {
  BackendErrorPolicy,
  Cache,
  Capabilities,
  Entry,
  Key,
  Keys,
  Mode,
  Out,
  Timeout,
  VersionedEntry,
} from '../../core/types.ts'
import type { ResolvedTtl } from '../../entry/ttl.ts'
import type { Loads } from '../../single-flight/loads.ts'
import { type CacheCore, coreOf, isValue, UNKNOWN } from '../../verbs/cache-core.ts'
import { answerVerb } from '../../verbs/call-store.ts'
import { dropListed } from '../../verbs/keys.ts'
import { writeMany } from '../../verbs/store-verbs.ts'

/** The options that every wrapper takes. */
export interface WrapperOptions {
  /** How long entries live that are stored without a timeout. @default that of the adapter within */
  timeout?: Timeout | undefined
  /** What happens when the backend fails: see `AdapterOptions`. @default that of the adapter within */
  onBackendError?: BackendErrorPolicy | undefined
}

/** What a wrapper adds to the keys. Everything else it has of the adapter within. */
export interface WrappedOptions extends WrapperOptions {
  /** Stands in front of this wrapper's keys, behind the prefix of the adapter within. @default '' */
  prefix?: string | undefined
}

/** What of the adapter within is there for its own class and its wrappers only, or only in some adapters. */
interface Backstage<M extends Mode> {
  open(): Out<M, void>
  probe(): Out<M, unknown>
  backendStats?(): Out<M, Record<string, unknown>>
}

/**
 * An adapter over an adapter: it has the colour, the clock, the prefix, the default timeout and the abilities of the one
 * within, and hands on every verb of the store. Its author overrides the verbs that are to do something else. Those that
 * were built from `read`, `write` and `drop` follow when these are overridden: none goes past them.
 *
 * The keys of the store verbs are whole: they are those of the adapter within, its prefix included.
 *
 * @example
 * class SlowCache<M extends Mode> extends WrappedCache<M> {
 *   override read(key: string) { spin(5); return super.read(key) }
 * }
 */
export abstract class WrappedCache<M extends Mode = Mode> extends CacheAdapter<M> {
  readonly inner: CacheAdapter<M>
  readonly mode: M
  readonly #ownPrefix: string
  /** Whether the verbs are those of this class, so that others need not be built from them. */
  readonly #reads: boolean
  readonly #writes: boolean
  readonly #drops: boolean

  /** Throws a `TypeError` for what is no adapter: `cached`, say, which stands for one after the other. */
  constructor(inner: Cache<M>, { prefix = '', ...options }: WrappedOptions = {}) {
    const within = adapterIn(inner, new.target.name)
    super({ ...options, prefix, [INNER]: within })
    this.inner = within
    this.mode = within.mode
    this.#ownPrefix = prefix
    this.#reads = this.read === WrappedCache.prototype.read
    this.#writes = this.write === WrappedCache.prototype.write
    this.#drops = this.drop === WrappedCache.prototype.drop
  }

  override get capabilities(): Capabilities {
    const { capabilities } = this.inner
    return this.#reads && this.#writes && this.#drops ? capabilities : { ...capabilities, atomic: false }
  }

  protected override get loads(): Loads {
    return this.store.loads
  }

  protected read(key: string): Out<M, Entry | undefined> {
    return this.store.read(key)
  }

  protected write(key: string, entry: Entry): Out<M, void> {
    return this.store.write(key, entry)
  }

  protected drop(keys: readonly string[]): Out<M, number> {
    return this.store.drop(keys)
  }

  close(): Out<M, void> {
    return this.inner.close()
  }

  protected override readStored(key: string): Out<M, unknown> {
    return this.#reads ? this.store.readStored(key) : this.read(key)
  }

  protected override decodeStored(key: string, kept: unknown): Entry | undefined {
    return this.#reads ? this.store.decodeStored(key, kept) : (kept as Entry | undefined)
  }

  // What the adapter within lacks of the optional verbs is done by the others: `undefined` tells the flows to.

  protected readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    return (this.#reads ? this.store.readMany?.(keys) : undefined) as Out<M, (Entry | undefined)[]>
  }

  protected writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    const written = this.#writes
      ? writeMany(this.store as CacheCore, entries)
      : all(entries.map(([key, entry]) => this.write(key, entry)))
    return asOut(andThen(written as Answer<unknown>, () => undefined))
  }

  protected readVersioned(key: string): Out<M, VersionedEntry> {
    return (this.#reads ? this.store.readVersioned?.(key) : undefined) as Out<M, VersionedEntry>
  }

  protected compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    const passes = this.#reads && this.#writes && this.#drops
    return (passes ? this.store.compareAndSet?.(key, version, entry) : undefined) as Out<M, boolean>
  }

  protected list(prefix: string): Keys<M> {
    if (this.store.list === undefined) throw new Unsupported('keys', this.inner.name)
    return this.store.list(prefix)
  }

  protected wipe(prefix: string): Out<M, void> {
    if (this.store.wipe !== undefined) return this.store.wipe(prefix)
    return asOut<M, void>(run(dropListed(coreOf(this), prefix)))
  }

  protected override tryGet(key: Key): unknown {
    if (!this.#reads || typeof key !== 'string') return UNKNOWN
    const value = this.store.tryGet(this.#ownPrefix === '' ? key : this.#ownPrefix + key)
    if (isValue(value)) this.layered.hitBelow(key)
    return value
  }

  protected override trySet(key: string, value: unknown, ttl: ResolvedTtl): boolean {
    if (!this.#writes || !this.#drops) return false
    const isPut = this.store.trySet?.(this.#ownPrefix === '' ? key : this.#ownPrefix + key, value, ttl) ?? false
    if (isPut) this.layered.setBelow(key)
    return isPut
  }

  /** What the backend says about itself: memory, clients, uptime... Throws `Unsupported` where it says nothing. */
  backendStats(): Out<M, Record<string, unknown>> {
    return asOut(
      answerVerb(coreOf(this), () => {
        if (this.#within.backendStats === undefined) throw new Unsupported('backendStats', this.inner.name)
        return this.#within.backendStats()
      }),
    )
  }

  /** Told how long a maker took, which concerns the adapter within, if any. */
  protected loaded(ms: number): void {
    this.store.loaded?.(ms)
  }

  /** The adapter within as the flows see it. */
  protected get store(): CacheCore<M> {
    return coreOf(this.inner)
  }

  /** The events of this layer, which are told to those below, too. */
  protected get layered(): LayeredEvents {
    return this.events as LayeredEvents
  }

  protected override get defaultPrefix(): string {
    return ''
  }

  // Not its `connect` and `ping`, which would count a failure that is counted here.

  protected override open(): Out<M, void> {
    return this.#within.open()
  }

  protected override probe(): Out<M, unknown> {
    return this.#within.probe()
  }

  get #within(): Backstage<M> {
    return this.inner as unknown as Backstage<M>
  }
}

/** The adapter under all the wrappers of a cache. */
export function bottomOf(cache: CacheAdapter): CacheAdapter {
  let bottom = cache
  while (bottom instanceof WrappedCache) bottom = bottom.inner
  return bottom
}

/** What is to be wrapped, if it can be: throws a `TypeError` for what is no adapter. */
export function adapterIn<M extends Mode>(inner: Cache<M>, wrapper: string): CacheAdapter<M> {
  const { read, drop, events } = (inner == null ? {} : coreOf(inner)) as Partial<CacheCore<M>>
  if (typeof read === 'function' && typeof drop === 'function' && events !== undefined) return inner as CacheAdapter<M>
  throw new TypeError(`${wrapper} wraps an adapter, such as new MemoryCache() or what adapterGet() gives.`)
}
