import type { EventMap, EventName, Stats } from './events.ts'

/** The mode of a cache: `'sync'` returns values, `'async'` returns promises. */
export type Mode = 'sync' | 'async'

/** The result of a verb in mode `M`: the value itself, or a promise for it. */
export type Out<M extends Mode, T> = M extends 'sync' ? T : Promise<T>

/**
 * The mode of `cached`. An application that uses an asynchronous adapter for `cached` declares it once:
 *
 * @example
 * declare module 'polycache' { interface Register { mode: 'async' } }
 */
// biome-ignore lint/suspicious/noEmptyInterface: the application fills it by declaration merging.
export interface Register {}

/** The mode of `cached` that the application registered. @default 'sync' */
export type RegisteredMode = Register extends { mode: infer M extends Mode } ? M : 'sync'

/** A key. Numbers, bigints and booleans are converted to text: `1` and `'1'` are the same key. */
export type Key = string | number | bigint | boolean

/** A duration as text: a number and a lower-case unit, such as `'500ms'`, `'1.5h'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/**
 * A TTL: seconds (fractions are kept to the millisecond) or text with a unit; `null`, `Infinity` or `'never'` for no limit.
 * The default is 300 s. Zero or less means that the entry has already expired.
 */
export type Timeout = number | null | 'never' | Duration

/** Options of a stored value. */
export interface SetOptions {
  /** How long the entry is fresh. @default the adapter's `timeout` */
  timeout?: Timeout | undefined
  /** The time at which the entry expires, instead of a `timeout`. */
  until?: Date | undefined
  /** Tags by which entries are removed together. They are stored with the entry. */
  tags?: readonly string[] | undefined
  /** How long after expiry `getOrSet` may serve the entry stale. The store keeps it for that long. @default 0 */
  staleFor?: Timeout | undefined
  /** Shortens the timeout by a random part of this fraction (below 1) or duration, so that entries do not expire together. @default 0 */
  jitter?: number | Timeout | undefined
}

/** Controls how `getOrSet` loads, refreshes and serves values. Each is also an option of every cache: the default for its calls. */
export interface LoadOptions {
  /** Returns a stale entry immediately while one refresh runs in the background. Needs `staleFor`. @default false */
  swr?: boolean | undefined
  /** How long a stale entry is served without calling the loader again after the loader failed. @default '10s' */
  throttle?: Timeout | undefined
  /** Returned if the loader fails and there is no stale entry. */
  failSafeDefault?: unknown
  /** Returns the stale entry, if there is one, once the load takes longer than this. The load continues and its value is stored. */
  softTimeout?: Timeout | undefined
  /** Returns the stale entry, or throws `CacheTimeout`, once the load takes longer than this. The load continues and its value is stored. */
  hardTimeout?: Timeout | undefined
  /** Lets this caller abandon the load; it throws `signal.reason`. The loader's own signal aborts when the last caller has left. */
  signal?: AbortSignal | undefined
  /** Starts a background refresh on the first hit after this fraction of the TTL, between 0 and 1. */
  refreshAhead?: number | undefined
  /** XFetch: refreshes at random before expiry, earlier if loads are slow. 1 is a good start. @default 0, which is off */
  beta?: number | undefined
  /** How long `NotFound` is remembered. @default 0: the loader is called each time */
  negativeTimeout?: Timeout | undefined
  /** Decides if a loaded value is stored. @default every value is stored */
  shouldCache?: ((value: never) => boolean | Promise<boolean>) | undefined
  /** How long an error of the loader is remembered and rethrown; `true` for the timeout of values. @default false */
  cacheErrors?: Timeout | boolean | ((error: unknown) => Timeout | boolean) | undefined
  /** The maximum age of an entry that this call accepts. */
  maxAge?: Timeout | undefined
  /** Runs the loader even if there is a fresh entry. @default false */
  forceFresh?: boolean | undefined
  /** A schema for stored and loaded values. A stored value that does not match is a miss. Returns the schema's output. */
  schema?: StandardSchema | undefined
  /** Migrates a stored value that does not match the `schema`. Its result has to match. */
  migrate?: ((value: unknown) => unknown) | undefined
}

/** The state of a backend. */
export interface CacheStatus {
  /** `'unknown'` before its first answer. */
  readonly state: 'up' | 'down' | 'unknown'
  /** The start of this state, in ms since the epoch. */
  readonly since: number
  /** The reason it is down. */
  readonly error?: Error
  /** `'open'` refuses every call; `'half-open'` waits for the result of a probe. */
  readonly breaker: 'closed' | 'open' | 'half-open'
}

/** Options of `getOrSet`: those of the value it stores and those of the load. */
export interface GetOrSetOptions extends SetOptions, LoadOptions {}

/** Options of `warm`. */
export interface WarmOptions extends GetOrSetOptions {
  /** The number of loaders that run at a time. @default 10 */
  concurrency?: number | undefined
}

/** The part of a Standard Schema (zod, valibot, arktype...) that validates. */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>
  }
}

/** The result of a validation: the output, or the issues. */
export type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** The current load, passed to the loader as its second argument. */
export interface LoadContext {
  readonly key: string
  /** Aborts when the last caller has left. */
  readonly signal: AbortSignal
  /** The expired entry, if the store still has it. */
  readonly stale: StaleEntry | undefined
  /** Sets the timeout of the value that is being loaded. */
  setTimeout(timeout: Timeout): void
  setStaleFor(staleFor: Timeout): void
  setTags(...tags: string[]): void
  /** Returns the value to the callers without storing it. */
  noStore(): void
  /** Makes the load fail. */
  fail(reason: unknown): never
  /** Stores the stale entry's value again with a new timeout. Throws if there is no stale entry. */
  notModified(): never
}

/** An entry that has expired. */
export interface StaleEntry {
  readonly value: unknown
  /** When it was stored, in ms since the epoch. */
  readonly created: number
  /** When it expired, in ms since the epoch. */
  readonly expires: number | null
}

/** Options of `get`. */
export interface GetOptions {
  fail?: false | undefined
  /** Also returns entries that have expired but are still stored. @default false */
  stale?: boolean | undefined
}

/** Options of `clear`. */
export interface ClearOptions {
  /** Empties the whole store even if this cache has no prefix in it. @default false */
  all?: boolean | undefined
}

/** A stored entry. */
export interface Entry {
  readonly value: unknown
  /** When it was stored, in ms since the epoch. */
  readonly created: number
  /** When it expires, in ms since the epoch; `null` for never. */
  readonly expires: number | null
  /** When the store may drop it: at or after `expires`, in ms since the epoch; `null` for never. */
  readonly until: number | null
  /** Tags by which it is removed together with other entries. */
  readonly tags?: readonly string[] | undefined
}

/** The start of an atomic change: the current entry, if there is one, and the store's version of that state. */
export interface VersionedEntry {
  readonly entry: Entry | undefined
  /** Any value by which `compareAndSet` notices a change; `undefined` if the key has no entry. */
  readonly version: unknown
}

/**
 * The interface that an adapter implements, in mode `M`: four required verbs, and optional ones where the backend does
 * better than the defaults built from the four.
 *
 * A store that fails throws; it never turns a failure into a miss. It may return an expired entry: freshness is judged by
 * the layer above, in one place, by one clock. Verbs on one key take effect in the order in which they were called. Keys
 * already include the cache's prefix.
 */
export interface Store<M extends Mode = Mode> {
  /** Returns the entry under a key, or `undefined`. */
  read(key: string): Out<M, Entry | undefined>
  /** Stores an entry under a key, and replaces any existing one. */
  write(key: string, entry: Entry): Out<M, void>
  /** Removes keys, and returns the number of entries removed. */
  drop(keys: readonly string[]): Out<M, number>
  /** Releases sockets, files and timers. A later call opens them again, or throws an error that explains why it cannot. */
  close(): Out<M, void>

  /** Returns the entries under many keys, in the order of the keys. */
  readMany?(keys: readonly string[]): Out<M, (Entry | undefined)[]>
  /** Writes many entries, each under its key. */
  writeMany?(entries: readonly (readonly [string, Entry])[]): Out<M, void>
  /** Writes each entry whose key has none, and returns which were written. */
  addMany?(entries: readonly (readonly [string, Entry])[]): Out<M, boolean[]>
  /** Returns the state of a key for an atomic change. Required with `compareAndSet`. */
  readVersioned?(key: string): Out<M, VersionedEntry>
  /**
   * Atomically replaces the state that `readVersioned` returned by an entry, or removes it. Returns `false`, and does
   * nothing, if the key has changed since. `add`, `increment`, `pull` and `updateTimeout` are built on it; without it they
   * are atomic within this process only.
   */
  compareAndSet?(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean>
  /** Lists the keys that begin with `prefix`, in any order. May include expired keys. */
  list?(prefix: string): M extends 'sync' ? Iterable<string> : AsyncIterable<string>
  /** Removes every key that begins with `prefix`. */
  wipe?(prefix: string): Out<M, void>
}

/** The capabilities of a backend. */
export interface Capabilities {
  /** `add`, `increment`, `pull` and `updateTimeout` are atomic across processes that share the store. */
  readonly atomic: boolean
  /** `keys()` and `clear(prefix)` work. */
  readonly listsKeys: boolean
  /** `clear()` works. */
  readonly clears: boolean
  /** Other processes see the same entries. */
  readonly shared: boolean
  /** `lock` excludes other processes. */
  readonly locks: boolean
  /** The backend itself expires entries to the millisecond, so entries that it counts as removed had not expired. */
  readonly millisecondExpiry: boolean
  /** The backend expires entries by its own clock: an entry that it returns has not expired. @default false */
  readonly ownClock?: boolean | undefined
}

/** Options of `lock`. */
export interface LockOptions {
  /** How long the lock is held if it is not renewed. Has to be finite. @default '30s' */
  ttl?: Timeout | undefined
  /** How long to wait for another owner to release the lock; `null` for no limit. @default 0 */
  wait?: Timeout | undefined
  /** Stops waiting, and throws the signal's reason. */
  signal?: AbortSignal | undefined
  /** Renews the lock automatically while the process is alive. @default true */
  renew?: boolean | undefined
}

/** An acquired lock. Dispose of it (`using`, `await using`) or call `release()` to free it. */
export interface Lock<M extends Mode = Mode> {
  readonly name: string
  /** Proves ownership; unique to this acquisition. */
  readonly token: string
  /** Increases with every acquisition of the name: a resource can refuse writes with a smaller number. */
  readonly fence: number
  /** Aborts with a `LockError` if the lock is lost: expired, or taken by another owner. `release()` does not abort it. */
  readonly signal: AbortSignal
  /** Gives the lock a new TTL from now on. Throws `LockError` if it was lost. */
  extend(ttl?: Timeout): Out<M, void>
  /** Frees the lock, and returns whether it was still held. Never frees another owner's lock. */
  release(): Out<M, boolean>
  /** Returns whether the lock is held, as far as this process knows. */
  isHeld(): boolean
  [Symbol.dispose](): void
  [Symbol.asyncDispose](): Promise<void>
}

/** The reaction to a backend failure: see `AdapterOptions.onBackendError`. */
export type BackendErrorPolicy = 'bypass' | 'miss' | 'throw'

/** A clock: a function or an object with `now()` that returns ms since the epoch, such as `Date`. */
export type Clock = (() => number) | { now(): number }

/** How a cache in memory isolates stored objects from callers: see `AdapterOptions.isolation`. */
export type Isolation = 'reference' | 'clone' | 'freeze' | 'coder'

/** The stored form of a value: text or bytes. */
export type Wire = string | Uint8Array

/** Encodes values as text or bytes, and decodes them. */
export interface Coder {
  /** The name of the coder in the header of every entry that it wrote: letters and digits. */
  readonly name: string
  /** Encodes a value. Throws `CoderError` if it could not restore the value exactly. */
  encode(value: unknown): Wire
  /** Decodes a wire form, given as text or as the same text in UTF-8. Throws `CoderError` for input that it did not write. */
  decode(wire: Wire): unknown
}

/** The options that every adapter takes. */
export interface AdapterOptions extends LoadOptions, Pick<SetOptions, 'staleFor' | 'jitter'> {
  /** The prefix of every key in the store. @default `CACHE_PREFIX`, else `'cache:'`; none for a store of this process's own */
  prefix?: string | undefined
  /** The default TTL. @default `CACHE_TIMEOUT`, else 300 seconds */
  timeout?: Timeout | undefined
  /**
   * The reaction to a backend failure, besides the event `backendError`:
   * `'bypass'`: `getOrSet` returns the loader's value, the other verbs throw;
   * `'miss'`: every verb behaves as if the cache were empty, and writes are dropped;
   * `'throw'`: every verb throws, including `getOrSet`.
   * @default 'bypass'
   */
  onBackendError?: BackendErrorPolicy | undefined
  /** The coder that encodes values: a name, or a custom coder. @default 'json' */
  coder?: 'json' | 'msgpack' | 'v8' | Coder | undefined
  /**
   * Additional coders for reading, for a migration from one coder to another. The stored data names its coder, so
   * allow only as many as you need: `'v8'` only for stores that only trusted programs write to.
   * @default only `coder` and `'json'`
   */
  coders?: readonly ('json' | 'msgpack' | 'v8' | Coder)[] | undefined
  /**
   * How a cache that keeps objects isolates them from callers. A cache that keeps bytes always returns copies.
   * `'reference'`: returns the stored object itself;
   * `'clone'`: makes a deep copy when storing, and another when reading;
   * `'freeze'`: freezes the object deeply when storing;
   * `'coder'`: encodes and decodes it, so that development fails where production would.
   * @default 'reference'
   */
  isolation?: Isolation | undefined
  /** The source of time. @default the system clock */
  clock?: Clock | undefined
  /**
   * Sliding expiry: each read of a value gives its entry the whole TTL again. Outside memory a renewal takes a read and a
   * write of the store, in the background if the cache is asynchronous, once a hundredth of the TTL is over. @default false
   */
  touchOnGet?: boolean | undefined
  /**
   * How long the version of a tag is cached for a store that processes share, and so the longest time for which an
   * invalidation by another process may go unnoticed. 0 asks the store each time.
   * @default '150ms'
   */
  tagTtl?: Timeout | undefined
  /** The version of stored data. Entries of other versions are misses, so two deployments can share a store. @default `CACHE_VERSION` */
  version?: string | number | undefined
  /**
   * How long a removal leaves a mark in the store. A load in another process that began before the removal sees the mark and
   * does not store its value. Marks are invisible to users. Needs a store with compare-and-set. @default null: no marks
   */
  fence?: Timeout | undefined
  /** Receives every promise of background work, for platforms that freeze a process once it has responded. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

/** Keys and values: pairs, a Map, or a record. */
export type Entries<T = unknown> = Iterable<readonly [Key, T]> | { readonly [key: string]: T }

/** The result of a bulk loader: an array in the order of the requested keys, a Map, or a record. */
export type Loaded<T> = readonly T[] | ReadonlyMap<string, T> | { readonly [key: string]: T }

/** The keys of a cache, as an iterable. */
export type Keys<M extends Mode> = M extends 'sync' ? Iterable<string> : AsyncIterable<string>

/**
 * The result of `getOrSet` with an asynchronous loader: a synchronous cache returns the value on a hit, and a promise
 * while the value is loading.
 */
export type OutMade<M extends Mode, T> = M extends 'sync' ? T | Promise<T> : Promise<T>

/**
 * A cache in mode `M`: the verbs for users. A key that is not a string, number, bigint or boolean is a `TypeError`. For
 * every verb and every count, an expired entry is a missing one.
 */
export interface Cache<M extends Mode = Mode> {
  readonly mode: M
  readonly capabilities: Capabilities

  /** Returns the value under a key, or `undefined` if it is missing. */
  get<T = unknown>(key: Key): Out<M, T | undefined>
  /** Returns the value under a key. Throws `CacheNotFound` if it is missing. */
  get<T = unknown>(key: Key, fallback: unknown, options: { fail: true }): Out<M, T>
  /** Returns the value under a key, or the fallback if it is missing. With `stale: true`, expired entries that are still stored count. */
  get<T = unknown, D = T>(key: Key, fallback: D, options?: GetOptions): Out<M, T | D>
  /** Returns the value under a key. Throws `CacheNotFound` if it is missing. */
  getOrFail<T = unknown>(key: Key): Out<M, T>

  /** Stores a value, and replaces any previous value, expiry and tags. A promise is awaited, and its value is stored. */
  set(key: Key, value: unknown, timeout?: Timeout | SetOptions): Out<M, void>
  /** Stores a value if the key is missing, and returns whether it did. Atomic if the backend is. */
  add(key: Key, value: unknown, timeout?: Timeout | SetOptions): Out<M, boolean>

  /**
   * Returns the value under a key. If it is missing, calls the loader `make` and stores its result. Concurrent callers of one
   * key share one load. An error from `make` is rethrown untouched, and nothing is stored. A removal, `set` or `clear` during
   * the load wins: the callers get the loaded value, but it is not stored.
   */
  getOrSet<T>(
    key: Key,
    make: (key: string, context: LoadContext) => Promise<T>,
    timeout?: Timeout | GetOrSetOptions,
  ): OutMade<M, T>
  getOrSet<T>(key: Key, value: Promise<T>, timeout?: Timeout | GetOrSetOptions): OutMade<M, T>
  getOrSet<T>(
    key: Key,
    value: T | ((key: string, context: LoadContext) => T),
    timeout?: Timeout | GetOrSetOptions,
  ): Out<M, T>
  /** `getOrSet` that always returns a promise, even for a synchronous cache. */
  getOrSetAsync<T>(
    key: Key,
    make: T | Promise<T> | ((key: string, context: LoadContext) => T | Promise<T>),
    timeout?: Timeout | GetOrSetOptions,
  ): Promise<T>

  /** Removes keys, and returns whether all of them existed. */
  remove(...keys: Key[]): Out<M, boolean>
  /** Restarts the TTL of an entry from now, and returns its value. Throws `CacheNotFound` if it is missing. */
  updateTimeout<T = unknown>(key: Key, timeout?: Timeout): Out<M, T>
  /** Returns whether the key has a value, which may be `undefined` or `null`. */
  has(key: Key): Out<M, boolean>
  /** Returns the remaining TTL in seconds; `null` for no limit, `undefined` if the entry is missing. */
  ttl(key: Key): Out<M, number | null | undefined>
  /** Removes an entry and returns its value, or `undefined` if it is missing. */
  pull<T = unknown>(key: Key): Out<M, T | undefined>

  /**
   * Changes a value atomically: `change` receives the value, or `undefined` if it is missing, and its result is stored and
   * returned. It is called again if the entry has changed meanwhile. The entry keeps its TTL unless a timeout is given.
   */
  update<T = unknown>(
    key: Key,
    change: (value: T | undefined) => T | Promise<T>,
    timeout?: Timeout | SetOptions,
  ): Out<M, T>

  /**
   * Adds to a number, and returns the sum. A missing key counts as 0 and is stored with the timeout; an existing entry keeps
   * its remaining TTL. Throws `TypeError` if the value is not a safe integer, and `RangeError` if the sum would not be one.
   */
  increment(key: Key, by?: number, timeout?: Timeout): Out<M, number>
  /** Subtracts from a number: `increment` with the opposite sign. */
  decrement(key: Key, by?: number, timeout?: Timeout): Out<M, number>

  /** Returns the values under many keys, in their order; `undefined` where one is missing. */
  getMany<T = unknown>(keys: Iterable<Key>): Out<M, (T | undefined)[]>
  /** Stores many values. */
  setMany(entries: Entries, timeout?: Timeout | SetOptions): Out<M, void>
  /** Returns the values under many keys, in their order. Missing ones are loaded by one call, and stored. */
  getOrSetMany<T>(
    keys: Iterable<Key>,
    load: (missing: string[]) => Promise<Loaded<T>>,
    timeout?: Timeout | GetOrSetOptions,
  ): OutMade<M, T[]>
  getOrSetMany<T>(
    keys: Iterable<Key>,
    load: (missing: string[]) => Loaded<T>,
    timeout?: Timeout | GetOrSetOptions,
  ): Out<M, T[]>

  /** Loads the missing keys, several at a time, and returns the number of keys loaded. */
  warm<T>(
    keys: Iterable<Key>,
    load: (key: string, context: LoadContext) => T | Promise<T>,
    options?: WarmOptions,
  ): Out<M, number>

  /** Lists the keys of this cache, or those that begin with a prefix. Throws `Unsupported` if the backend cannot list keys. */
  keys(prefix?: string): Keys<M>
  /**
   * Removes every entry of this cache, or those whose keys begin with a prefix. On a shared store without a prefix for this
   * cache, `clear()` throws `ConfigError` unless `{ all: true }` confirms that the whole store is meant.
   */
  clear(prefix?: string, options?: ClearOptions): Out<M, void>

  /** Invalidates every entry with one of these tags, in constant time. */
  removeByTag(...tags: string[]): Out<M, void>
  /** Expires every entry with one of these tags, in constant time. With `staleFor` it may still be served stale. */
  expireByTag(...tags: string[]): Out<M, void>

  /**
   * Acquires a named lock, across processes if the backend is shared. Callers in one process get it in order. Throws
   * `LockError` if it is not acquired within `wait`. A synchronous cache blocks its thread while another process holds the
   * lock, and throws immediately if only this thread could release it.
   *
   * @example await using lock = await asyncCached.lock('nightly-report', { ttl: '1m', wait: '10s' })
   */
  lock(name: string, options?: LockOptions): Out<M, Lock<M>>
  /** Runs a function under a lock, releases it afterwards, and returns the function's result. */
  withLock<T>(name: string, fn: (lock: Lock<M>) => Promise<T>): Promise<T>
  withLock<T>(name: string, options: LockOptions, fn: (lock: Lock<M>) => Promise<T>): Promise<T>
  withLock<T>(name: string, fn: (lock: Lock<M>) => T): Out<M, T>
  withLock<T>(name: string, options: LockOptions, fn: (lock: Lock<M>) => T): Out<M, T>

  /** Returns the count of every event since the cache was created, and the hit rate. */
  stats(): Stats
  /** Registers a listener for an event. Errors of a listener never reach the caller of a verb. */
  on<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this
  /** Removes a listener. */
  off<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this

  /** Waits for background work: refreshes, and loads that callers no longer wait for. */
  idle(): Promise<void>
  /** Connects to the backend now instead of on first use. */
  connect(): Out<M, void>
  /** Closes everything that the cache opened; a client that was passed in stays open. Closing twice is harmless, and a later call reopens. */
  close(): Out<M, void>
  /** Returns the state of the backend according to the last results. Does not contact it; `ping` does. */
  status(): CacheStatus
  /** Contacts the backend. Returns the round-trip time in ms, or throws if it does not respond. */
  ping(): Out<M, number>
}
