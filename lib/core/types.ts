import type { EventMap, EventName, Stats } from './events.ts'

/** The colour of a cache: `'sync'` answers with values, `'async'` with promises. */
export type Mode = 'sync' | 'async'

/** What a verb of a cache of mode `M` answers: the value itself, or a promise of it. */
export type Out<M extends Mode, T> = M extends 'sync' ? T : Promise<T>

/**
 * An application that puts an asynchronous adapter behind `cached` says so once, and `cached` is typed with promises:
 *
 * @example
 * declare module 'polycache' { interface Register { mode: 'async' } }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by the application, through declaration merging.
export interface Register {}

/** The mode of `cached`, as the application registered it: `'sync'` unless it said otherwise. */
export type RegisteredMode = Register extends { mode: infer M extends Mode } ? M : 'sync'

/** What may be a key. A number, bigint or boolean is the text of itself: `1` and `'1'` are one key. */
export type Key = string | number | bigint | boolean

/** A length of time in text: a number and a lower-case unit, such as `'500ms'`, `'1.5h'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/**
 * How long an entry lives: seconds (fractions are kept to the millisecond) or text with a unit; `null`, `Infinity` or
 * `'never'` for no limit; omitted, the default (300 s). Zero and less: expired at once.
 */
export type Timeout = number | null | 'never' | Duration

/** Options of a value that is stored. */
export interface SetOptions {
  /** How long the entry is fresh. @default the adapter's `timeout` */
  timeout?: Timeout | undefined
  /** The instant at which the entry expires, in place of a `timeout`. */
  until?: Date | undefined
  /** Names by which entries are removed together. They are stored with the entry. */
  tags?: readonly string[] | undefined
  /** How long past its timeout an entry may be served stale by `getOrSet`: the store keeps it for so long. @default 0 */
  staleFor?: Timeout | undefined
  /** Takes up to this fraction (below 1) or length off the timeout, at random, so that entries do not expire together. @default 0 */
  jitter?: number | Timeout | undefined
}

/** How `getOrSet` loads, refreshes and serves. Each is also an option of every cache, as the default of its calls. */
export interface LoadOptions {
  /** Gives a stale entry at once while one refresh runs in the background. Needs `staleFor`. @default false */
  swr?: boolean | undefined
  /** How long a stale entry is served without asking the loader again, after the loader failed. @default '10s' */
  throttle?: Timeout | undefined
  /** The value if the loader fails and there is no stale entry. */
  failSafeDefault?: unknown
  /** Gives the stale entry, if there is one, after so long. The load goes on and its value is stored. */
  softTimeout?: Timeout | undefined
  /** Gives the stale entry, or throws `CacheTimeout`, after so long. The load goes on and its value is stored. */
  hardTimeout?: Timeout | undefined
  /** Lets this caller leave, with `signal.reason`. The loader's own signal aborts when the last caller has left. */
  signal?: AbortSignal | undefined
  /** Starts a refresh in the background at the first hit after this fraction of the TTL, between 0 and 1. */
  refreshAhead?: number | undefined
  /** XFetch: refreshes at random before expiry, the sooner the longer loads take. 1 is usual. @default 0, which is off */
  beta?: number | undefined
  /** How long `NotFound` is remembered. @default 0: the loader is asked each time */
  negativeTimeout?: Timeout | undefined
  /** Whether a loaded value is stored. @default every value is */
  shouldCache?: ((value: never) => boolean | Promise<boolean>) | undefined
  /** How long an error of the loader is remembered and thrown again; `true` for the timeout of values. @default false */
  cacheErrors?: Timeout | boolean | ((error: unknown) => Timeout | boolean) | undefined
  /** The oldest entry that this reader takes for fresh. */
  maxAge?: Timeout | undefined
  /** Loads although there is a fresh entry. @default false */
  forceFresh?: boolean | undefined
  /** What values have to match, read and loaded ones. A stored value that does not is a miss. The output is returned. */
  schema?: StandardSchema | undefined
  /** Mends a stored value that does not match the `schema`; what it returns has to match. */
  migrate?: ((value: unknown) => unknown) | undefined
}

/** What is known of a backend. */
export interface CacheStatus {
  /** `'unknown'` before its first answer. */
  readonly state: 'up' | 'down' | 'unknown'
  /** When it came into this state, in ms since the epoch. */
  readonly since: number
  /** Why it is down. */
  readonly error?: Error
  /** `'open'` refuses every call, `'half-open'` waits for the answer to a probe. */
  readonly breaker: 'closed' | 'open' | 'half-open'
}

/** Options of `getOrSet`: those of the value that it stores, and of the load. */
export interface GetOrSetOptions extends SetOptions, LoadOptions {}

/** Options of `warm`. */
export interface WarmOptions extends GetOrSetOptions {
  /** How many loaders run at a time. @default 10 */
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

/** The result of a validation: the output, or what is wrong. */
export type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** The load that a loader works for: its second argument. */
export interface LoadContext {
  readonly key: string
  /** Aborts when the last caller has left. */
  readonly signal: AbortSignal
  /** The entry that has expired, if the store still has it. */
  readonly stale: StaleEntry | undefined
  /** The timeout of the value that is being loaded. */
  setTimeout(timeout: Timeout): void
  setStaleFor(staleFor: Timeout): void
  setTags(...tags: string[]): void
  /** Returns the value to the callers and does not store it. */
  noStore(): void
  /** Ends the load as failed. */
  fail(reason: unknown): never
  /** Stores the stale entry's value again, with a new timeout. Throws an error if there is none. */
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
  /** Reads entries that have expired but are still stored, too. @default false */
  stale?: boolean | undefined
}

/** Options of `clear`. */
export interface ClearOptions {
  /** Empties the whole store although this cache has no prefix in it. @default false */
  all?: boolean | undefined
}

/** What a store keeps under a key. */
export interface Entry {
  /** The value that was stored. */
  readonly value: unknown
  /** When it was stored, in ms since the epoch. */
  readonly created: number
  /** When it stops being fresh, in ms since the epoch; `null` for never. */
  readonly expires: number | null
  /** When the store may forget it, at or after `expires`, in ms since the epoch; `null` for never. */
  readonly until: number | null
  /** The names by which it is removed together with others. */
  readonly tags?: readonly string[] | undefined
}

/** What an atomic change starts from: the entry as it is, if there is a readable one, and the store's mark of that state. */
export interface VersionedEntry {
  readonly entry: Entry | undefined
  /** Proves to `swap` that nothing changed meanwhile. Whatever the store likes; `undefined` when nothing is there. */
  readonly version: unknown
}

/**
 * What the author of an adapter writes, in the colour of `M`: four verbs, and any of the optional ones that the backend
 * does better than the defaults that are built from the four.
 *
 * A store that fails throws: it never turns a failure into a miss. It may give an entry past its deadline: whether an
 * entry is fresh is judged above it, once, by one clock. Verbs on one key take effect in the order in which they were
 * called. Keys are whole: the cache's prefix is already in them.
 */
export interface Store<M extends Mode = Mode> {
  /** The entry under a key, or `undefined`. */
  read(key: string): Out<M, Entry | undefined>
  /** Puts an entry under a key, in place of what was there. */
  write(key: string, entry: Entry): Out<M, void>
  /** Removes keys, and answers how many there were. */
  drop(keys: readonly string[]): Out<M, number>
  /** Lets go of sockets, files and timers. A later verb opens them again, or says why not. */
  close(): Out<M, void>

  /** The entries under many keys, in their order. */
  readMany?(keys: readonly string[]): Out<M, (Entry | undefined)[]>
  /** Writes many entries, each under its key. */
  writeMany?(entries: readonly (readonly [string, Entry])[]): Out<M, void>
  /** Writes each entry whose key has none, and answers which were written. */
  addMany?(entries: readonly (readonly [string, Entry])[]): Out<M, boolean[]>
  /** The state of a key from which an atomic change starts. Comes with `swap`. */
  readVersioned?(key: string): Out<M, VersionedEntry>
  /**
   * Atomically replaces the state that `look` found (its `mark`) by an entry, or by nothing; `false` when the key had
   * changed meanwhile, and nothing was done. `add`, `increment`, `pull` and `updateTimeout` are built on it; without it they
   * are atomic within this process only.
   */
  compareAndSet?(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean>
  /** The keys that begin with `prefix`, in any order; a key may be given that has expired. */
  list?(prefix: string): M extends 'sync' ? Iterable<string> : AsyncIterable<string>
  /** Removes every key that begins with `prefix`. */
  wipe?(prefix: string): Out<M, void>
}

/** What a backend can do, so that users and specs may know before they ask. */
export interface Capabilities {
  /** `add`, `increment`, `pull` and `updateTimeout` are atomic also between processes that share the store. */
  readonly atomic: boolean
  /** `keys()` and `clear(prefix)` work. */
  readonly listsKeys: boolean
  /** `clear()` works. */
  readonly clears: boolean
  /** Other processes see the same entries. */
  readonly shared: boolean
  /** `lock` holds between processes. */
  readonly locks: boolean
  /** Entries expire to the millisecond in the backend itself, so that what it counts as dropped had not expired. */
  readonly millisecondExpiry: boolean
  /** The backend expires entries by a clock of its own: an entry that it returns has not expired. @default false */
  readonly ownClock?: boolean | undefined
}

/** Options of `lock`. */
export interface LockOptions {
  /** How long the lock is held at most without being renewed. It must have an end. @default '30s' */
  ttl?: Timeout | undefined
  /** How long to wait for another owner to release it; `null` for as long as it takes. @default 0 */
  wait?: Timeout | undefined
  /** Gives up waiting, with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Renews the lock by itself while the process is alive. @default true */
  renew?: boolean | undefined
}

/** A lock that was taken. Dispose of it (`using`, `await using`) or call `release()` to free it. */
export interface Lock<M extends Mode = Mode> {
  readonly name: string
  /** Proves the ownership; no other acquisition has it. */
  readonly token: string
  /** Grows with every acquisition of the name: a resource can refuse writes with a smaller number. */
  readonly fence: number
  /** Aborts, with a `LockError`, when the lock is lost: expired, or taken by another owner. Not by `release()`. */
  readonly signal: AbortSignal
  /** Gives the lock a new TTL from now on. Throws `LockError` if it was lost. */
  extend(ttl?: Timeout): Out<M, void>
  /** Frees the lock; answers whether it was still held. Never frees another owner's lock. */
  release(): Out<M, boolean>
  /** Whether the lock is held, as far as this process knows. */
  isHeld(): boolean
  [Symbol.dispose](): void
  [Symbol.asyncDispose](): Promise<void>
}

/** What happens when the backend fails: see `AdapterOptions.onBackendError`. */
export type BackendErrorPolicy = 'bypass' | 'miss' | 'throw'

/** Where the time is read: a function or an object with `now()`, in ms since the epoch. `Date` is one. */
export type Clock = (() => number) | { now(): number }

/** Whether a cache in memory gives out the object that was stored: see `AdapterOptions.isolation`. */
export type Isolation = 'reference' | 'clone' | 'freeze' | 'coder'

/** A value as it is stored: text, or bytes. */
export type Wire = string | Uint8Array

/** Writes values as text or bytes, and reads them back as they were. */
export interface Coder {
  /** Its name, which stands in the header of every entry that it wrote: letters and digits. */
  readonly name: string
  /** The wire form of a value. Throws `CoderError` for what it cannot bring back as it was. */
  encode(value: unknown): Wire
  /** The value of a wire form, given as text or as the same text in UTF-8. Throws `CoderError` for what it did not write. */
  decode(wire: Wire): unknown
}

/** The options that every adapter takes. */
export interface AdapterOptions extends LoadOptions, Pick<SetOptions, 'staleFor' | 'jitter'> {
  /** Stands in front of every key in the store. @default `CACHE_PREFIX`, else `'cache:'`; in a store of our own, nothing */
  prefix?: string | undefined
  /** How long entries live that are stored without a timeout. @default `CACHE_TIMEOUT`, else 300 seconds */
  timeout?: Timeout | undefined
  /**
   * What happens when the backend fails, beside the event `backendError`:
   * `'bypass'`: `getOrSet` gives the maker's value, the other verbs throw;
   * `'miss'`: every verb behaves as if nothing were stored, and writes are dropped;
   * `'throw'`: every verb throws, `getOrSet` too.
   * @default 'bypass'
   */
  onBackendError?: BackendErrorPolicy | undefined
  /** Writes values as bytes: a name, or a coder of one's own. @default 'json' */
  coder?: 'json' | 'msgpack' | 'v8' | Coder | undefined
  /**
   * Further coders whose entries are read, for changing from one coder to another. The stored data names its coder, so
   * allow only as many as you need: `'v8'` for stores that only trusted programs write to.
   * @default none but `coder` and `'json'`
   */
  coders?: readonly ('json' | 'msgpack' | 'v8' | Coder)[] | undefined
  /**
   * What a cache that keeps objects gives out (one that keeps bytes always gives copies):
   * `'reference'`: the very object that was stored;
   * `'clone'`: a deep copy of it, made when it is stored and again when it is read;
   * `'freeze'`: the object, deeply frozen when it is stored;
   * `'coder'`: what the coder makes of it, so that development fails where production would.
   * @default 'reference'
   */
  isolation?: Isolation | undefined
  /** Where the time is read. @default the system's clock */
  clock?: Clock | undefined
  /**
   * Sliding expiry: each read of a value gives its entry the whole TTL again. Outside memory a renewal takes a read and a
   * write of the store, in the background if the cache is asynchronous, once a hundredth of the TTL is over. @default false
   */
  touchOnGet?: boolean | undefined
  /**
   * How long the version of a tag is remembered in a store that processes share: how long an invalidation by another process
   * may go unnoticed. 0 asks each time.
   * @default '150ms'
   */
  tagTtl?: Timeout | undefined
  /** The version of what is stored. Entries of other versions are missing, so that two deploys can share a store. @default `CACHE_VERSION` */
  version?: string | number | undefined
  /**
   * How long a removal leaves a mark in the store, by which a load of another process that began before it does not store.
   * Users never see marks. Needs a store with compare-and-set. @default null: removals leave none
   */
  fence?: Timeout | undefined
  /** Receives every promise of background work, for platforms that freeze a process which has answered. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

/** Several keys and values at once: pairs, a Map, or a record. */
export type Entries<T = unknown> = Iterable<readonly [Key, T]> | { readonly [key: string]: T }

/** What the loader of `getOrSetMany` may give: an array aligned with the keys that it was asked, a Map, or a record. */
export type Loaded<T> = readonly T[] | ReadonlyMap<string, T> | { readonly [key: string]: T }

/** The keys of a cache, one by one. */
export type Keys<M extends Mode> = M extends 'sync' ? Iterable<string> : AsyncIterable<string>

/**
 * What a `getOrSet` answers whose maker may give a promise: a synchronous cache answers at once on a hit, and with a
 * promise while the value is being made.
 */
export type OutMade<M extends Mode, T> = M extends 'sync' ? T | Promise<T> : Promise<T>

/**
 * A cache of mode `M`: the verbs that users call. Every key may be a string, number, bigint or boolean; any other throws
 * a `TypeError`. An entry that has expired is missing, for every verb and every count.
 */
export interface Cache<M extends Mode = Mode> {
  readonly mode: M
  readonly capabilities: Capabilities

  /** The value under a key; when it is missing, `undefined`. */
  get<T = unknown>(key: Key): Out<M, T | undefined>
  /** The value under a key; when it is missing, throws `CacheNotFound`. */
  get<T = unknown>(key: Key, fallback: unknown, options: { fail: true }): Out<M, T>
  /** The value under a key; when it is missing, the fallback. With `stale: true`, expired entries that are still stored count. */
  get<T = unknown, D = T>(key: Key, fallback: D, options?: GetOptions): Out<M, T | D>
  /** The value under a key; when it is missing, throws `CacheNotFound`. */
  getOrFail<T = unknown>(key: Key): Out<M, T>

  /** Stores a value, in place of what was there: its value, expiry and tags. A promise is awaited, and never stored itself. */
  set(key: Key, value: unknown, timeout?: Timeout | SetOptions): Out<M, void>
  /** Stores a value unless one is there; answers whether it did. Atomic where the backend is. */
  add(key: Key, value: unknown, timeout?: Timeout | SetOptions): Out<M, boolean>

  /**
   * The value under a key; when it is missing, what `make` makes of the key, which is then stored. However many ask for a
   * key at the same time, its value is made once. What `make` throws is thrown on untouched, and nothing is stored. A
   * removal, set or clear while the value is being made wins: the callers get the value, the cache does not keep it.
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
  /** `getOrSet` that answers with a promise always, on a synchronous cache too. */
  getOrSetAsync<T>(
    key: Key,
    make: T | Promise<T> | ((key: string, context: LoadContext) => T | Promise<T>),
    timeout?: Timeout | GetOrSetOptions,
  ): Promise<T>

  /** Removes keys; answers whether every one of them was there. Those that were are removed in any case. */
  remove(...keys: Key[]): Out<M, boolean>
  /** Gives an entry a new life from now on, and answers its value; throws `CacheNotFound` when it is missing. */
  updateTimeout<T = unknown>(key: Key, timeout?: Timeout): Out<M, T>
  /** Whether there is a value under a key, `undefined` and `null` among them. */
  has(key: Key): Out<M, boolean>
  /** The seconds that an entry has left to live; `null` for no limit, `undefined` when it is missing. */
  ttl(key: Key): Out<M, number | null | undefined>
  /** The value under a key, which is removed with it; `undefined` when it is missing. */
  pull<T = unknown>(key: Key): Out<M, T | undefined>

  /**
   * Changes a value atomically: `change` gets the value, or `undefined` if it is missing, and gives the new one, which is
   * returned. It runs again if the entry was changed meanwhile. An entry keeps its TTL unless a timeout is given.
   */
  update<T = unknown>(
    key: Key,
    change: (value: T | undefined) => T | Promise<T>,
    timeout?: Timeout | SetOptions,
  ): Out<M, T>

  /**
   * Adds to a number, and answers the sum. A missing key counts as 0 and is stored with the timeout; an entry that is there
   * keeps the life that it has left. Throws `TypeError` when something else than a safe integer is there, `RangeError` when
   * the sum is none.
   */
  increment(key: Key, by?: number, timeout?: Timeout): Out<M, number>
  /** Takes from a number: `increment` by the opposite. */
  decrement(key: Key, by?: number, timeout?: Timeout): Out<M, number>

  /** The values under many keys, in their order; `undefined` where one is missing. */
  getMany<T = unknown>(keys: Iterable<Key>): Out<M, (T | undefined)[]>
  /** Stores many values. */
  setMany(entries: Entries, timeout?: Timeout | SetOptions): Out<M, void>
  /** The values under many keys, in their order; those that are missing are loaded by one call, each once, and stored. */
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

  /** Loads what is missing of some keys, several at a time, and answers how many were loaded. */
  warm<T>(
    keys: Iterable<Key>,
    load: (key: string, context: LoadContext) => T | Promise<T>,
    options?: WarmOptions,
  ): Out<M, number>

  /** The keys of this cache, or those that begin with a prefix. Throws `Unsupported` where the backend cannot list. */
  keys(prefix?: string): Keys<M>
  /**
   * Removes everything of this cache, or what begins with a prefix. On a shared store in which this cache has no prefix of
   * its own, emptying it throws `ConfigError` unless `{ all: true }` says that the whole store is meant.
   */
  clear(prefix?: string, options?: ClearOptions): Out<M, void>

  /** Removes every entry that has one of these tags, in constant time: it is missing from now on. */
  removeByTag(...tags: string[]): Out<M, void>
  /** Expires every entry that has one of these tags, in constant time; with `staleFor` it may still be served stale. */
  expireByTag(...tags: string[]): Out<M, void>

  /**
   * Takes a lock by name, between processes where they share the backend. Callers of one process get it in order. Throws
   * `LockError` when it is not had within `wait`. A synchronous cache waits by blocking its thread where another process may
   * release the lock, and throws at once where only this thread could.
   *
   * @example await using lock = await asyncCached.lock('nightly-report', { ttl: '1m', wait: '10s' })
   */
  lock(name: string, options?: LockOptions): Out<M, Lock<M>>
  /** Runs a function under a lock, which is released afterwards, and answers what the function does. */
  withLock<T>(name: string, fn: (lock: Lock<M>) => Promise<T>): Promise<T>
  withLock<T>(name: string, options: LockOptions, fn: (lock: Lock<M>) => Promise<T>): Promise<T>
  withLock<T>(name: string, fn: (lock: Lock<M>) => T): Out<M, T>
  withLock<T>(name: string, options: LockOptions, fn: (lock: Lock<M>) => T): Out<M, T>

  /** Counts of every event since the cache was made, and the hit rate. */
  stats(): Stats
  /** Calls a listener at each event of that name. What it throws never reaches the caller of a verb. */
  on<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this
  /** Takes a listener away again. */
  off<E extends EventName>(event: E, listener: (event: EventMap[E]) => void): this

  /** Waits for the work in the background: refreshes, and loads whose callers have left. */
  idle(): Promise<void>
  /** Connects to the backend now, rather than at the first verb. */
  connect(): Out<M, void>
  /** Closes what the cache has opened. A client that was handed in stays open. Closing twice is once; a later verb opens again. */
  close(): Out<M, void>
  /** Whether the backend is up, as far as the last answers tell. Asks nothing: `ping` does. */
  status(): CacheStatus
  /** Asks the backend whether it is alive: answers the milliseconds that it took, throws when it is not. */
  ping(): Out<M, number>
}
