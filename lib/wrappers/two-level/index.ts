import type { CacheAdapter } from '../../adapter/cache-adapter.ts'
import { AdapterError, Unsupported } from '../../core/errors.ts'
import { type Answer, all, andThen, asOut, type Flow, isPromise, run, wait } from '../../core/flow.ts'
import type { Cache, Capabilities, Entry, Key, Mode, Out, VersionedEntry } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import { durationOf } from '../../entry/timeout.ts'
import type { ResolvedTtl } from '../../entry/ttl.ts'
import { keyOf } from '../../entry/validate.ts'
import { type CacheCore, coreOf, isValue, UNKNOWN } from '../../verbs/cache-core.ts'
import { answerVerb, callStore } from '../../verbs/call-store.ts'
import { wipe } from '../../verbs/keys.ts'
import { compareAndSet, readMany, readVersioned, writeMany } from '../../verbs/store-verbs.ts'
import { adapterIn, WrappedCache } from '../base/wrapped.ts'
import { Traffic } from './calls.ts'
import { LevelEvents } from './events.ts'
import { type Both, NearMark, type TwoLevelOptions, type TwoLevelStats } from './options.ts'

export type { Both, TwoLevelOptions, TwoLevelStats } from './options.ts'

/** A key, and the entry that is written under it, or nothing where it is removed. */
type Change = readonly [string, Entry | undefined]

/**
 * A small, fast cache in front of a large, shared one. Reads ask the near level, then the far one, and keep what they find
 * there near, for the life that it has left. Writes go to the far level first; what changes an entry atomically is decided
 * there; removals and clears are done at both. A hit of a near level in memory costs no round trip, whatever the colours.
 *
 * What other processes change at the far level is seen when the near copy is over: bound that by `nearTimeout`, or let them
 * tell, and call `invalidate`.
 */
export class TwoLevelCache<N extends Mode = Mode, F extends Mode = Mode> extends WrappedCache<Both<N, F>> {
  static override readonly name: string = 'TwoLevelCache'
  override readonly mode: Both<N, F>
  protected override readonly events: LevelEvents
  readonly near: CacheAdapter<N>
  readonly far: CacheAdapter<F>
  // The levels as the flows see them.
  readonly #near: CacheCore
  readonly #far: CacheCore
  readonly #resilient: boolean
  readonly #nearLife: number | null
  readonly #traffic = new Traffic()

  /** @param near fast, and of this process alone @param far asked for what is not near. Either may have either colour */
  constructor(near: Cache<N>, far: Cache<F>, { resilient = false, nearTimeout, ...options }: TwoLevelOptions = {}) {
    super(far as Cache as Cache<Both<N, F>>, options)
    this.near = adapterIn(near, 'TwoLevelCache')
    this.far = this.inner as CacheAdapter as CacheAdapter<F>
    this.mode = (near.mode === 'sync' ? far.mode : 'async') as Both<N, F>
    this.events = new LevelEvents(this.name, coreOf(this.near).events, coreOf(this.far).events)
    this.#near = coreOf(this.near)
    this.#far = coreOf(this.far)
    this.#resilient = resilient
    this.#nearLife = nearTimeout === undefined ? null : durationOf(nearTimeout, 'nearTimeout')
  }

  override get capabilities(): Capabilities {
    const { capabilities } = this.far
    const near = this.near.capabilities
    const both = {
      clears: capabilities.clears && near.clears,
      listsKeys: capabilities.listsKeys && near.listsKeys,
    }
    if (!this.#resilient) return { ...capabilities, ...both }
    // It may have what the far level has not, so that how many were dropped is known by having read them.
    return { ...capabilities, ...both, atomic: false, millisecondExpiry: false }
  }

  override stats(): TwoLevelStats {
    return { ...super.stats(), near: this.near.stats(), far: this.far.stats() }
  }

  /** Forgets keys at the near level, because they have changed at the far one: for those who learn that from elsewhere. */
  invalidate(...keys: (Key | Iterable<Key>)[]): Out<Both<N, F>, void> {
    return asOut(
      answerVerb(this.#core(), () => {
        const ids = keys.flatMap(each).map((key) => this.prefix + keyOf(key))
        return andThen(this.#forget(ids), () => undefined)
      }),
    )
  }

  protected override read(key: string): Out<Both<N, F>, Entry | undefined> {
    return asOut(run(this.#read(key)))
  }

  protected readMany(keys: readonly string[]): Out<Both<N, F>, (Entry | undefined)[]> {
    return asOut(run(this.#readMany(keys)))
  }

  protected override write(key: string, entry: Entry): Out<Both<N, F>, void> {
    return asOut(run(this.#change<void>([[key, entry]], 'set', () => this.#far.write(key, entry), nothing)))
  }

  protected writeMany(entries: readonly (readonly [string, Entry])[]): Out<Both<N, F>, void> {
    const written = () => andThen(writeMany(this.#far, entries), nothing)
    return asOut(run(this.#change<void>(entries, 'setMany', written, nothing)))
  }

  protected override drop(keys: readonly string[]): Out<Both<N, F>, number> {
    return asOut(run(this.#drop(keys)))
  }

  protected readVersioned(key: string): Out<Both<N, F>, VersionedEntry> {
    const near = () =>
      andThen(
        readVersioned(this.#near, this.#nearId(key)),
        ({ entry, version }): VersionedEntry => ({ entry: this.#given(entry), version: new NearMark(version) }),
      )
    return asOut(run(this.#ask('look', key, () => readVersioned(this.#far, key), near)))
  }

  protected compareAndSet(key: string, version: unknown, entry: Entry | undefined): Out<Both<N, F>, boolean> {
    return asOut(run(this.#swap(key, version, entry)))
  }

  protected override wipe(prefix: string): Out<Both<N, F>, void> {
    return asOut(run(this.#wipe(prefix)))
  }

  override close(): Out<Both<N, F>, void> {
    return asOut(andThen(all<void>([this.near.close(), this.far.close()]), () => undefined))
  }

  protected override tryGet(key: Key): unknown {
    const value = this.#near.tryGet(key)
    if (!isValue(value)) return UNKNOWN
    this.events.hit(key as string)
    return value
  }

  protected override trySet(_key: string, _value: unknown, _life: ResolvedTtl): boolean {
    return false
  }

  protected override open(): Out<Both<N, F>, void> {
    return asOut(andThen(all<unknown>([this.near.connect(), super.open()]), () => undefined))
  }

  protected override probe(): Out<Both<N, F>, unknown> {
    return asOut(all<unknown>([this.near.ping(), super.probe()]))
  }

  *#read(id: string): Flow<Entry | undefined> {
    const kept = yield* wait<Entry | undefined>(this.#near.read(this.#nearId(id)))
    if (this.#found(this.#near, id, kept)) return this.#given(kept)

    const errand = this.#traffic.begin(id)
    try {
      const entry = yield* this.#ask<Entry | undefined>('read', id, () => this.#far.read(id), nothing)
      if (this.#found(this.#far, id, entry) && errand.isLatest) yield* wait(this.#keep(id, entry))
      return entry
    } finally {
      this.#traffic.end(errand)
    }
  }

  *#readMany(ids: readonly string[]): Flow<(Entry | undefined)[]> {
    const kept = yield* wait(
      readMany(
        this.#near,
        ids.map((id) => this.#nearId(id)),
      ),
    )
    const entries = kept.map((entry, i) => (this.#found(this.#near, ids[i]!, entry) ? this.#given(entry) : undefined))
    const errands = ids.filter((_, i) => entries[i] === undefined).map((id) => this.#traffic.begin(id))
    if (errands.length === 0) return entries
    try {
      const missing = errands.map(({ id }) => id)
      const none = () => missing.map(nothing)
      const found = yield* this.#ask('read', missing[0]!, () => readMany(this.#far, missing), none)
      const isKept = (i: number) => this.#found(this.#far, missing[i]!, found[i]) && errands[i]!.isLatest
      yield* wait(all(found.flatMap((entry, i) => (isKept(i) ? [this.#keep(missing[i]!, entry!)] : []))))
      const rest = found.values()
      return entries.map((entry) => entry ?? rest.next().value)
    } finally {
      for (const errand of errands) this.#traffic.end(errand)
    }
  }

  /** Changes entries at both levels: what is written is kept near, unless the far level answers `false`. */
  *#change<T>(changes: readonly Change[], verb: string, question: () => Answer<T>, instead: () => Answer<T>): Flow<T> {
    const ids = changes.map(([id]) => id)
    // At once: whoever reads before the far level has answered gets what is on its way there, not what was.
    const forgotten = this.#forget(ids)
    const errands = ids.map((id) => this.#traffic.begin(id))
    try {
      // Without waiting for the near level: changes are to come to the far one in the order in which they were asked for.
      const answer = yield* wait(both(forgotten, () => run(this.#ask(verb, ids[0]!, question, instead))))
      const isKept = (entry: Entry | undefined, i: number) =>
        answer !== false && entry !== undefined && errands[i]!.isLatest
      yield* wait(all(changes.flatMap(([id, entry], i) => (isKept(entry, i) ? [this.#keep(id, entry!)] : []))))
      return answer
    } finally {
      for (const errand of errands) this.#traffic.end(errand)
    }
  }

  *#drop(ids: readonly string[]): Flow<number> {
    const changes = ids.map((id) => [id, undefined] as const)
    const none = () => 0
    return yield* this.#change(changes, 'remove', (): Answer<number> => this.#far.drop(ids), none)
  }

  *#swap(id: string, version: unknown, entry: Entry | undefined): Flow<boolean> {
    if (version instanceof NearMark) {
      this.#traffic.supersede(id)
      return yield* wait(compareAndSet(this.#near, this.#nearId(id), version.version, entry && this.#copy(entry)))
    }
    const dropped = () => true
    return yield* this.#change([[id, entry]], 'swap', () => compareAndSet(this.#far, id, version, entry), dropped)
  }

  *#wipe(prefix: string): Flow<void> {
    const done = this.#traffic.beginWipe(prefix)
    try {
      const near = wipe(this.#near, this.#nearId(prefix))
      yield* wait(both(near, () => run(this.#ask('clear', prefix, () => wipe(this.#far, prefix), nothing))))
    } finally {
      done()
    }
  }

  /** Asks the far level. Where the cache is resilient, its failure is an event, and `instead` is asked. */
  *#ask<T>(verb: string, id: string, question: () => Answer<T>, instead: () => Answer<T>): Flow<T> {
    if (!this.#resilient) return yield* wait(question())
    try {
      return yield* wait(callStore(this.#core(), verb, this.#spelled(id), question))
    } catch (error) {
      if (!(error instanceof AdapterError) || error instanceof Unsupported) throw error
      return yield* wait(instead())
    }
  }

  /** Whether a level has an entry; it counts that it was asked for it. */
  #found(level: CacheCore, id: string, entry: Entry | undefined): entry is Entry {
    const isHit = isFresh(entry, this.now())
    if (isHit) level.events.hit(this.#spelled(id))
    else level.events.miss(this.#spelled(id))
    return isHit
  }

  #keep(id: string, entry: Entry): Answer<void> {
    return this.#near.write(this.#nearId(id), this.#copy(entry))
  }

  #forget(ids: readonly string[]): Answer<number> {
    for (const id of ids) this.#traffic.supersede(id)
    return this.#near.drop(ids.map((id) => this.#nearId(id)))
  }

  /** An entry as the near level keeps it: it expires there no later than it may, and says by `until` when it really does. */
  #copy(entry: Entry): Entry {
    if (this.#nearLife === null) return entry
    const end = this.now() + this.#nearLife
    const { expires } = entry
    return { ...entry, expires: expires === null || expires > end ? end : expires, until: expires }
  }

  /** An entry of the near level as it is given out. */
  #given<E extends Entry | undefined>(kept: E): E {
    return kept === undefined || this.#nearLife === null ? kept : { ...kept, expires: kept.until }
  }

  #nearId(id: string): string {
    return this.near.prefix + this.#spelled(id)
  }

  #spelled(id: string): string {
    return id.slice(this.prefix.length)
  }

  #core(): CacheCore {
    return coreOf(this)
  }
}

function nothing(): undefined {
  return undefined
}

/** What the second answers, which is asked while the first is under way. */
function both<T>(first: Answer<unknown>, second: () => Answer<T>): Answer<T> {
  if (!isPromise(first)) return second()
  // In an `async` function, so that neither is left alone if the second throws.
  const asked = (async () => await second())()
  return andThen(all<unknown>([first, asked]), ([, answer]) => answer as T)
}

function each(keys: Key | Iterable<Key>): Key[] {
  return typeof keys === 'object' ? [...keys] : [keys]
}
