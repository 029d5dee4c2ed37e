import { CacheAdapter } from '../lib/adapter.ts'
import { MISSING, UNKNOWN } from '../lib/at-hand.ts'
import { coarseNow, systemNow } from '../lib/clock.ts'
import { coderOf } from '../lib/coder/index.ts'
import type { AdapterOptions, Capabilities, Clock, Entry, Key, Keys, Mode, Out, Slot } from '../lib/contract.ts'
import { isFresh } from '../lib/entry.ts'
import { ConfigError } from '../lib/errors.ts'
import { coloured } from '../lib/flow.ts'
import type { Life } from '../lib/life.ts'
import { LAST_MOMENT } from '../lib/timeout.ts'
import { type Isolating, isolationOf } from './memory/isolation.ts'
import type { PolicyName } from './memory/policies/names.ts'
import { type Losses, MemoryStore } from './memory/store.ts'

export interface MemoryOptions extends Omit<AdapterOptions, 'clock'> {
  /**
   * Where the time is read. `'coarse'` reads the system's clock once a millisecond at most, which makes hits faster, and lets
   * entries live on while a synchronous run lasts. @default the system's clock, exact to the millisecond
   */
  clock?: Clock | 'coarse' | undefined
  /** The most entries that are ever kept; `null` for no bound. @default 100 000 */
  maxEntries?: number | null | undefined
  /** Says what goes to make room: see `PolicyName`. @default 'adaptive' */
  policy?: PolicyName | undefined
  /** Entries that are kept already, shared with other caches in memory. @default a store of its own */
  store?: MemoryStore | undefined
}

const NEVER = Number.POSITIVE_INFINITY

const CAPABILITIES: Capabilities = {
  atomic: true,
  listsKeys: true,
  clears: true,
  shared: false,
  locks: false,
  millisecondExpiry: true,
}

/** What both colours of the cache in memory have in common: everything but the colour. */
abstract class MemoryAdapter<M extends Mode> extends CacheAdapter<M> {
  readonly store: MemoryStore
  readonly #isolating: Isolating | undefined
  readonly #losses: Losses

  constructor(options: MemoryOptions = {}) {
    super(options.clock === 'coarse' ? { ...options, clock: coarseNow } : (options as AdapterOptions))
    this.store = options.store ?? new MemoryStore(maxEntriesOf(options.maxEntries), options.policy)
    this.#isolating = isolationOf(options.isolation, coderOf(options.coder))
    this.#losses = {
      expired: (key) => this.events.emit('expire', this.#spelled(key)),
      evicted: (key) => this.events.evict(this.#spelled(key)),
    }
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

  read(key: string): Out<M, Entry | undefined> {
    return coloured(this.#read(key))
  }

  write(key: string, { value, created, expires, until, tags }: Entry): Out<M, void> {
    const kept = this.#isolating === undefined ? value : this.#isolating.keep(value)
    this.store.write(key, kept, created, expires ?? NEVER, this.now(), this.#losses, until ?? NEVER, tags)
    return coloured<M, void>(undefined)
  }

  drop(keys: readonly string[]): Out<M, number> {
    const now = this.now()
    let dropped = 0
    for (const key of keys) if (this.store.drop(key, now)) dropped++
    return coloured(dropped)
  }

  look(key: string): Out<M, Slot> {
    const slot = this.store.find(key)
    if (slot === 0) return coloured<M, Slot>({ entry: undefined, mark: undefined })
    const mark = this.store.entryAt(slot)
    return coloured<M, Slot>({ entry: this.#given(mark), mark })
  }

  swap(key: string, mark: unknown, entry: Entry | undefined): Out<M, boolean> {
    const slot = this.store.find(key)
    const isSame = mark === undefined ? slot === 0 : slot !== 0 && this.store.isAt(slot, mark as Entry)
    if (!isSame) return coloured(false)
    if (entry === undefined) this.store.drop(key, this.now())
    else this.write(key, entry)
    return coloured(true)
  }

  list(prefix: string): Keys<M> {
    return this.store.keys(prefix) as Keys<Mode> as Keys<M>
  }

  wipe(prefix: string): Out<M, void> {
    if (prefix === '') this.store.clear()
    else this.drop([...this.store.keys(prefix)])
    return coloured<M, void>(undefined)
  }

  /** Sets another bound on the entries of the store, `null` for none. What is too many goes at once, as `evict` events tell. */
  resize(maxEntries: number | null): void {
    this.store.resize(maxEntriesOf(maxEntries), this.#losses)
  }

  /** Nothing is open. What is kept stays until it is cleared, expires, or the cache itself is let go. */
  close(): Out<M, void> {
    return coloured<M, void>(this.mode === 'sync' ? undefined : Promise.resolve())
  }

  override atHand(key: Key): unknown {
    if (typeof key !== 'string') return UNKNOWN
    const { store } = this
    const slot = store.find(this.prefix === '' ? key : this.prefix + key)
    if (slot === 0) return MISSING

    const expires = store.expiresAt(slot)
    if (expires !== NEVER && expires <= this.#time()) return UNKNOWN
    const value = store.valueAt(slot)
    store.touch(slot)
    this.events.hit(key)
    return this.#isolating === undefined ? value : this.#isolating.give(value)
  }

  /** What `set` does, on the spot. Answers whether it did: values that are kept in another form take the long way. */
  protected putFresh(key: string, value: unknown, { life, grace, tags }: Life): boolean {
    if (life === 0 || this.#isolating !== undefined) return false
    const id = this.prefix === '' ? key : this.prefix + key
    this.flights.void(id, this)
    const now = this.#time()
    const expires = deadlineOf(now, life)
    this.store.write(id, value, now, expires, now, this.#losses, deadlineOf(expires, grace), tags)
    this.events.set(key)
    return true
  }

  /** Named, so that V8 sees through it: a function out of a field costs 4 ns more. */
  #time(): number {
    if (this.now === systemNow) return systemNow()
    return this.now === coarseNow ? coarseNow() : this.now()
  }

  #read(key: string): Entry | undefined {
    const slot = this.store.find(key)
    if (slot === 0 || this.store.forget(slot, this.now(), this.#losses)) return undefined
    this.store.touch(slot)
    return this.#given(this.store.entryAt(slot))
  }

  /** An entry as it is given out. An expired one is only looked at, so its value is left as it is. */
  #given(entry: Entry): Entry {
    if (this.#isolating === undefined || !isFresh(entry, this.now())) return entry
    return { ...entry, value: this.#isolating.give(entry.value) }
  }

  #spelled(key: string): string {
    return this.prefix === '' ? key : key.slice(this.prefix.length)
  }
}

/** A cache in this process's memory, bounded, that answers at once. */
export class MemoryCache extends MemoryAdapter<'sync'> {
  readonly mode = 'sync'

  override putAtHand(key: string, value: unknown, life: Life): boolean {
    return this.putFresh(key, value, life)
  }
}

/** A cache in this process's memory, bounded, that answers with promises. */
export class AsyncMemoryCache extends MemoryAdapter<'async'> {
  readonly mode = 'async'
}

function deadlineOf(start: number, life: number | null): number {
  if (life === null) return NEVER
  const deadline = start + life
  return deadline > LAST_MOMENT ? NEVER : deadline
}

function maxEntriesOf(maxEntries: number | null = MemoryStore.MAX_ENTRIES): number | null {
  if (maxEntries === null || (Number.isInteger(maxEntries) && maxEntries > 0)) return maxEntries
  throw new ConfigError(`maxEntries must be a whole number above 0, or null for no bound, not ${String(maxEntries)}.`)
}
