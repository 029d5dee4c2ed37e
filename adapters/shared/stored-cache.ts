import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { BytesAdapter } from '../../lib/adapter/bytes-adapter.ts'
import { AdapterError, CacheTimeout, ConnectionFailed, PartialFailure, Unsupported } from '../../lib/core/errors.ts'
import type { EventMap } from '../../lib/core/events.ts'
import { type Answer, asOut, type Flow, run, wait } from '../../lib/core/flow.ts'
import type {
  AdapterOptions,
  CacheStatus,
  Capabilities,
  Entry,
  Key,
  Keys,
  Mode,
  Out,
  Timeout,
  Wire,
} from '../../lib/core/types.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'
import { answerVerb } from '../../lib/verbs/call-store.ts'
import { Health } from './health.ts'
import { journalOf, listedAfter, listedLater, type OutageJournal, type ReplayTarget } from './outage-journal.ts'

/** A form of entries other than the envelope: one that does not know when they expire. */
export interface Form {
  pack(entry: Entry): Wire
  unpack(wire: Wire): Entry
}

/** The parts of a cache over one of our byte stores. */
export interface Opening<M extends Mode> {
  /** Stands for the store in this process: caches over the same one share their loads. @default the cache itself */
  readonly identity: object | string | undefined
  /** The form of entries, if it is not the envelope. */
  readonly form?: Form | undefined
  /** Whether the backend itself removes entries to the millisecond: then its clock counts, and not that of this host. */
  readonly expiresItself?: boolean
  /** Creates the store. Nothing is connected yet. */
  open(context: StoreContext, prefix: string, now: () => number): DescribedStore<M>
}

/** A cache over one of our byte stores: it forwards to the store, and remembers removals that failed while it was down. */
export abstract class StoredCache<M extends Mode> extends BytesAdapter<M> {
  readonly #store: DescribedStore<M>
  readonly #identity: object | string
  readonly #form: Form | undefined
  readonly #expiresItself: boolean
  readonly #journal: OutageJournal
  /** For stores that do not know themselves whether their backend is up. */
  readonly #health = new Health()

  constructor(options: AdapterOptions, { identity, form, expiresItself = false, open }: Opening<M>) {
    super(options)
    const context: StoreContext = {
      adapter: this.name,
      emit: (event, id, facts) => {
        if (event === 'connect' || event === 'recover') this.#health.up()
        this.events.emit(event, id?.slice(this.prefix.length), facts)
      },
    }
    this.events.on('backendError', (facts) => {
      const { error } = facts as EventMap['backendError']
      if (error instanceof ConnectionFailed || error instanceof CacheTimeout) this.#health.down(error)
    })
    this.#store = open(context, this.prefix, this.now)
    this.#identity = identity ?? this
    this.#form = form
    this.#expiresItself = expiresItself && !this.movedClock
    this.#journal = journalOf(this.#identity, this.prefix)
  }

  protected override get storeIdentity(): object | string {
    return this.#identity
  }

  override get capabilities(): Capabilities {
    return this.#store.capabilities
  }

  protected override get takesText(): boolean {
    return true
  }

  override ttl(key: Key): Out<M, number | null | undefined> {
    return this.#form === undefined ? super.ttl(key) : this.#refuse('ttl')
  }

  override increment(key: Key, by?: number, timeout?: Timeout): Out<M, number> {
    return this.#form === undefined ? super.increment(key, by, timeout) : this.#refuse('increment')
  }

  override decrement(key: Key, by?: number, timeout?: Timeout): Out<M, number> {
    return this.#form === undefined ? super.decrement(key, by, timeout) : this.#refuse('decrement')
  }

  protected override encode(entry: Entry): Wire {
    return this.#form === undefined ? super.encode(entry) : this.#form.pack(entry)
  }

  protected override decode(wire: Wire): Entry {
    return this.#form === undefined ? super.decode(wire) : this.#form.unpack(wire)
  }

  protected override decodeStored(key: string, stored: unknown): Entry | undefined {
    const entry = super.decodeStored(key, stored)
    if (entry === undefined) return undefined
    // The store was cleared as a whole while it was down.
    if (entry.created <= this.#journal.clearedUntil) return undefined
    return this.#expiresItself && entry.expires !== null && entry.expires === entry.until
      ? notExpired(entry, entry.expires, this.now())
      : entry
  }

  protected load(key: string): Out<M, Wire | undefined> {
    if (this.#journal.isEmpty) return this.#store.load(key)
    return this.#replayed([key], () => this.#store.load(key))
  }

  protected save(key: string, wire: Wire, ttlMs: number | null): Out<M, void> {
    if (this.#journal.isEmpty) return this.#store.save(key, wire, ttlMs)
    return this.#replayed([key], () => this.#store.save(key, wire, ttlMs))
  }

  protected drop(keys: readonly string[]): Out<M, number> {
    return asOut(run(this.#drop(keys)))
  }

  protected override loadMany(keys: readonly string[]): Out<M, (Wire | undefined)[]> {
    const load = (some: readonly string[]): Out<M, (Wire | undefined)[]> =>
      this.#store.loadMany?.(some) ?? super.loadMany(some)
    if (this.#journal.isEmpty) return load(keys)
    return this.#replayedMany(keys, (positions) => load(positions.map((i) => keys[i]!)))
  }

  protected override saveMany(savings: readonly Saving[]): Out<M, void> {
    // Not `??`: a synchronous store returns nothing.
    const save = (some: readonly Saving[]): Out<M, void> =>
      this.#store.saveMany === undefined ? super.saveMany(some) : this.#store.saveMany(some)
    if (this.#journal.isEmpty) return save(savings)
    const keys = savings.map(([key]) => key)
    return this.#replayedMany(keys, (positions) => save(positions.map((i) => savings[i]!)))
  }

  protected override saveNew(savings: readonly Saving[]): Out<M, boolean[]> {
    const save = (some: readonly Saving[]): Out<M, boolean[]> => this.#store.saveNew?.(some) ?? super.saveNew(some)
    if (this.#journal.isEmpty) return save(savings)
    const keys = savings.map(([key]) => key)
    return this.#replayedMany(keys, (positions) => save(positions.map((i) => savings[i]!)))
  }

  protected override loadVersioned(key: string): Out<M, VersionedWire> {
    const load = (): Out<M, VersionedWire> => this.#store.loadVersioned?.(key) ?? super.loadVersioned(key)
    return this.#journal.isEmpty ? load() : this.#replayed([key], load)
  }

  protected override compareAndSave(
    key: string,
    version: unknown,
    wire: Wire | undefined,
    ttlMs: number | null,
  ): Out<M, boolean> {
    const save = (): Out<M, boolean> =>
      this.#store.compareAndSave?.(key, version, wire, ttlMs) ?? super.compareAndSave(key, version, wire, ttlMs)
    return this.#journal.isEmpty ? save() : this.#replayed([key], save)
  }

  protected list(prefix: string): Keys<M> {
    const { list } = this.#store
    if (list === undefined) throw new Unsupported('keys', this.name)
    const keys = (): Keys<M> => this.#store.list!(prefix)
    if (!this.#journal.concernsPrefix(prefix)) return keys()
    const replay = (): Answer<void> => this.#journal.replay(this.#target)
    const listed: Keys<Mode> = this.mode === 'sync' ? listedAfter(replay, keys) : listedLater(replay, keys)
    return listed as Keys<M>
  }

  protected wipe(prefix: string): Out<M, void> {
    if (this.#store.wipe === undefined) throw new Unsupported('clear', this.name)
    return asOut(run(this.#wipe(prefix)))
  }

  /** Remembers keys whose removal could not reach the backend, so that it is replayed when that is back. */
  protected journalRemoval(keys: readonly string[]): void {
    this.#journal.removed(keys)
  }

  override status(): CacheStatus {
    return this.#store.status?.() ?? this.#health.status(this.#health.isDown ? 'open' : 'closed')
  }

  close(): Out<M, void> {
    return this.#store.close()
  }

  /** The backend's own report: plain data, about the whole server or file. Throws `Unsupported` where there is none. */
  backendStats(): Out<M, Record<string, unknown>> {
    return asOut(
      answerVerb(coreOf(this), () => {
        if (this.#store.backendStats === undefined) throw new Unsupported('backendStats', this.name)
        return this.#store.backendStats()
      }),
    )
  }

  protected override open(): Out<M, void> {
    return this.#store.connect === undefined ? super.open() : this.#store.connect()
  }

  protected override probe(): Out<M, unknown> {
    // Not `??`: a synchronous store returns nothing.
    return this.#store.ping === undefined ? super.probe() : this.#store.ping()
  }

  *#drop(keys: readonly string[]): Flow<number> {
    try {
      const dropped = yield* wait(this.#store.drop(keys) as Answer<number>)
      this.#journal.settled(keys)
      return dropped
    } catch (error) {
      if (error instanceof PartialFailure) this.#journal.removed(error.failed.map((i) => keys[i]!))
      else if (isOutage(error)) this.#journal.removed(keys)
      throw error
    }
  }

  *#wipe(prefix: string): Flow<void> {
    try {
      yield* wait(this.#store.wipe!(prefix) as Answer<void>)
      this.#journal.settled([], prefix)
    } catch (error) {
      if (isOutage(error)) this.#journal.cleared(prefix)
      throw error
    }
  }

  /** Runs a verb after the replay of the removals of its keys. */
  #replayed<T>(keys: readonly string[], verb: () => Out<M, T>): Out<M, T> {
    if (this.#journal.concerns(keys)) {
      return asOut<M, T>(run(this.#journal.before<T>(this.#target, verb as () => Answer<T>)))
    }
    const answer = verb()
    this.#journal.replayAside(this.#target)
    return answer
  }

  /** `#replayed` for many keys: if the replay fails, only the keys whose removals are still to come fail. */
  #replayedMany<T>(keys: readonly string[], verb: (positions: readonly number[]) => Out<M, T>): Out<M, T> {
    const positions = keys.map((_, i) => i)
    if (!this.#journal.concerns(keys)) return this.#replayed<T>(keys, () => verb(positions))
    const each = verb as (positions: readonly number[]) => Answer<T>
    return asOut<M, T>(run(this.#journal.beforeMany<T>(this.#target, keys, each)))
  }

  get #target(): ReplayTarget {
    const store = this.#store
    return { mode: this.mode, drop: (keys) => store.drop(keys), wipe: (prefix) => store.wipe?.(prefix) }
  }

  /** Refuses a verb that needs to know how long an entry has left. */
  #refuse(verb: string): never {
    return asOut<M, never>(
      answerVerb<never>(coreOf(this), () => {
        throw new Unsupported(verb, this.name)
      }),
    ) as never
  }
}

/** An entry that its backend has not removed yet: if it looks expired, the clocks of its writer and of this host differ. */
function notExpired(entry: Entry, expires: number, now: number): Entry {
  if (now < expires) return entry
  const until = now + Math.max(1000, expires - entry.created)
  return { ...entry, expires: until, until }
}

/** Whether a removal may not have reached the backend. */
function isOutage(error: unknown): boolean {
  return error instanceof AdapterError && !(error instanceof Unsupported)
}
