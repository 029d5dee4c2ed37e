import { coderBeside } from '../coder/beside.ts'
import { pack, unpack } from '../coder/envelope.ts'
import { coderOf } from '../coder/index.ts'
import { CoderError } from '../core/errors.ts'
import { type Answer, coloured, then, together } from '../core/flow.ts'
import type { AdapterOptions, Capabilities, Coder, Entry, Mode, Out, Slot, Wire } from '../core/types.ts'
import { keepFor } from '../entry/entry.ts'
import type { ByteStore, Marked, Saving } from './byte-store.ts'
import { CacheAdapter } from './cache-adapter.ts'

/** The part of a byte store that users' verbs do not cover under the same name. */
type Storing<M extends Mode> = Omit<ByteStore<M>, 'connect' | 'ping'>

/**
 * A cache over a store that keeps bytes: its author writes `mode` and `load`, `save`, `drop`, `close` (see `ByteStore`, also
 * for the optional ones), and gets the coder and the envelope for nothing.
 */
export abstract class BytesAdapter<M extends Mode = Mode> extends CacheAdapter<M> implements Storing<M> {
  readonly coder: Coder

  constructor(options: AdapterOptions = {}) {
    super(options)
    this.coder = coderOf(options.coder)
  }

  override get capabilities(): Capabilities {
    const capabilities = super.capabilities
    // The default below takes any state for the one that was found.
    return this.exchange === BytesAdapter.prototype.exchange ? { ...capabilities, atomic: false } : capabilities
  }

  /** What `save` was given for a key, or `undefined`. */
  abstract load(key: string): Out<M, Wire | undefined>
  /** Keeps bytes under a key for `keepFor` ms, or a little longer; `null` for ever. */
  abstract save(key: string, wire: Wire, keepFor: number | null): Out<M, void>

  /** Whether `save` takes text as text. Otherwise it is given the bytes of it. */
  protected get takesText(): boolean {
    return false
  }

  loadMany(keys: readonly string[]): Out<M, (Wire | undefined)[]> {
    return coloured(together(keys.map((key) => this.load(key))))
  }

  saveMany(savings: readonly Saving[]): Out<M, void> {
    return coloured(then(together(savings.map((saving) => this.save(...saving))), () => undefined))
  }

  inspect(key: string): Out<M, Marked> {
    return coloured(then<Wire | undefined, Marked>(this.load(key), (wire) => ({ wire, mark: wire })))
  }

  exchange(key: string, _mark: unknown, wire: Wire | undefined, keepFor: number | null): Out<M, boolean> {
    const done: Answer<unknown> = wire === undefined ? this.drop([key]) : this.save(key, wire, keepFor)
    return coloured(then(done, () => true))
  }

  override fetch(key: string): Out<M, Wire | undefined> {
    return this.load(key)
  }

  // What cannot be read counts as missing: it may be foreign, damaged, or of a later version.
  override entryIn(key: string, kept: unknown): Entry | undefined {
    if (kept === undefined) return undefined
    try {
      return this.decode(kept as Wire)
    } catch (error) {
      if (!(error instanceof CoderError)) throw error
      this.events.emit('decodeError', key.slice(this.prefix.length), { error, verb: 'get' })
      return undefined
    }
  }

  read(key: string): Out<M, Entry | undefined> {
    return coloured(then(this.load(key) as Answer<Wire | undefined>, (wire) => this.entryIn(key, wire)))
  }

  readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    const decode = (wires: (Wire | undefined)[]) => wires.map((wire, i) => this.entryIn(keys[i]!, wire))
    return coloured(then(this.loadMany(keys) as Answer<(Wire | undefined)[]>, decode))
  }

  write(key: string, entry: Entry): Out<M, void> {
    return this.save(key, this.#wireOf(entry), keepFor(entry, this.now()))
  }

  writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    const now = this.now()
    return this.saveMany(entries.map(([key, entry]) => [key, this.#wireOf(entry), keepFor(entry, now)] as const))
  }

  look(key: string): Out<M, Slot> {
    const slot = ({ wire, mark }: Marked): Slot => ({ entry: this.entryIn(key, wire), mark })
    return coloured(then(this.inspect(key) as Answer<Marked>, slot))
  }

  swap(key: string, mark: unknown, entry: Entry | undefined): Out<M, boolean> {
    if (entry === undefined) return this.exchange(key, mark, undefined, null)
    return this.exchange(key, mark, this.#wireOf(entry), keepFor(entry, this.now()))
  }

  /** An entry in the form that is kept. Throws `CoderError` when it cannot be written. */
  protected encode(entry: Entry): Wire {
    return pack(entry, this.coder)
  }

  /** The entry of a form that was kept. Throws `CoderError` when it is none. */
  protected decode(wire: Wire): Entry {
    return unpack(wire, this.#coderNamed)
  }

  #wireOf(entry: Entry): Wire {
    const wire = this.encode(entry)
    return typeof wire === 'string' && !this.takesText ? Buffer.from(wire) : wire
  }

  readonly #coderNamed = (name: string): Coder | undefined => coderBeside(this.coder, name)
}
