import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { BytesAdapter } from '../../lib/adapter/bytes-adapter.ts'
import { Unsupported } from '../../lib/core/errors.ts'
import { asOut } from '../../lib/core/flow.ts'
import type { AdapterOptions, Capabilities, Entry, Key, Keys, Mode, Out, Timeout, Wire } from '../../lib/core/types.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'
import { answerVerb } from '../../lib/verbs/call-store.ts'

/** Another form of entries than the envelope: one that does not know when they expire. */
export interface Form {
  pack(entry: Entry): Wire
  unpack(wire: Wire): Entry
}

/** What a cache over one of our byte stores is made of. */
export interface Opening<M extends Mode> {
  /** What stands for the store in this process: caches over the same one share what is being made. Nothing: this cache itself. */
  readonly identity: object | string | undefined
  /** The form of entries, if it is not the envelope. */
  readonly form?: Form | undefined
  /** Makes the store. Nothing is connected yet. */
  open(context: StoreContext, prefix: string, now: () => number): DescribedStore<M>
}

/** A cache over one of our byte stores: all it does is to hand on. */
export abstract class StoredCache<M extends Mode> extends BytesAdapter<M> {
  readonly #store: DescribedStore<M>
  readonly #identity: object | string
  readonly #form: Form | undefined

  constructor(options: AdapterOptions, { identity, form, open }: Opening<M>) {
    super(options)
    const context: StoreContext = {
      adapter: this.name,
      emit: (event, id, facts) => this.events.emit(event, id?.slice(this.prefix.length), facts),
    }
    this.#store = open(context, this.prefix, this.now)
    this.#identity = identity ?? this
    this.#form = form
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

  protected load(key: string): Out<M, Wire | undefined> {
    return this.#store.load(key)
  }

  protected save(key: string, wire: Wire, ttlMs: number | null): Out<M, void> {
    return this.#store.save(key, wire, ttlMs)
  }

  protected drop(keys: readonly string[]): Out<M, number> {
    return this.#store.drop(keys)
  }

  protected override loadMany(keys: readonly string[]): Out<M, (Wire | undefined)[]> {
    return this.#store.loadMany?.(keys) ?? super.loadMany(keys)
  }

  protected override saveMany(savings: readonly Saving[]): Out<M, void> {
    // Not `??`: a synchronous store answers nothing when it is done.
    return this.#store.saveMany === undefined ? super.saveMany(savings) : this.#store.saveMany(savings)
  }

  protected override loadVersioned(key: string): Out<M, VersionedWire> {
    return this.#store.loadVersioned?.(key) ?? super.loadVersioned(key)
  }

  protected override compareAndSave(
    key: string,
    version: unknown,
    wire: Wire | undefined,
    ttlMs: number | null,
  ): Out<M, boolean> {
    return this.#store.compareAndSave?.(key, version, wire, ttlMs) ?? super.compareAndSave(key, version, wire, ttlMs)
  }

  protected list(prefix: string): Keys<M> {
    if (this.#store.list === undefined) throw new Unsupported('keys', this.name)
    return this.#store.list(prefix)
  }

  protected wipe(prefix: string): Out<M, void> {
    if (this.#store.wipe === undefined) throw new Unsupported('clear', this.name)
    return this.#store.wipe(prefix)
  }

  close(): Out<M, void> {
    return this.#store.close()
  }

  /** What the backend says about itself: plain data, of the whole server or file. Throws `Unsupported` where it says nothing. */
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
    return this.#store.ping?.() ?? super.probe()
  }

  /** What needs the time that an entry has left. */
  #refuse(verb: string): never {
    return asOut<M, never>(
      answerVerb<never>(coreOf(this), () => {
        throw new Unsupported(verb, this.name)
      }),
    ) as never
  }
}
