import type { EventMap, EventName } from '../core/events.ts'
import type { CacheStatus, Capabilities, Keys, Mode, Out, Wire } from '../core/types.ts'

/** The stored form under a key, and the version by which `compareAndSave` detects changes. */
export interface VersionedWire {
  readonly wire: Wire | undefined
  /** `undefined` if the key has nothing. It crosses threads: text, bytes or a number. */
  readonly version: unknown
}

/** A key, the form to store under it, and its TTL in ms; `null` for no limit. */
export type Saving = readonly [key: string, wire: Wire, ttlMs: number | null]

/**
 * A backend that stores text or bytes under text keys: `load`, `save`, `drop`, `close`, and optional verbs where it does
 * better than the defaults built from these four. The guarantees of `Store` hold here too: a failure throws an
 * `AdapterError` and is never a miss, every call ends within the operation timeout, and verbs on one key take effect in the
 * order of the calls.
 */
export interface ByteStore<M extends Mode = Mode> {
  /** Returns what was saved under a key (text may come back as its UTF-8 bytes), or `undefined`. */
  load(key: string): Out<M, Wire | undefined>
  /** Stores a wire form under a key for `ttlMs`, or a little longer; `null` for no limit. */
  save(key: string, wire: Wire, ttlMs: number | null): Out<M, void>
  /** Removes keys, and returns the number of keys removed. */
  drop(keys: readonly string[]): Out<M, number>
  /** Releases sockets, files and timers. A later call opens them again. Closing twice is harmless. */
  close(): Out<M, void>
  /** Opens connections or files now instead of on first use. */
  connect?(): Out<M, void>
  /** Checks that the backend responds; throws if it does not. */
  ping?(): Out<M, void>
  /** Returns the stored forms under many keys, in their order. */
  loadMany?(keys: readonly string[]): Out<M, (Wire | undefined)[]>
  /** Saves many, in as few round trips as the backend allows. */
  saveMany?(savings: readonly Saving[]): Out<M, void>
  /** Returns the stored form with its version. */
  loadVersioned?(key: string): Out<M, VersionedWire>
  /** Atomically replaces the state that `version` identifies by a wire form, or removes it for `undefined`. Returns `false` if the state has changed. */
  compareAndSave?(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Out<M, boolean>
  /** Saves each form whose key has nothing, and returns which were saved. @default `compareAndSave` for each */
  saveNew?(savings: readonly Saving[]): Out<M, boolean[]>
  /** Lists the keys that begin with `prefix`. */
  list?(prefix: string): Keys<M>
  /** Removes every key that begins with `prefix`. */
  wipe?(prefix: string): Out<M, void>
  /** Returns the backend's own statistics: plain data. */
  backendStats?(): Out<M, Record<string, unknown>>
}

/** The context that a byte store receives besides its own options. */
export interface StoreContext {
  /** The class of the adapter that owns the store, for errors and events. */
  readonly adapter: string
  /** Counts and emits an event: `connect`, `disconnect`, `recover`, `corruptFile`, `error`... */
  emit<E extends EventName>(event: E, key?: string, facts?: Omit<EventMap[E], 'adapter' | 'key'>): void
}

/** A byte store that also describes itself. */
export interface DescribedStore<M extends Mode = Mode> extends ByteStore<M> {
  readonly capabilities: Capabilities
  /** Returns the state of the backend according to the last results. */
  status?(): CacheStatus
}
