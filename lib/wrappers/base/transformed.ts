import { CoderError } from '../../core/errors.ts'
import { type Answer, andThen, asOut } from '../../core/flow.ts'
import type { Capabilities, Entry, Key, Mode, Out, VersionedEntry } from '../../core/types.ts'
import type { ResolvedTtl } from '../../entry/ttl.ts'
import { type CacheCore, UNKNOWN } from '../../verbs/cache-core.ts'
import { mapAnswers } from '../../verbs/call-store.ts'
import { readMany, writeMany } from '../../verbs/store-verbs.ts'
import { WrappedCache } from './wrapped.ts'

/**
 * A wrapper that keeps entries in another form than they are given in, and maybe under other keys: its author says how to
 * `seal` an entry and to `unseal` it again. Both are done on the spot, so that writes stay in their order.
 */
export abstract class TransformedCache<M extends Mode = Mode> extends WrappedCache<M> {
  /** The entry as it is to be kept. @param key the whole key, as this layer knows it */
  protected abstract seal(key: string, entry: Entry): Entry
  /** The entry that was sealed. Throws `CoderError` when it cannot be had again. */
  protected abstract unseal(key: string, kept: Entry): Entry

  /** The key that the adapter within is given for a whole key. Who overrides it sees to `list` and `wipe`, too. */
  protected keyWithin(key: string): string {
    return key
  }

  /** What becomes of an entry that cannot be unsealed: a miss and an event, unless it throws the error. */
  protected unreadable(key: string, error: CoderError): undefined {
    this.events.emit('decodeError', key.slice(this.prefix.length), { error, verb: 'get' })
  }

  override get capabilities(): Capabilities {
    return this.inner.capabilities
  }

  protected override read(key: string): Out<M, Entry | undefined> {
    const kept = this.store.read(this.keyWithin(key)) as Answer<Entry | undefined>
    return asOut(andThen(kept, (entry) => this.#unsealed(key, entry)))
  }

  protected override readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    const within = keys.map((key) => this.keyWithin(key))
    const read = () => readMany(this.store as CacheCore, within)
    return asOut(mapAnswers(read, (entry, i) => this.#unsealedLater(keys[i]!, entry)))
  }

  protected override write(key: string, entry: Entry): Out<M, void> {
    return this.store.write(this.keyWithin(key), this.seal(key, entry))
  }

  protected override writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    const sealed = entries.map(([key, entry]) => [this.keyWithin(key), this.seal(key, entry)] as const)
    return asOut(andThen(writeMany(this.store as CacheCore, sealed), () => undefined))
  }

  protected override drop(keys: readonly string[]): Out<M, number> {
    return this.store.drop(keys.map((key) => this.keyWithin(key)))
  }

  protected override readVersioned(key: string): Out<M, VersionedEntry> {
    const slot = this.store.readVersioned?.(this.keyWithin(key)) as Answer<VersionedEntry> | undefined
    if (slot === undefined) return undefined as unknown as Out<M, VersionedEntry>
    return asOut(andThen(slot, ({ entry, version }) => ({ entry: this.#unsealed(key, entry), version })))
  }

  protected override compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    const sealed = entry === undefined ? undefined : this.seal(key, entry)
    return this.store.compareAndSet?.(this.keyWithin(key), version, sealed) as Out<M, boolean>
  }

  protected override tryGet(_key: Key): unknown {
    return UNKNOWN
  }

  protected override trySet(_key: string, _value: unknown, _life: ResolvedTtl): boolean {
    return false
  }

  /**
   * One of many entries. If it fails to be unsealed, it does when its value is asked for: those who remove or list keys need
   * only know that there is an entry.
   */
  #unsealedLater(key: string, kept: Entry | undefined): Entry | undefined {
    try {
      return this.#unsealed(key, kept)
    } catch (error) {
      return {
        ...kept!,
        get value() {
          throw error
        },
      }
    }
  }

  #unsealed(key: string, kept: Entry | undefined): Entry | undefined {
    if (kept === undefined) return undefined
    try {
      return this.unseal(key, kept)
    } catch (error) {
      if (error instanceof CoderError) return this.unreadable(key, error)
      throw error
    }
  }
}
