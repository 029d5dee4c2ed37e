import { performance } from 'node:perf_hooks'
import { type Answer, andThen, asOut, isPromise } from '../../core/flow.ts'
import type { Capabilities, Entry, Key, Keys, Mode, Out, VersionedEntry } from '../../core/types.ts'
import type { ResolvedTtl } from '../../entry/ttl.ts'
import { isValue, UNKNOWN } from '../../verbs/cache-core.ts'
import { compareAndSet, readMany, readVersioned, writeMany } from '../../verbs/store-verbs.ts'
import { WrappedCache } from './wrapped.ts'

/** What is asked of the store within. `at hand` is what a cache in memory answers on the spot, past the store's verbs. */
export type StoreVerb = 'at hand' | 'read' | 'write' | 'drop' | 'look' | 'swap' | 'list' | 'wipe'

/** Something that went through a wrapper. */
export interface Sight {
  readonly verb: StoreVerb
  /** The whole key or keys, or the prefix, that it was about. */
  readonly subject: string | readonly string[]
  /** How long it took, in ms. */
  readonly ms: number
  /** What the store answered: entries to those who read, nothing to those who write. */
  readonly answer?: unknown
  /** What was written. */
  readonly written?: unknown
  /** What the store threw. */
  readonly error?: unknown
}

/** What `fetch` gives while somebody watches: the entry, which has been looked into already. */
class Seen {
  readonly entry: Entry | undefined
  constructor(entry: Entry | undefined) {
    this.entry = entry
  }
}

/** A wrapper that changes nothing of what goes through it, and looks at some of it or at all. */
export abstract class ObservedCache<M extends Mode = Mode> extends WrappedCache<M> {
  /** Whether the next of these is to be looked at. */
  protected abstract isWatching(verb: StoreVerb): boolean
  /** Looks at one. */
  protected abstract saw(sight: Sight): void

  override get capabilities(): Capabilities {
    return this.inner.capabilities
  }

  protected override read(key: string): Out<M, Entry | undefined> {
    return asOut(this.#watched<Entry | undefined>('read', key, () => this.store.read(key)))
  }

  protected override readStored(key: string): Out<M, unknown> {
    if (!this.isWatching('read')) return this.store.readStored(key)
    const seen = (kept: unknown) => new Seen(this.store.decodeStored(key, kept))
    return asOut(
      timed<Seen>(
        () => andThen(this.store.readStored(key) as Answer<unknown>, seen),
        ({ answer, ...ending }) => this.saw({ verb: 'read', subject: key, answer: answer?.entry, ...ending }),
      ),
    )
  }

  protected override decodeStored(key: string, kept: unknown): Entry | undefined {
    return kept instanceof Seen ? kept.entry : this.store.decodeStored(key, kept)
  }

  protected override readMany(keys: readonly string[]): Out<M, (Entry | undefined)[]> {
    return asOut(this.#watched('read', keys, () => readMany(this.store, keys)))
  }

  protected override write(key: string, entry: Entry): Out<M, void> {
    return asOut(this.#watched<void>('write', key, () => this.store.write(key, entry), entry.value))
  }

  protected override writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    const keys = entries.map(([key]) => key)
    const written = entries.map(([, { value }]) => value)
    const done = this.#watched('write', keys, () => writeMany(this.store, entries), written)
    return asOut(andThen(done, () => undefined))
  }

  protected override drop(keys: readonly string[]): Out<M, number> {
    return asOut(this.#watched<number>('drop', keys, () => this.store.drop(keys)))
  }

  protected override readVersioned(key: string): Out<M, VersionedEntry> {
    return asOut(this.#watched('look', key, () => readVersioned(this.store, key)))
  }

  protected override compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<M, boolean> {
    return asOut(this.#watched('swap', key, () => compareAndSet(this.store, key, version, entry), entry?.value))
  }

  protected override list(prefix: string): Keys<M> {
    if (this.isWatching('list')) this.saw({ verb: 'list', subject: prefix, ms: 0 })
    return super.list(prefix)
  }

  protected override wipe(prefix: string): Out<M, void> {
    return asOut(this.#watched<void>('wipe', prefix, () => super.wipe(prefix)))
  }

  protected override tryGet(key: Key): unknown {
    if (!this.isWatching('at hand')) return this.#atHand(key)

    const start = performance.now()
    const value = this.#atHand(key)
    const ms = performance.now() - start
    // A miss is seen when the store is asked for it, next: some verbs do that in any case.
    if (!isValue(value)) return UNKNOWN
    this.saw({ verb: 'at hand', subject: this.prefix + key, ms, answer: { value } })
    return value
  }

  protected override trySet(key: string, value: unknown, ttl: ResolvedTtl): boolean {
    if (!this.isWatching('write')) return this.#trySet(key, value, ttl)

    const start = performance.now()
    const isPut = this.#trySet(key, value, ttl)
    const ms = performance.now() - start
    if (isPut) this.saw({ verb: 'write', subject: this.prefix + key, ms, written: value })
    return isPut
  }

  #atHand(key: Key): unknown {
    const value = this.store.tryGet(key)
    if (isValue(value)) this.layered.hitBelow(key as string)
    return value
  }

  #trySet(key: string, value: unknown, ttl: ResolvedTtl): boolean {
    const isPut = this.store.trySet?.(key, value, ttl) ?? false
    if (isPut) this.layered.setBelow(key)
    return isPut
  }

  #watched<T>(
    verb: StoreVerb,
    subject: string | readonly string[],
    ask: () => Answer<T>,
    written?: unknown,
  ): Answer<T> {
    if (!this.isWatching(verb)) return ask()
    return timed(ask, (ending) => this.saw({ verb, subject, written, ...ending }))
  }
}

/** How something ended: with an answer, or an error. */
export interface Ending<T> {
  readonly ms: number
  readonly answer?: T
  readonly error?: unknown
}

/** Asks for something, and tells how that ended and how long it took. */
export function timed<T>(ask: () => Answer<T>, tell: (ending: Ending<T>) => void): Answer<T> {
  const start = performance.now()
  const failed = (error: unknown): never => {
    tell({ ms: performance.now() - start, error })
    throw error
  }
  const answered = (answer: T): T => {
    tell({ ms: performance.now() - start, answer })
    return answer
  }
  let answer: Answer<T>
  try {
    answer = ask()
  } catch (error) {
    return failed(error)
  }
  return isPromise(answer) ? settled(answer as Promise<T>, answered, failed) : answered(answer)
}

async function settled<T>(
  promise: Promise<T>,
  answered: (answer: T) => T,
  failed: (error: unknown) => never,
): Promise<T> {
  let answer: T
  try {
    answer = await promise
  } catch (error) {
    return failed(error)
  }
  return answered(answer)
}
