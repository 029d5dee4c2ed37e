import { CacheAdapter, INNER } from '../../adapter/cache-adapter.ts'
import { Unsupported } from '../../core/errors.ts'
import { asOut } from '../../core/flow.ts'
import type { LayeredEvents } from '../../core/layered-events.ts'
import type {
  AdapterOptions,
  BackendErrorPolicy,
  Cache,
  CacheStatus,
  Capabilities,
  Entry,
  Keys,
  LoadOptions,
  Mode,
  Out,
  Timeout,
} from '../../core/types.ts'
import { refuseUnknownOptions, WRAPPER_OPTIONS } from '../../entry/validate.ts'
import type { Loads } from '../../single-flight/loads.ts'
import { type CacheCore, coreOf } from '../../verbs/cache-core.ts'
import { answerVerb } from '../../verbs/call-store.ts'
import { wipe } from '../../verbs/keys.ts'

/** Options of every wrapper. */
export interface WrapperOptions
  extends LoadOptions,
    Pick<AdapterOptions, 'staleFor' | 'jitter' | 'version' | 'fence' | 'waitUntil' | 'tagTtl'> {
  /** TTL of entries that are stored without a timeout. @default that of the wrapped adapter */
  timeout?: Timeout | undefined
  /** Policy for failures of the backend: see `AdapterOptions`. @default that of the wrapped adapter */
  onBackendError?: BackendErrorPolicy | undefined
}

/** Options of the base classes. */
export interface WrappedOptions extends WrapperOptions {
  /** Stands in front of this wrapper's keys, after the prefix of the wrapped adapter. @default '' */
  prefix?: string | undefined
}

const COMMON = WRAPPER_OPTIONS.filter((name) => name !== 'prefix')

/** Refuses options that neither this wrapper nor every wrapper has, with the nearest one that exists. */
export function checkOptions(options: object, own: readonly string[], wrapper: string): void {
  refuseUnknownOptions(options, [...own, ...COMMON], wrapper)
}

/**
 * A wrapper: an adapter over an adapter, with the mode, the clock, the prefix and the default timeout of the wrapped one.
 * Its author overrides `read`, `write` or `drop`. Every verb goes through these three, also those for many keys and the
 * atomic ones, which are therefore atomic in this process only. `list` and `wipe` go straight to the wrapped adapter.
 *
 * A wrapper that leaves the store verbs alone extends `ForwardingCache` instead, and one that stores another form of
 * entries or keys extends `TransformedCache`.
 *
 * Keys of store verbs are whole: they include the prefixes of all layers.
 *
 * @example
 * class SlowCache<M extends Mode> extends WrappedCache<M> {
 *   protected override read(key: string) { spin(5); return super.read(key) }
 * }
 */
export abstract class WrappedCache<M extends Mode = Mode> extends CacheAdapter<M> {
  readonly inner: CacheAdapter<M>
  readonly mode: M
  /** The part of the prefix that this wrapper adds. */
  protected readonly ownPrefix: string

  /** Throws a `TypeError` if `inner` is not an adapter: `cached`, say, which points to one adapter after the other. */
  constructor(inner: Cache<M>, { prefix = '', ...options }: WrappedOptions = {}) {
    const adapter = adapterIn(inner, new.target.name)
    super({ ...options, prefix, [INNER]: adapter })
    this.inner = adapter
    this.mode = adapter.mode
    this.ownPrefix = this.prefix.slice(adapter.prefix.length)
  }

  protected override get facts(): object {
    return { ...super.facts, inner: this.inner }
  }

  override get capabilities(): Capabilities {
    return { ...this.inner.capabilities, atomic: false }
  }

  protected override get loads(): Loads {
    return this.store.loads
  }

  protected override get isolates(): boolean {
    return this.store.isolates
  }

  override async idle(): Promise<void> {
    await Promise.all([super.idle(), this.inner.idle()])
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

  protected list(prefix: string): Keys<M> {
    if (this.store.list === undefined) throw new Unsupported('keys', this.inner.name)
    return this.store.list(prefix)
  }

  protected wipe(prefix: string): Out<M, void> {
    return asOut(wipe(this.store as CacheCore, prefix))
  }

  close(): Out<M, void> {
    return this.inner.close()
  }

  override status(): CacheStatus {
    return this.inner.status()
  }

  /** Facts of the backend about itself: memory, clients, uptime... Throws `Unsupported` where there are none. */
  backendStats(): Out<M, Record<string, unknown>> {
    return asOut(
      answerVerb(coreOf(this), () => {
        if (this.store.backendStats === undefined) throw new Unsupported('backendStats', this.inner.name)
        return this.store.backendStats()
      }),
    )
  }

  protected loaded(ms: number): void {
    this.store.loaded?.(ms)
  }

  /** The wrapped adapter with its protected members. */
  protected get store(): CacheCore<M> {
    return coreOf(this.inner)
  }

  /** Events of this layer, which reach those below, too. */
  protected get layered(): LayeredEvents {
    return this.events as LayeredEvents
  }

  protected override get defaultPrefix(): string {
    return ''
  }

  // `open` and `probe`, not `connect` and `ping`, which would count a failure a second time.

  protected override open(): Out<M, void> {
    return this.store.open()
  }

  protected override probe(): Out<M, unknown> {
    return this.store.probe()
  }
}

/** The adapter under all wrappers of a cache. */
export function bottomOf(cache: CacheAdapter): CacheAdapter {
  let bottom = cache
  while (bottom instanceof WrappedCache) bottom = bottom.inner
  return bottom
}

/** The adapter to wrap. Throws a `TypeError` for anything else. */
export function adapterIn<M extends Mode>(inner: Cache<M>, wrapper: string): CacheAdapter<M> {
  const { read, drop, events } = (inner ?? {}) as Partial<CacheCore<M>>
  if (typeof read === 'function' && typeof drop === 'function' && events !== undefined) return inner as CacheAdapter<M>
  throw new TypeError(`${wrapper} wraps an adapter, such as new MemoryCache() or the result of adapterGet().`)
}
