import type { EventMap, EventName } from '../core/events.ts'
import type { CacheStatus, Capabilities, Keys, Mode, Out, Wire } from '../core/types.ts'

/** The stored form under a key, and the mark by which `exchange` knows that it has not changed. */
export interface VersionedWire {
  readonly wire: Wire | undefined
  /** `undefined` when nothing is there. It crosses threads: text, bytes or a number. */
  readonly version: unknown
}

/** A key with the stored form to put there and how long to keep it, in ms; `null` for ever. */
export type Saving = readonly [key: string, wire: Wire, ttlMs: number | null]

/**
 * A backend that keeps text or bytes under text keys: `load`, `save`, `drop`, `close`, and what it does better than the
 * defaults made of these four. The promises of `Store` hold here too: a failure throws an `AdapterError` and is never a miss,
 * every answer comes within the operation timeout, and verbs on one key take effect in the order of the calls.
 */
export interface ByteStore<M extends Mode = Mode> {
  /** What `save` was given for a key (text may come back as its UTF-8 bytes), or `undefined`. */
  load(key: string): Out<M, Wire | undefined>
  /** Keeps a stored form under a key for `keepFor` ms, or a little longer; `null` for ever. */
  save(key: string, wire: Wire, ttlMs: number | null): Out<M, void>
  /** Removes keys, and answers how many there were. */
  drop(keys: readonly string[]): Out<M, number>
  /** Lets go of sockets, files and timers. A later verb opens them again. Closing twice is once. */
  close(): Out<M, void>
  /** Opens what is needed, before the first verb does. */
  connect?(): Out<M, void>
  /** Asks the backend for a sign of life; throws when there is none. */
  ping?(): Out<M, void>
  /** The stored forms under many keys, in their order. */
  loadMany?(keys: readonly string[]): Out<M, (Wire | undefined)[]>
  /** Saves many, as nearly at once as the backend can. */
  saveMany?(savings: readonly Saving[]): Out<M, void>
  /** The stored form with a mark of this very state. */
  loadVersioned?(key: string): Out<M, VersionedWire>
  /** Puts a stored form (or, for `undefined`, nothing) in place of the state that `mark` names, atomically; `false` when it is another by now. */
  compareAndSave?(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Out<M, boolean>
  /** Saves each of many whose key has nothing, and tells which. @default `compareAndSave` for each */
  saveNew?(savings: readonly Saving[]): Out<M, boolean[]>
  /** The keys that begin with `prefix`. */
  list?(prefix: string): Keys<M>
  /** Removes every key that begins with `prefix`. */
  wipe?(prefix: string): Out<M, void>
  /** What the backend says about itself: plain data. */
  backendStats?(): Out<M, Record<string, unknown>>
}

/** What a byte store is made with, beside its own options. */
export interface StoreContext {
  /** The class of the adapter that uses it, for errors and events. */
  readonly adapter: string
  /** Counts and tells an event: `connect`, `disconnect`, `recover`, `corruptFile`, `error`... */
  emit<E extends EventName>(event: E, key?: string, facts?: Omit<EventMap[E], 'adapter' | 'key'>): void
}

/** A byte store with what it says about itself. */
export interface DescribedStore<M extends Mode = Mode> extends ByteStore<M> {
  readonly capabilities: Capabilities
  /** Whether the backend is up, as far as the last answers tell. */
  status?(): CacheStatus
}
