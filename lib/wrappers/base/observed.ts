import { performance } from 'node:perf_hooks'
import { type Answer, asOut, type Flow, run, wait } from '../../core/flow.ts'
import type { Entry, Key, Keys, Mode, Out, VersionedEntry } from '../../core/types.ts'
import type { ResolvedTtl } from '../../entry/ttl.ts'
import { isValue, UNKNOWN } from '../../verbs/cache-core.ts'
import { ForwardingCache } from './forwarding.ts'

/** A verb of the store, or `tryGet`: a value that a cache in memory gives at once, without its store verbs. */
export type StoreVerb = 'tryGet' | 'read' | 'write' | 'drop' | 'readVersioned' | 'compareAndSet' | 'list' | 'wipe'

/** How a call ended: with an answer or an error. */
export interface Ending<T = unknown> {
  readonly ms: number
  readonly answer?: T
  readonly error?: unknown
}

/** A call of the store that went through a wrapper. */
export interface StoreCall extends Ending {
  readonly verb: StoreVerb
  /** Whole keys, or the prefix. */
  readonly keys: readonly string[]
  /** The value or values that were written. */
  readonly written?: unknown
}

/** A wrapper that forwards everything and looks at the calls of the store. */
export abstract class ObservedCache<M extends Mode = Mode> extends ForwardingCache<M> {
  /** Answers `true` to look at the next call of a verb. */
  protected abstract isWatching(verb: StoreVerb): boolean
  /** Receives a call that was watched, once it has ended. */
  protected abstract observe(call: StoreCall): void

  protected override read(key: string): Out<M, Entry | undefined> {
    return this.#watch('read', [key], () => super.read(key))
  }

  // Stored forms are decoded under observation, so that a call tells what was found.

  protected override readStored(key: string): Out<M, unknown> {
    return this.read(key)
  }

  protected override decodeStored(_key: string, stored: unknown): Entry | undefined {
    return stored as Entry | undefined
  }

  protected override readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    return this.#watch('read', keys, () => super.readMany(keys))
  }

  protected override write(key: string, entry: Entry): Out<M, void> {
    return this.#watch('write', [key], () => super.write(key, entry), entry.value)
  }

  protected override writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    const keys = entries.map(([key]) => key)
    const written = entries.map(([, { value }]) => value)
    return this.#watch('write', keys, () => super.writeMany(entries), written)
  }

  protected override drop(keys: readonly string[]): Out<M, number> {
    return this.#watch('drop', keys, () => super.drop(keys))
  }

  protected override readVersioned(key: string): Out<M, VersionedEntry> {
    return this.#watch('readVersioned', [key], () => super.readVersioned(key))
  }

  protected override addMany(entries: readonly (readonly [string, Entry])[]): Out<M, boolean[]> {
    const keys = entries.map(([key]) => key)
    const written = entries.map(([, { value }]) => value)
    return this.#watch('compareAndSet', keys, () => super.addMany(entries), written)
  }

  protected override compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    const written = entry?.value
    return this.#watch('compareAndSet', [key], () => super.compareAndSet(key, version, entry), written)
  }

  protected override list(prefix: string): Keys<M> {
    if (this.isWatching('list')) this.observe({ verb: 'list', keys: [prefix], ms: 0 })
    return super.list(prefix)
  }

  protected override wipe(prefix: string): Out<M, void> {
    return this.#watch('wipe', [prefix], () => super.wipe(prefix))
  }

  protected override tryGet(key: Key): unknown {
    if (!this.isWatching('tryGet')) return super.tryGet(key)
    const start = performance.now()
    const value = super.tryGet(key)
    // A miss is observed when the store is asked, next: some verbs ask it in any case.
    if (!isValue(value)) return UNKNOWN
    this.observe({ verb: 'tryGet', keys: [this.prefix + key], ms: performance.now() - start, answer: value })
    return value
  }

  protected override trySet(key: string, value: unknown, ttl: ResolvedTtl): boolean {
    if (!this.isWatching('write')) return super.trySet(key, value, ttl)
    const start = performance.now()
    const isSet = super.trySet(key, value, ttl)
    const ms = performance.now() - start
    if (isSet) this.observe({ verb: 'write', keys: [this.prefix + key], ms, written: value })
    return isSet
  }

  #watch<T>(verb: StoreVerb, keys: readonly string[], call: () => Out<M, T>, written?: unknown): Out<M, T> {
    if (!this.isWatching(verb)) return call()
    return asOut(run(timed(call as () => Answer<T>, (ending) => this.observe({ verb, keys, written, ...ending }))))
  }
}

/** Makes a call, and reports how it ended and how long it took. */
export function* timed<T>(call: () => Answer<T>, report: (ending: Ending<T>) => void): Flow<T> {
  const start = performance.now()
  let ending: Ending<T>
  try {
    const answer = yield* wait<T>(call())
    ending = { ms: performance.now() - start, answer }
  } catch (error) {
    ending = { ms: performance.now() - start, error }
  }
  report(ending)
  if ('error' in ending) throw ending.error
  return ending.answer as T
}
