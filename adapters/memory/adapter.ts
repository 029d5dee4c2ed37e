import { CacheAdapter } from '../../lib/adapter/cache-adapter.ts'
import { asOut } from '../../lib/core/flow.ts'
import type { AdapterOptions, Capabilities, Entry, Key, Keys, Mode, Out, VersionedEntry } from '../../lib/core/types.ts'
import { coarseNow, systemNow } from '../../lib/entry/clock.ts'
import { isFresh } from '../../lib/entry/entry.ts'
import { isHidden } from '../../lib/entry/hidden-keys.ts'
import type { ResolvedTtl } from '../../lib/entry/ttl.ts'
import { keyOf, refuseUnknownOptions } from '../../lib/entry/validate.ts'
import type { Loads } from '../../lib/single-flight/loads.ts'
import { coreOf, MISSING, type PreparedKey, UNKNOWN } from '../../lib/verbs/cache-core.ts'
import { answerVerb } from '../../lib/verbs/call-store.ts'
import { judged } from '../../lib/verbs/tags.ts'
import { type Dumped, dumpTo, loadFrom, type Restored } from './dump.ts'
import type { NewBounds } from './engine/capacity.ts'
import { CLEARED, EXPLICIT, type RemovalListener } from './engine/removals.ts'
import { NEVER } from './engine/slots.ts'
import type { MemoryStore } from './engine/store.ts'
import { Inspection, type LoadTimes, type MemoryStats, statsOf } from './inspection.ts'
import { MEMORY_OPTIONS, type MemoryOptions, viewOptionsOf } from './options.ts'
import { sharedLoads } from './shared.ts'
import { StoreView } from './view.ts'
import { storeOf } from './weak.ts'

const CAPABILITIES: Capabilities = {
  atomic: true,
  listsKeys: true,
  clears: true,
  shared: false,
  locks: false,
  millisecondExpiry: true,
}

/** TTLs above this, 24 days in ms, are left to the general path of `set`. */
const LONG_TTL = 2 ** 31

/** A key with its id in the store and its hash, which take longer to compute than the rest of a hit. */
interface HashedKey extends PreparedKey {
  readonly id: string
  readonly hash: number
}

/**
 * A cache in memory, in either mode: the store verbs over a `MemoryStore`, the fast paths of `get` and `set`, and the members
 * that only a memory cache has.
 *
 * The fast paths are the reason why a hit costs no more than in lru-cache: they go from the key to the value without an
 * `Entry`, a closure or a promise in between. Whatever is unusual about a key, an entry or a call returns `UNKNOWN` or false
 * there, and takes the general path in `lib/verbs`, which must give the same answer.
 */
export abstract class MemoryAdapter<M extends Mode> extends CacheAdapter<M> {
  /** The entries. Another memory cache can share them: pass this as its `store`. */
  readonly store: MemoryStore
  /** The store takes the time from its caches, so it is never on another clock than they are. */
  protected override readonly movedClock = false
  /** The store restarts TTLs itself, so the verbs need not. */
  protected override readonly slides = false
  readonly #view: StoreView
  readonly #sharedLoads: Loads | undefined
  readonly #loadTimes: LoadTimes = { count: 0, ms: 0 }

  constructor(options: MemoryOptions = {}) {
    refuseUnknownOptions(options, MEMORY_OPTIONS, new.target.name)
    super(options.clock === 'coarse' ? { ...options, clock: coarseNow } : (options as AdapterOptions))
    this.store = options.store ?? storeOf(options)
    const { name, prefix, events, now, store } = this
    this.#view = new StoreView({ ...viewOptionsOf(options), name, prefix, events, now, store })
    if (options.shared !== undefined) {
      this.#sharedLoads = sharedLoads(options.shared, store, this.#view.owner, super.loads)
    }
    if (options.onRemoval !== undefined) this.onRemoval(options.onRemoval)
  }

  protected override get loads(): Loads {
    return this.#sharedLoads ?? super.loads
  }

  protected override get isolates(): boolean {
    return this.#view.isolator !== undefined
  }

  override get capabilities(): Capabilities {
    return CAPABILITIES
  }

  protected override get defaultPrefix(): string {
    return ''
  }

  protected override get storeIdentity(): object {
    return this.store
  }

  protected override get facts(): object {
    const { size, maxEntries } = this.store
    return { entries: size, maxEntries, ...super.facts }
  }

  protected read(id: string): Out<M, Entry | undefined> {
    return asOut(this.#view.read(id, this.now()))
  }

  protected readMany(ids: readonly string[]): Out<M, (Entry | undefined)[]> {
    const now = this.now()
    return asOut(ids.map((id) => this.#view.read(id, now)))
  }

  protected write(id: string, entry: Entry): Out<M, void> {
    this.#view.put(id, entry, this.#view.expiry)
    return asOut<M, void>(undefined)
  }

  protected drop(ids: readonly string[]): Out<M, number> {
    return asOut(this.#view.drop(ids, EXPLICIT))
  }

  protected readVersioned(id: string): Out<M, VersionedEntry> {
    const slot = this.store.find(id)
    if (slot === 0) return asOut<M, VersionedEntry>({ entry: undefined, version: undefined })
    const version = this.store.entryAt(slot)
    return asOut<M, VersionedEntry>({ entry: this.#view.entryFor(version, this.now()), version })
  }

  protected compareAndSet(id: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    const view = this.#view
    const before = version as Entry | undefined
    const slot = this.store.find(id)
    if (before === undefined ? slot !== 0 : slot === 0 || !this.store.isAt(slot, before)) return asOut(false)
    if (entry === undefined) view.drop([id], EXPLICIT)
    // The same value with another TTL is `updateTimeout`, over which `expiry` has no say.
    else view.put(id, entry, before && Object.is(before.value, entry.value) ? undefined : view.expiry)
    return asOut(true)
  }

  protected list(prefix: string): Keys<M> {
    return this.store.keys(prefix) as Keys<Mode> as Keys<M>
  }

  protected wipe(prefix: string): Out<M, void> {
    if (prefix === '') this.store.clear(this.#view.owner)
    else this.#view.drop(this.store.keys(prefix), CLEARED)
    return asOut<M, void>(undefined)
  }

  /** Nothing is open. The entries stay until they are cleared, expire, or the cache itself is garbage collected. */
  close(): Out<M, void> {
    return asOut<M, void>(this.mode === 'sync' ? undefined : Promise.resolve())
  }

  protected override tryGet(key: Key): unknown {
    if (typeof key !== 'string') return UNKNOWN
    const id = this.prefix === '' ? key : this.prefix + key
    const hash = this.store.hashOf(id)
    return this.#tryGetAt(this.store.find(id, hash), key, hash)
  }

  protected override prepareKey(key: string): HashedKey {
    const id = this.prefix + key
    return { key, id, hash: this.store.hashOf(id) }
  }

  protected override tryGetPrepared({ key, id, hash }: HashedKey): unknown {
    return this.#tryGetAt(this.store.find(id, hash), key, hash)
  }

  #tryGetAt(slot: number, key: string, hash: number): unknown {
    const { store } = this
    if (slot === 0) {
      store.miss(hash)
      return MISSING
    }
    // Before the clock is read, so that these accesses to memory do not have to wait for it.
    store.touch(slot)
    const value = store.valueAt(slot)
    if (this.loads.looksAtTags && store.slots.tagsAt(slot) !== undefined) return UNKNOWN
    if (store.slots.isMortal(slot) && !store.slots.isFresh(slot, this.#time())) return UNKNOWN
    this.events.hit(key)
    const view = this.#view
    if (view.extendsOnRead) view.extend(slot, key, value, this.#time())
    return view.isolator === undefined ? value : view.isolator.give(value)
  }

  /** The body of `trySet`, which only the synchronous cache has. */
  protected putFresh(key: string, value: unknown, { ttlMs, staleMs, tags }: ResolvedTtl): boolean {
    const view = this.#view
    if (!view.isPlain || staleMs !== 0 || tags !== undefined || ttlMs === 0 || (ttlMs ?? 0) > LONG_TTL) return false
    const { store } = this
    const id = this.prefix === '' ? key : this.prefix + key
    const weight = store.weigh(value, value, key)
    this.loads.invalidate(id, this)
    store.writeFresh(id, value, this.#time(), ttlMs ?? NEVER, view.owner, weight)
    this.events.set(key)
    return true
  }

  /** The clocks by name, because V8 inlines them then: a call of a function from a field takes 4 ns more. */
  #time(): number {
    if (this.now === systemNow) return systemNow()
    return this.now === coarseNow ? coarseNow() : this.now()
  }

  /** Returns the value of a key as `get` does, but counts neither as a use of the entry nor as a hit or miss. */
  peek<T = unknown>(key: Key): Out<M, T | undefined> {
    return this.#look(key, (slot) => (slot === 0 ? undefined : (this.#view.give(this.store.valueAt(slot)) as T)))
  }

  override has(key: Key): Out<M, boolean> {
    return this.#look(key, (slot) => {
      this.events.emit('test', keyOf(key))
      return slot !== 0
    })
  }

  override ttl(key: Key): Out<M, number | null | undefined> {
    return this.#look(key, (slot) => {
      if (slot === 0) return undefined
      const expires = this.store.slots.expiresAt(slot)
      return expires === NEVER ? null : (expires - this.now()) / 1000
    })
  }

  // Listing does not count as reading, and tolerates changes while it runs.
  override keys(prefix = ''): Keys<M> {
    const keys = this.#freshKeys(prefix)
    return (this.mode === 'sync' ? keys : asynchronous(keys)) as Keys<Mode> as Keys<M>
  }

  override stats(): MemoryStats {
    return statsOf(super.stats(), this.store, this.#loadTimes)
  }

  protected backendStats(): Out<M, Record<string, unknown>> {
    const { size, weight, removals, evictedWeight } = this.stats()
    return asOut(answerVerb(coreOf(this), () => ({ entries: size, weight, removals, evictedWeight })))
  }

  protected loaded(ms: number): void {
    this.#loadTimes.count++
    this.#loadTimes.ms += ms
  }

  /**
   * Calls a listener once for every entry that is removed, with its key, its value and the cause. It runs when the cache is
   * consistent again, so it may use the cache; an error that it throws becomes an `error` event. Returns a function that
   * removes the listener.
   */
  onRemoval<T = unknown>(listener: RemovalListener<T>): () => void {
    return this.#view.onRemoval(listener as RemovalListener)
  }

  /** Shows the entries in the order of the eviction policy, and their bound. Nothing it does counts as a use. */
  policy(): Inspection {
    return new Inspection(this.#view)
  }

  /**
   * Changes the bounds, `null` for none: a number bounds the entries. Surplus entries are evicted gradually, by writes and
   * between turns of the event loop; asking for the size or the keys evicts the rest at once. Throws `ConfigError` for
   * `maxBytes` if entries are not weighed.
   */
  resize(bounds: number | null | NewBounds): void {
    if (typeof bounds === 'object' && bounds !== null)
      refuseUnknownOptions(bounds, ['maxEntries', 'maxBytes'], 'resize')
    this.store.resize(bounds, this.#view.owner)
  }

  /**
   * Writes all entries to a file, the coldest first, with their deadlines, encoded by the cache's coder. The file is replaced
   * atomically at the end. Rejects with an `AdapterError` if it cannot be written.
   */
  dump(path: string | URL): Promise<Dumped> {
    return dumpTo(this.#view, path)
  }

  /**
   * Adds the entries of a file that `dump` wrote, in their order and with their deadlines, except those that have expired,
   * those whose keys are in the cache already, and the coldest of those that do not fit. If the file is damaged, rejects with
   * a `CoderError`; if it cannot be read, with an `AdapterError`; nothing is changed then.
   */
  load(path: string | URL): Promise<Restored> {
    return loadFrom(this.#view, path)
  }

  /** Looks at the slot of a fresh entry, 0 if there is none, without counting a use. */
  #look<T>(key: Key, look: (slot: number) => T): Out<M, T> {
    return asOut<M, T>(answerVerb(coreOf(this), () => look(this.#freshSlot(keyOf(key)))))
  }

  #freshSlot(key: string): number {
    const { store } = this
    const slot = store.find(this.prefix + key)
    if (slot === 0 || this.now() >= store.slots.expiresAt(slot)) return 0
    if (!this.loads.looksAtTags || store.slots.tagsAt(slot) === undefined) return slot
    const entry = judged(coreOf(this), store.entryAt(slot)) as Entry | undefined
    return isFresh(entry, this.now()) ? slot : 0
  }

  *#freshKeys(prefix: string): Generator<string, void, undefined> {
    for (const id of this.store.keys(this.prefix + prefix)) {
      const key = this.#view.keyOf(id)
      if (!isHidden(key) && this.#freshSlot(key) !== 0) yield key
    }
  }
}

async function* asynchronous<T>(values: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* values
}
