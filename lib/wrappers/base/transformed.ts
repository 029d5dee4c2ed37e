import { CoderError } from '../../core/errors.ts'
import { type Answer, andThen, asOut } from '../../core/flow.ts'
import type { Capabilities, Entry, Mode, Out, VersionedEntry } from '../../core/types.ts'
import type { CacheCore } from '../../verbs/cache-core.ts'
import { mapAnswers } from '../../verbs/call-store.ts'
import { addMany, compareAndSet, readMany, readVersioned, writeMany } from '../../verbs/store-verbs.ts'
import { WrappedCache } from './wrapped.ts'

/**
 * A wrapper that stores entries in another form than it is given, or under other keys. Its author says how to `seal` and
 * `unseal` an entry, or what `toKey` makes of a key, and every verb goes through these. They answer at once, also in
 * asynchronous caches, so that writes of one key keep their order.
 *
 * @example
 * class UpperCaseCache<M extends Mode> extends TransformedCache<M> {
 *   protected override toKey(key: string) { return key.toUpperCase() }
 * }
 */
export abstract class TransformedCache<M extends Mode = Mode> extends WrappedCache<M> {
  /** The entry as it is stored. @param key whole key, as this layer knows it */
  protected seal(_key: string, entry: Entry): Entry {
    return entry
  }

  /** The entry that was sealed. Throws `CoderError` if it cannot be restored. */
  protected unseal(_key: string, stored: Entry): Entry {
    return stored
  }

  /**
   * The stored key of a key of this layer, both without prefix. `list` and `wipe` pass prefixes on unchanged: override them
   * if that does not fit.
   */
  protected toKey(key: string): string {
    return key
  }

  /** Called before the entries of one answer are unsealed. */
  protected startAnswer(): void {}

  /** Handles an entry that cannot be unsealed: it is a miss and an event, unless this throws the error. */
  protected unreadable(key: string, error: CoderError): undefined {
    this.events.emit('decodeError', key.slice(this.prefix.length), { error, verb: 'get' })
  }

  protected override get isolates(): boolean {
    return true
  }

  override get capabilities(): Capabilities {
    return this.inner.capabilities
  }

  protected override read(key: string): Out<M, Entry | undefined> {
    const stored = this.store.read(this.storedKey(key)) as Answer<Entry | undefined>
    return asOut(andThen(stored, (entry) => this.#unsealOne(key, entry)))
  }

  protected readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    const storedKeys = keys.map((key) => this.storedKey(key))
    const read = () => readMany(this.store as CacheCore, storedKeys)
    return asOut(
      mapAnswers(read, (entry, i) => {
        if (i === 0) this.startAnswer()
        return this.#unsealLazily(keys[i]!, entry)
      }),
    )
  }

  protected override write(key: string, entry: Entry): Out<M, void> {
    return this.store.write(this.storedKey(key), this.seal(key, entry))
  }

  protected writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    return asOut(andThen(writeMany(this.store as CacheCore, this.#sealedOf(entries)), () => undefined))
  }

  protected addMany(entries: readonly (readonly [string, Entry])[]): Out<M, boolean[]> {
    return asOut(addMany(this.store as CacheCore, this.#sealedOf(entries)))
  }

  protected override drop(keys: readonly string[]): Out<M, number> {
    return this.store.drop(keys.map((key) => this.storedKey(key)))
  }

  protected readVersioned(key: string): Out<M, VersionedEntry> {
    const found = readVersioned(this.store as CacheCore, this.storedKey(key))
    return asOut(andThen(found, ({ entry, version }) => ({ entry: this.#unsealOne(key, entry), version })))
  }

  protected compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    const sealed = entry === undefined ? undefined : this.seal(key, entry)
    return asOut(compareAndSet(this.store as CacheCore, this.storedKey(key), version, sealed))
  }

  /** The whole key in the wrapped adapter. */
  protected storedKey(key: string): string {
    const own = key.slice(this.prefix.length)
    const stored = this.toKey(own)
    return stored === own ? key : this.prefix + stored
  }

  #sealedOf(entries: readonly (readonly [string, Entry])[]): (readonly [string, Entry])[] {
    return entries.map(([key, entry]) => [this.storedKey(key), this.seal(key, entry)])
  }

  #unsealOne(key: string, stored: Entry | undefined): Entry | undefined {
    this.startAnswer()
    return this.#unseal(key, stored)
  }

  /** One of many entries. An error waits until its value is used: a removal or a listing needs to know only that it exists. */
  #unsealLazily(key: string, stored: Entry | undefined): Entry | undefined {
    try {
      return this.#unseal(key, stored)
    } catch (error) {
      return {
        ...stored!,
        get value() {
          throw error
        },
      }
    }
  }

  #unseal(key: string, stored: Entry | undefined): Entry | undefined {
    if (stored === undefined) return undefined
    try {
      return this.unseal(key, stored)
    } catch (error) {
      if (error instanceof CoderError) return this.unreadable(key, error)
      throw error
    }
  }
}
