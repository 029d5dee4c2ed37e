import type { CacheAdapter } from '../../adapter/cache-adapter.ts'
import { type Answer, all, andThen, asOut, type Flow, run, wait } from '../../core/flow.ts'
import type { Cache, Capabilities, Entry, Key, Mode, Out, VersionedEntry } from '../../core/types.ts'
import { isFresh } from '../../entry/entry.ts'
import { isHidden } from '../../entry/hidden-keys.ts'
import { durationOf } from '../../entry/timeout.ts'
import { type CacheCore, coreOf, isValue, UNKNOWN } from '../../verbs/cache-core.ts'
import { answerVerb } from '../../verbs/call-store.ts'
import { wipe } from '../../verbs/keys.ts'
import { compareAndSet, readMany, readVersioned, writeMany } from '../../verbs/store-verbs.ts'
import { Journal } from '../base/journal.ts'
import { adapterIn, checkOptions, WrappedCache } from '../base/wrapped.ts'
import type { Both, TwoLevelOptions, TwoLevelStats } from './levels.ts'
import {
  askOr,
  both,
  isSameVersion,
  LevelEvents,
  NearVersion,
  nearCopyOf,
  nearVersioned,
  originalOf,
  putIfAbsent,
} from './levels.ts'
import { type Promotion, type Promotions, promotionsInto } from './promotions.ts'

export type { Both, TwoLevelOptions, TwoLevelStats } from './levels.ts'

type Change = readonly [id: string, entry: Entry | undefined]

const nothing = () => undefined
const none = (): VersionedEntry => ({ entry: undefined, version: undefined })

/**
 * A small, fast cache (L1, `near`) in front of a large, shared one (L2, `far`). Reads ask L1, then L2, and keep in L1 what
 * they find there, for the TTL that is left. Writes go to L2 first; atomic changes are decided there; removals and clears
 * go to both. A hit of an L1 in memory costs no round trip, whatever the modes.
 *
 * Changes of L2 by other processes are seen when the copy in L1 has expired: bound that by `nearTimeout`, or call
 * `invalidate` when told of a change.
 *
 * An L1 that is shared between processes is kept right by order alone: a change drops the key from L1 before and after it
 * changes L2, and a read keeps a value only where L1 has none, then asks L2 again whether it is still there.
 */
export class TwoLevelCache<N extends Mode = Mode, F extends Mode = Mode> extends WrappedCache<Both<N, F>> {
  static override readonly name: string = 'TwoLevelCache'
  override readonly mode: Both<N, F>
  protected override readonly events: LevelEvents
  readonly near: CacheAdapter<N>
  readonly far: CacheAdapter<F>
  readonly #near: CacheCore
  readonly #far: CacheCore
  readonly #resilient: boolean
  readonly #nearTtl: number | null
  readonly #promotions: Promotions
  /** Changes that a resilient cache could not make in L2. */
  readonly #missed = new Journal()

  constructor(near: Cache<N>, far: Cache<F>, options: TwoLevelOptions = {}) {
    checkOptions(options, ['resilient', 'nearTimeout'], 'TwoLevelCache')
    const { resilient = false, nearTimeout, ...rest } = options
    super(far as Cache as Cache<Both<N, F>>, rest)
    this.near = adapterIn(near, 'TwoLevelCache')
    this.far = this.inner as CacheAdapter as CacheAdapter<F>
    this.mode = (near.mode === 'sync' ? far.mode : 'async') as Both<N, F>
    this.#near = coreOf(this.near)
    this.#far = coreOf(this.far)
    this.events = new LevelEvents(this.name, this.#near.events, this.#far.events)
    this.#resilient = resilient
    this.#nearTtl = nearTimeout === undefined ? null : durationOf(nearTimeout, 'nearTimeout')
    this.#promotions = promotionsInto(this.near)
  }

  override get capabilities(): Capabilities {
    const { capabilities } = this.far
    const near = this.near.capabilities
    const both = {
      clears: capabilities.clears && near.clears,
      listsKeys: capabilities.listsKeys && near.listsKeys,
    }
    if (!this.#resilient) return { ...capabilities, ...both }
    // L1 may have what L2 has not, so entries have to be read to know how many were dropped.
    return { ...capabilities, ...both, atomic: false, millisecondExpiry: false }
  }

  override stats(): TwoLevelStats {
    return { ...super.stats(), near: this.near.stats(), far: this.far.stats() }
  }

  /** Forgets keys in L1, because they have changed in L2: for callers who learn of changes by other processes. */
  invalidate(...keys: (Key | Iterable<Key>)[]): Out<Both<N, F>, void> {
    return asOut(
      answerVerb(coreOf(this), () => {
        const each = keys.flatMap((key) => (typeof key === 'object' ? [...key] : [key]))
        return andThen(this.#forget(each.map((key) => this.prefix + this.keyOf(key))), nothing)
      }),
    )
  }

  protected override read(id: string): Out<Both<N, F>, Entry | undefined> {
    return asOut(run(this.#read(id)))
  }

  protected readMany(ids: readonly string[]): Out<Both<N, F>, (Entry | undefined)[]> {
    return asOut(run(this.#readMany(ids)))
  }

  protected override write(id: string, entry: Entry): Out<Both<N, F>, void> {
    return asOut(run(this.#change<void>([[id, entry]], 'set', () => this.#far.write(id, entry), nothing)))
  }

  protected writeMany(entries: readonly (readonly [string, Entry])[]): Out<Both<N, F>, void> {
    const written = () => andThen(writeMany(this.#far, entries), nothing)
    return asOut(run(this.#change<void>(entries, 'setMany', written, nothing)))
  }

  protected override drop(ids: readonly string[]): Out<Both<N, F>, number> {
    const changes = ids.map((id) => [id, undefined] as const)
    const noneDropped = () => 0
    return asOut(run(this.#change<number>(changes, 'remove', () => this.#far.drop(ids), noneDropped)))
  }

  protected readVersioned(id: string): Out<Both<N, F>, VersionedEntry> {
    const near = () =>
      andThen(readVersioned(this.#near, this.#nearId(id)), (found) => nearVersioned(found, this.#nearTtl))
    return asOut(run(this.#askFar('readVersioned', id, () => readVersioned(this.#far, id), near)))
  }

  protected compareAndSet(id: string, version: unknown, entry: Entry | undefined): Out<Both<N, F>, boolean> {
    if (version instanceof NearVersion) {
      const copy = entry && nearCopyOf(entry, this.#nearTtl, this.now())
      this.#missed.add([this.#keyOf(id)])
      this.#promotions.supersede(this.#nearId(id))
      return asOut(compareAndSet(this.#near, this.#nearId(id), version.version, copy))
    }
    const swap = () => compareAndSet(this.#far, id, version, entry)
    return asOut(run(this.#change([[id, entry]], 'compareAndSet', swap, () => true)))
  }

  protected override wipe(prefix: string): Out<Both<N, F>, void> {
    return asOut(run(this.#wipe(prefix)))
  }

  override close(): Out<Both<N, F>, void> {
    return asOut(andThen(all<void>([this.near.close(), this.far.close()]), nothing))
  }

  protected override tryGet(key: Key): unknown {
    const value = this.#near.tryGet(key)
    if (!isValue(value)) return UNKNOWN
    this.events.hit(key as string)
    return value
  }

  protected override open(): Out<Both<N, F>, void> {
    return asOut(andThen(all<unknown>([this.near.connect(), super.open()]), nothing))
  }

  protected override probe(): Out<Both<N, F>, unknown> {
    return asOut(all<unknown>([this.near.ping(), super.probe()]))
  }

  *#read(id: string): Flow<Entry | undefined> {
    if (isHidden(id)) return (yield* this.#askFar('read', id, () => readVersioned(this.#far, id), none)).entry
    const kept = yield* wait<Entry | undefined>(this.#near.read(this.#nearId(id)))
    return this.#isHit(this.#near, id, kept) ? originalOf(kept, this.#nearTtl) : yield* this.#readFar(id)
  }

  *#readFar(id: string): Flow<Entry | undefined> {
    const promotion = this.#promotions.begin(this.#nearId(id))
    const ask = (): Answer<VersionedEntry> =>
      this.#near.capabilities.shared
        ? readVersioned(this.#far, id)
        : andThen<Entry | undefined, VersionedEntry>(this.#far.read(id), (entry) => ({ entry, version: undefined }))
    try {
      const { entry, version } = yield* this.#askFar('read', id, ask, none)
      if (this.#isHit(this.#far, id, entry)) yield* this.#promote(promotion, id, entry, version)
      return entry
    } finally {
      this.#promotions.end(promotion)
    }
  }

  *#readMany(ids: readonly string[]): Flow<(Entry | undefined)[]> {
    const nearIds = ids.map((id) => this.#nearId(id))
    const kept = yield* wait(readMany(this.#near, nearIds))
    const entries = kept.map((entry, i) =>
      !isHidden(ids[i]!) && this.#isHit(this.#near, ids[i]!, entry) ? originalOf(entry, this.#nearTtl) : undefined,
    )
    const missing = ids.filter((_, i) => entries[i] === undefined)
    if (missing.length === 0) return entries
    const found = this.#near.capabilities.shared
      ? yield* wait(all(missing.map((id) => run(this.#readFar(id)))))
      : yield* this.#readManyFar(missing)
    const rest = found.values()
    return entries.map((entry) => entry ?? rest.next().value)
  }

  *#readManyFar(ids: readonly string[]): Flow<(Entry | undefined)[]> {
    const promotions = ids.map((id) => this.#promotions.begin(this.#nearId(id)))
    try {
      const found = yield* this.#askFar(
        'read',
        ids[0]!,
        () => readMany(this.#far, ids),
        () => ids.map(nothing),
      )
      const hits = found.flatMap((entry, i) => (this.#isHit(this.#far, ids[i]!, entry) ? [[i, entry] as const] : []))
      yield* wait(all(hits.map(([i, entry]) => run(this.#promote(promotions[i]!, ids[i]!, entry)))))
      return found
    } finally {
      for (const promotion of promotions) this.#promotions.end(promotion)
    }
  }

  /** Keeps an entry of L2 in L1, unless L1 has one by now, or the key has changed since the entry was read. */
  *#promote(promotion: Promotion, id: string, entry: Entry, version?: unknown): Flow<void> {
    if (!promotion.isLatest || !this.#keeps(id, entry)) return
    const copy = nearCopyOf(entry, this.#nearTtl, this.now())
    if (!(yield* putIfAbsent(this.#near, promotion.id, copy, this.now()))) return
    if (promotion.isLatest && !this.#near.capabilities.shared) return
    const now = promotion.isLatest ? yield* this.#askFar('read', id, () => readVersioned(this.#far, id), none) : none()
    if (!promotion.isLatest || !isSameVersion(now.version, version)) yield* wait(this.#near.drop([promotion.id]))
  }

  /** Changes keys in L2, and in L1, unless L2 answers `false`. */
  *#change<T>(changes: readonly Change[], verb: string, change: () => Answer<T>, instead: () => Answer<T>): Flow<T> {
    const ids = changes.map(([id]) => id)
    // At once: a read before L2 has answered gets the value that is on its way there, not the old one.
    const forgotten = this.#forget(ids)
    const promotions = ids.map((id) => this.#promotions.begin(this.#nearId(id)))
    let nearAlone = false
    const degraded = () => {
      nearAlone = true
      this.#missed.add(ids.map((id) => this.#keyOf(id)))
      return instead()
    }
    try {
      // L1 is not waited for: changes reach L2 in the order in which they were made.
      const answer = yield* wait(both(forgotten, () => run(this.#askFar(verb, ids[0]!, change, degraded))))
      if (this.#near.capabilities.shared && !nearAlone) yield* wait(this.#near.drop(promotions.map(({ id }) => id)))
      else if (answer !== false) yield* wait(all(changes.map(([, entry], i) => run(this.#keep(promotions[i]!, entry)))))
      return answer
    } finally {
      for (const promotion of promotions) this.#promotions.end(promotion)
    }
  }

  /** Keeps an entry in L1 that was written to L2, unless its key has changed since. */
  *#keep(promotion: Promotion, entry: Entry | undefined): Flow<void> {
    if (entry === undefined || !promotion.isLatest || !this.#keeps(promotion.id, entry)) return
    yield* wait(this.#near.write(promotion.id, nearCopyOf(entry, this.#nearTtl, this.now())))
    // A removal through another connection to L1 may have overtaken the write.
    if (!promotion.isLatest) yield* wait(this.#near.drop([promotion.id]))
  }

  /** Tells whether L1 keeps an entry. The library's own, such as versions of tags, are asked for in L2, where others change them. */
  #keeps(id: string, entry: Entry): boolean {
    if (isHidden(id)) return false
    if (entry.tags !== undefined) this.#near.loads.looksAtTags = true
    return true
  }

  *#wipe(prefix: string): Flow<void> {
    const nearPrefix = this.#nearId(prefix)
    const done = this.#promotions.beginWipe(nearPrefix)
    try {
      const near = wipe(this.#near, nearPrefix)
      const missed = () => this.#missed.addAll(this.#keyOf(prefix))
      yield* wait(both(near, () => run(this.#askFar('clear', prefix, () => wipe(this.#far, prefix), missed))))
      if (this.#near.capabilities.shared) yield* wait(wipe(this.#near, nearPrefix))
    } finally {
      done()
    }
  }

  /** Asks L2; in a resilient cache, `instead` answers when it fails. What L2 has missed is removed from it first. */
  #askFar<T>(verb: string, id: string, ask: () => Answer<T>, instead: () => Answer<T>): Flow<T> {
    if (!this.#resilient) return wait(ask())
    const replayed = () => (this.#missed.size === 0 ? ask() : andThen(run(this.#missed.replay(this.#far)), ask))
    return askOr(coreOf(this), verb, this.#keyOf(id), replayed, instead)
  }

  /** Looks for a fresh entry in the answer of a level, which counts the look-up. */
  #isHit(level: CacheCore, id: string, entry: Entry | undefined): entry is Entry {
    const isHit = isFresh(entry, this.now())
    level.events[isHit ? 'hit' : 'miss'](this.#keyOf(id))
    return isHit
  }

  #forget(ids: readonly string[]): Answer<number> {
    const nearIds = ids.map((id) => this.#nearId(id))
    for (const id of nearIds) this.#promotions.supersede(id)
    return this.#near.drop(nearIds)
  }

  #nearId(id: string): string {
    return this.near.prefix + this.#keyOf(id)
  }

  #keyOf(id: string): string {
    return id.slice(this.prefix.length)
  }
}
