import { CacheAdapter } from '../../lib/adapter/cache-adapter.ts'
import { coderOf } from '../../lib/coder/index.ts'
import { asOut } from '../../lib/core/flow.ts'
import type {
  AdapterOptions,
  Capabilities,
  Coder,
  Entry,
  Key,
  Keys,
  Mode,
  Out,
  VersionedEntry,
} from '../../lib/core/types.ts'
import { coarseNow, systemNow } from '../../lib/entry/clock.ts'
import { isFresh } from '../../lib/entry/entry.ts'
import { LAST_MOMENT } from '../../lib/entry/timeout.ts'
import type { ResolvedTtl } from '../../lib/entry/ttl.ts'
import { refuseUnknownOptions } from '../../lib/entry/validate.ts'
import type { Loads } from '../../lib/single-flight/loads.ts'
import { coreOf, MISSING, type PreparedKey, UNKNOWN } from '../../lib/verbs/cache-core.ts'
import { judged } from '../../lib/verbs/tags.ts'
import { type Expiry, expiryOf, lifeAtRead, lifeAtWrite } from './engine/expiry.ts'
import { CLEARED, EXPLICIT, type Owner, REPLACED } from './engine/removals.ts'
import { NEVER } from './engine/slots.ts'
import { MemoryStore } from './engine/store.ts'
import { type Isolating, isolationOf, MEMORY_OPTIONS, type MemoryOptions } from './options.ts'
import { sharedFlights } from './shared.ts'
import { storeOf } from './weak.ts'

const CAPABILITIES: Capabilities = {
  atomic: true,
  listsKeys: true,
  clears: true,
  shared: false,
  locks: false,
  millisecondExpiry: true,
}

/** A life of more than so many ms, 24 days, is out of the ordinary. */
const LONG = 2 ** 31

/** A key as it is in the store, and its hash: to make it of long text takes longer than all the rest. */
interface HashedKey extends PreparedKey {
  readonly id: string
  readonly hash: number
}

/** The verbs of a store over entries in memory, and the short ways of reading and writing. */
export abstract class MemoryStoreAdapter<M extends Mode> extends CacheAdapter<M> {
  readonly store: MemoryStore
  /** Whatever clock it is, the store goes by it. */
  protected override readonly movedClock = false
  /** The store slides by itself. */
  protected override readonly slides = false
  protected readonly isolating: Isolating | undefined
  protected readonly owner: Owner
  protected readonly coder: Coder
  readonly #shared: Loads | undefined
  readonly #expiry: Expiry | undefined
  /** Whether values are kept as they are given, for as long as they are given. */
  readonly #isPlain: boolean
  /** Whether reading an entry may give it another deadline. */
  readonly #readsProlong: boolean

  constructor(options: MemoryOptions = {}) {
    refuseUnknownOptions(options, MEMORY_OPTIONS, new.target.name)
    super(options.clock === 'coarse' ? { ...options, clock: coarseNow } : (options as AdapterOptions))
    this.store = options.store ?? storeOf(options)
    this.coder = coderOf(options.coder)
    this.isolating = isolationOf(options.isolation, this.coder)
    this.#expiry = expiryOf(options.expiry, options.touchOnGet)
    this.#readsProlong = options.touchOnGet === true || this.#expiry?.read !== undefined
    if (options.touchOnGet) this.store.keepLives()
    const keepsAsGiven = this.isolating === undefined && this.store.write === MemoryStore.prototype.write
    this.#isPlain = keepsAsGiven && this.#expiry === undefined
    this.owner = {
      now: () => this.now(),
      expired: (key) => this.events.emit('expire', this.spelled(key)),
      evicted: (key, isRefused) => this.events.emit('evict', this.spelled(key), isRefused ? { refused: true } : {}),
      hearsEvicted: () => this.events.isHeard('evict'),
      countEvicted: () => this.events.count('evict'),
      failed: (error) => this.events.emit('error', undefined, { error, verb: 'sweep' }),
    }
    if (options.shared !== undefined) {
      this.#shared = sharedFlights(options.shared, this.store, this.owner, super.loads)
    }
  }

  protected override get loads(): Loads {
    return this.#shared ?? super.loads
  }

  protected override get isolates(): boolean {
    return this.isolating !== undefined
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

  protected read(key: string): Out<M, Entry | undefined> {
    return asOut(this.#read(key, this.now()))
  }

  // All by one reading of the clock.
  protected readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    const now = this.now()
    return asOut(keys.map((key) => this.#read(key, now)))
  }

  protected write(key: string, entry: Entry): Out<M, void> {
    this.put(key, entry, this.#expiry)
    return asOut<M, void>(undefined)
  }

  protected drop(keys: readonly string[]): Out<M, number> {
    return asOut(this.#drop(keys, EXPLICIT))
  }

  protected readVersioned(key: string): Out<M, VersionedEntry> {
    const slot = this.store.find(key)
    if (slot === 0) return asOut<M, VersionedEntry>({ entry: undefined, version: undefined })
    const version = this.store.entryAt(slot)
    return asOut<M, VersionedEntry>({ entry: this.#given(version, this.now()), version })
  }

  protected compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    const slot = this.store.find(key)
    const isSame = version === undefined ? slot === 0 : slot !== 0 && this.store.isAt(slot, version as Entry)
    if (!isSame) return asOut(false)
    if (entry === undefined) this.#drop([key], EXPLICIT)
    // Another life for the same value was asked for in so many words.
    else this.put(key, entry, version !== undefined && isSameValue(version as Entry, entry) ? undefined : this.#expiry)
    return asOut(true)
  }

  protected list(prefix: string): Keys<M> {
    return this.store.keys(prefix) as Keys<Mode> as Keys<M>
  }

  protected wipe(prefix: string): Out<M, void> {
    if (prefix === '') this.store.clear(this.owner)
    else this.#drop(this.store.keys(prefix), CLEARED)
    return asOut<M, void>(undefined)
  }

  /** Nothing is open. What is kept stays until it is cleared, expires, or the cache itself is let go. */
  close(): Out<M, void> {
    return asOut<M, void>(this.mode === 'sync' ? undefined : Promise.resolve())
  }

  protected override tryGet(key: Key): unknown {
    if (typeof key !== 'string') return UNKNOWN
    const id = this.prefix === '' ? key : this.prefix + key
    const hash = this.store.hashOf(id)
    return this.#valueAt(this.store.find(id, hash), key, hash)
  }

  protected override prepareKey(key: string): HashedKey {
    const id = this.prefix + key
    return { key, id, hash: this.store.hashOf(id) }
  }

  protected override tryGetPrepared({ key, id, hash }: HashedKey): unknown {
    return this.#valueAt(this.store.find(id, hash), key, hash)
  }

  /** The fresh value in a slot, which is used. */
  #valueAt(slot: number, key: string, hash: number): unknown {
    const { store } = this
    if (slot === 0) {
      store.miss(hash)
      return MISSING
    }
    // First, because nothing is looked up in memory while the clock is read.
    store.touch(slot)
    const value = store.valueAt(slot)
    if (this.loads.looksAtTags && store.tagsAt(slot) !== undefined) return UNKNOWN
    if (store.isMortal(slot) && !store.isFresh(slot, this.#time())) return UNKNOWN
    this.events.hit(key)
    if (this.#readsProlong) this.#prolong(slot, key, value)
    return this.isolating === undefined ? value : this.isolating.give(value)
  }

  /** What `set` does, on the spot. Answers whether it did: what is out of the ordinary takes the long way. */
  protected putFresh(key: string, value: unknown, { ttlMs, staleMs, tags }: ResolvedTtl): boolean {
    if (!this.#isPlain || staleMs !== 0 || tags !== undefined || ttlMs === 0 || (ttlMs ?? 0) > LONG) return false
    const { store } = this
    const id = this.prefix === '' ? key : this.prefix + key
    const weight = store.weigh(value, value, key)
    this.loads.invalidate(id, this)
    store.writeFresh(id, value, this.#time(), ttlMs ?? NEVER, this.owner, weight)
    this.events.set(key)
    return true
  }

  /** The slot of an entry that is fresh, by a user's key; 0 when there is none. Asking for it is no use of it. */
  protected freshSlot(key: string): number {
    const slot = this.store.find(this.prefix + key)
    if (slot === 0 || this.now() >= this.store.expiresAt(slot)) return 0
    return this.loads.looksAtTags && this.#isInvalidated(slot) ? 0 : slot
  }

  #isInvalidated(slot: number): boolean {
    if (this.store.tagsAt(slot) === undefined) return false
    const entry = judged(coreOf(this), this.store.entryAt(slot)) as Entry | undefined
    return !isFresh(entry, this.now())
  }

  protected spelled(key: string): string {
    return this.prefix === '' ? key : key.slice(this.prefix.length)
  }

  protected given(kept: unknown): unknown {
    return this.isolating === undefined ? kept : this.isolating.give(kept)
  }

  /** Named, so that V8 sees through it: a function out of a field costs 4 ns more. */
  #time(): number {
    if (this.now === systemNow) return systemNow()
    return this.now === coarseNow ? coarseNow() : this.now()
  }

  #read(key: string, now: number): Entry | undefined {
    const { store } = this
    const hash = store.hashOf(key)
    const slot = store.find(key, hash)
    if (slot === 0) {
      store.miss(hash)
      return undefined
    }
    if (store.forget(slot, now, this.owner)) return undefined
    store.touch(slot)
    const entry = store.entryAt(slot)
    if (this.#readsProlong && isFresh(entry, now)) this.#prolong(slot, this.spelled(key), entry.value)
    return this.#given(entry, now)
  }

  #drop(keys: Iterable<string>, cause: number): number {
    const now = this.now()
    let dropped = 0
    for (const key of keys) if (this.store.drop(key, now, this.owner, cause)) dropped++
    return dropped
  }

  /** Puts an entry under a key of the store, for as long as the expiry says, if there is one. */
  protected put(key: string, entry: Entry, expiry?: Expiry | undefined): void {
    const { value, created, tags } = entry
    const { store } = this
    const spelled = this.spelled(key)
    const now = this.now()
    let expires = entry.expires ?? NEVER
    let until = entry.until ?? NEVER
    if (expiry !== undefined) {
      const staleMs = until === NEVER && expires !== NEVER ? NEVER : until - expires || 0
      const ttl = lifeAtWrite(expiry, spelled, value, expires - now, this.#leftOf(key, now))
      expires = deadlineOf(now, ttl)
      until = deadlineOf(expires, staleMs)
    }
    const kept = this.isolating === undefined ? value : this.isolating.keep(value)
    const weight = store.weigh(value, kept, spelled)
    if (until <= now) store.drop(key, now, this.owner, REPLACED)
    else store.write(key, kept, created, expires, now, this.owner, until, tags, weight)
  }

  /** How long the entry under a key has left; `undefined` when there is no fresh one. */
  #leftOf(key: string, now: number): number | undefined {
    const slot = this.store.find(key)
    const left = slot === 0 ? 0 : this.store.expiresAt(slot) - now
    return left > 0 ? left : undefined
  }

  /** A value was read: its entry may live on from now. */
  #prolong(slot: number, key: string, kept: unknown): void {
    const { store } = this
    const now = this.#time()
    const ttl =
      this.#expiry?.read === undefined
        ? store.lifeAt(slot)
        : lifeAtRead(this.#expiry, key, this.given(kept), store.expiresAt(slot) - now)
    // The user's function may have done anything to the cache.
    if (ttl === undefined || store.find(this.prefix + key) !== slot || store.valueAt(slot) !== kept) return
    store.prolong(slot, ttl, now)
  }

  /** An entry as it is given out. An expired one is only looked at, so its value is left as it is. */
  #given(entry: Entry, now: number): Entry {
    if (this.isolating === undefined || (entry.until !== null && entry.until <= now)) return entry
    return { ...entry, value: this.isolating.give(entry.value) }
  }
}

function isSameValue(before: Entry, after: Entry): boolean {
  return Object.is(before.value, after.value)
}

function deadlineOf(start: number, ttl: number | null): number {
  if (ttl === null) return NEVER
  const deadline = start + ttl
  return deadline > LAST_MOMENT ? NEVER : deadline
}
