import { type Decoders, decodersOf } from '../coder/coders.ts'
import { pack, unpack } from '../coder/envelope.ts'
import { coderOf } from '../coder/index.ts'
import { CoderError } from '../core/errors.ts'
import { type Answer, all, andThen, asOut } from '../core/flow.ts'
import type { AdapterOptions, Capabilities, Coder, Entry, Mode, Out, VersionedEntry, Wire } from '../core/types.ts'
import { remainingMs } from '../entry/entry.ts'
import { mapAnswers } from '../verbs/call-store.ts'
import type { Saving, VersionedWire } from './byte-store.ts'
import { CacheAdapter } from './cache-adapter.ts'

/**
 * A cache over a store of bytes. A subclass implements `mode` and the verbs `load`, `save`, `drop` and `close` (see
 * `ByteStore`, also for the optional ones); the coder and the envelope are included.
 */
export abstract class BytesAdapter<M extends Mode = Mode> extends CacheAdapter<M> {
  protected readonly coder: Coder
  readonly #decoders: Decoders

  constructor(options: AdapterOptions = {}) {
    super(options)
    this.coder = coderOf(options.coder)
    this.#decoders = decodersOf(this.coder, options.coders)
  }

  override get capabilities(): Capabilities {
    const capabilities = super.capabilities
    // The default `compareAndSave` ignores the version.
    return this.compareAndSave === BytesAdapter.prototype.compareAndSave
      ? { ...capabilities, atomic: false }
      : capabilities
  }

  // Every read decodes a new object.
  protected override get isolates(): boolean {
    return true
  }

  /** Returns what was saved under a key, or `undefined`. */
  protected abstract load(key: string): Out<M, Wire | undefined>
  /** Stores bytes under a key for `ttlMs`, or a little longer; `null` for no limit. */
  protected abstract save(key: string, wire: Wire, ttlMs: number | null): Out<M, void>

  /** `save` accepts text. Otherwise it receives UTF-8 bytes. */
  protected get takesText(): boolean {
    return false
  }

  protected loadMany(keys: readonly string[]): Out<M, (Wire | undefined)[]> {
    return asOut(all(keys.map((key) => this.load(key))))
  }

  protected saveMany(savings: readonly Saving[]): Out<M, void> {
    return asOut(andThen(all(savings.map((saving) => this.save(...saving))), () => undefined))
  }

  protected loadVersioned(key: string): Out<M, VersionedWire> {
    return asOut(andThen<Wire | undefined, VersionedWire>(this.load(key), (wire) => ({ wire, version: wire })))
  }

  protected compareAndSave(
    key: string,
    _version: unknown,
    wire: Wire | undefined,
    ttlMs: number | null,
  ): Out<M, boolean> {
    const done: Answer<unknown> = wire === undefined ? this.drop([key]) : this.save(key, wire, ttlMs)
    return asOut(andThen(done, () => true))
  }

  protected saveNew(savings: readonly Saving[]): Out<M, boolean[]> {
    return asOut(all(savings.map(([key, wire, ttlMs]) => this.compareAndSave(key, undefined, wire, ttlMs))))
  }

  protected override readStored(key: string): Out<M, Wire | undefined> {
    return this.load(key)
  }

  // Bytes that cannot be decoded are a miss: they may be foreign, damaged, or of a later version.
  protected override decodeStored(key: string, stored: unknown): Entry | undefined {
    if (stored === undefined) return undefined
    try {
      return this.decode(stored as Wire)
    } catch (error) {
      if (!(error instanceof CoderError)) throw error
      this.events.emit('decodeError', key.slice(this.prefix.length), { error, verb: 'get' })
      return undefined
    }
  }

  protected read(key: string): Out<M, Entry | undefined> {
    return asOut(andThen(this.load(key) as Answer<Wire | undefined>, (wire) => this.decodeStored(key, wire)))
  }

  protected readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    const load = () => this.loadMany(keys) as Answer<(Wire | undefined)[]>
    return asOut(mapAnswers(load, (wire, i) => this.decodeStored(keys[i]!, wire)))
  }

  protected write(key: string, entry: Entry): Out<M, void> {
    return this.save(key, this.#wireOf(entry), remainingMs(entry, this.now()))
  }

  protected writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    return this.saveMany(this.#savingsOf(entries))
  }

  protected addMany(entries: readonly (readonly [string, Entry])[]): Out<M, boolean[]> {
    return this.saveNew(this.#savingsOf(entries))
  }

  protected readVersioned(key: string): Out<M, VersionedEntry> {
    const versioned = ({ wire, version }: VersionedWire): VersionedEntry => ({
      entry: this.decodeStored(key, wire),
      version,
    })
    return asOut(andThen(this.loadVersioned(key) as Answer<VersionedWire>, versioned))
  }

  protected compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    if (entry === undefined) return this.compareAndSave(key, version, undefined, null)
    return this.compareAndSave(key, version, this.#wireOf(entry), remainingMs(entry, this.now()))
  }

  /** Encodes an entry. Throws `CoderError` if the value cannot be encoded. */
  protected encode(entry: Entry): Wire {
    return pack(entry, this.coder)
  }

  /** Decodes an entry. Throws `CoderError` for anything that is not an encoded entry. */
  protected decode(wire: Wire): Entry {
    return unpack(wire, this.#decoders)
  }

  #savingsOf(entries: readonly (readonly [string, Entry])[]): Saving[] {
    const now = this.now()
    return entries.map(([key, entry]) => [key, this.#wireOf(entry), remainingMs(entry, now)])
  }

  #wireOf(entry: Entry): Wire {
    const wire = this.encode(entry)
    return typeof wire === 'string' && !this.takesText ? Buffer.from(wire) : wire
  }
}
