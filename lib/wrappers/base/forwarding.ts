import { andThen, asOut } from '../../core/flow.ts'
import type { Capabilities, Entry, Key, Mode, Out, VersionedEntry } from '../../core/types.ts'
import type { ResolvedTtl } from '../../entry/ttl.ts'
import { type CacheCore, isValue, UNKNOWN } from '../../verbs/cache-core.ts'
import { addMany, compareAndSet, readMany, readVersioned, writeMany } from '../../verbs/store-verbs.ts'
import { WrappedCache } from './wrapped.ts'

/**
 * A wrapper that leaves the store verbs as they are: all of them are forwarded, with the fast path, so that it can do what
 * the wrapped adapter can. A subclass that overrides one of them overrides every verb that does the same for it: `read` goes
 * with `readStored`, `readMany`, `readVersioned` and `tryGet`, `write` with `writeMany`, `addMany`, `compareAndSet` and `trySet`, and
 * `drop` with the last two.
 */
export abstract class ForwardingCache<M extends Mode = Mode> extends WrappedCache<M> {
  override get capabilities(): Capabilities {
    return this.inner.capabilities
  }

  protected override readStored(key: string): Out<M, unknown> {
    return this.store.readStored(key)
  }

  protected override decodeStored(key: string, stored: unknown): Entry | undefined {
    return this.store.decodeStored(key, stored)
  }

  protected readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    return asOut(readMany(this.store as CacheCore, keys))
  }

  protected writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    return asOut(andThen(writeMany(this.store as CacheCore, entries), () => undefined))
  }

  protected addMany(entries: readonly (readonly [string, Entry])[]): Out<M, boolean[]> {
    return asOut(addMany(this.store as CacheCore, entries))
  }

  protected readVersioned(key: string): Out<M, VersionedEntry> {
    return asOut(readVersioned(this.store as CacheCore, key))
  }

  protected compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    return asOut(compareAndSet(this.store as CacheCore, key, version, entry))
  }

  protected override tryGet(key: Key): unknown {
    if (typeof key !== 'string') return UNKNOWN
    const value = this.store.tryGet(this.ownPrefix === '' ? key : this.ownPrefix + key)
    if (isValue(value)) this.layered.hitBelow(key)
    return value
  }

  protected override trySet(key: string, value: unknown, ttl: ResolvedTtl): boolean {
    const isSet = this.store.trySet?.(this.ownPrefix === '' ? key : this.ownPrefix + key, value, ttl) ?? false
    if (isSet) this.layered.setBelow(key)
    return isSet
  }
}
