import { UNKNOWN } from '../../adapter/fast-path.ts'
import { CoderError } from '../../core/errors.ts'
import { type Answer, coloured, then } from '../../core/flow.ts'
import type { Capabilities, Entry, Key, Mode, Out, Slot } from '../../core/types.ts'
import type { Life } from '../../entry/ttl.ts'
import type { Core } from '../../verbs/cache-core.ts'
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

  override read(key: string): Out<M, Entry | undefined> {
    const kept = this.inner.read(this.keyWithin(key)) as Answer<Entry | undefined>
    return coloured(then(kept, (entry) => this.#unsealed(key, entry)))
  }

  override readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    const within = keys.map((key) => this.keyWithin(key))
    const kept = readMany(this.store as Core, within)
    return coloured(then(kept, (entries) => entries.map((entry, i) => this.#unsealedLater(keys[i]!, entry))))
  }

  override write(key: string, entry: Entry): Out<M, void> {
    return this.inner.write(this.keyWithin(key), this.seal(key, entry))
  }

  override writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    const sealed = entries.map(([key, entry]) => [this.keyWithin(key), this.seal(key, entry)] as const)
    return coloured(then(writeMany(this.store as Core, sealed), () => undefined))
  }

  override drop(keys: readonly string[]): Out<M, number> {
    return this.inner.drop(keys.map((key) => this.keyWithin(key)))
  }

  override look(key: string): Out<M, Slot> {
    const slot = this.store.look?.(this.keyWithin(key)) as Answer<Slot> | undefined
    if (slot === undefined) return undefined as unknown as Out<M, Slot>
    return coloured(then(slot, ({ entry, mark }) => ({ entry: this.#unsealed(key, entry), mark })))
  }

  override swap(key: string, mark: unknown, entry: Entry | undefined): Out<M, boolean> {
    const sealed = entry === undefined ? undefined : this.seal(key, entry)
    return this.store.swap?.(this.keyWithin(key), mark, sealed) as Out<M, boolean>
  }

  override atHand(_key: Key): unknown {
    return UNKNOWN
  }

  override putAtHand(_key: string, _value: unknown, _life: Life): boolean {
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
