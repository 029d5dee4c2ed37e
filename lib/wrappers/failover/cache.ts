import type { CacheAdapter } from '../../adapter/cache-adapter.ts'
import { Unsupported } from '../../core/errors.ts'
import { type Answer, all, andThen, asOut, type Flow, isPromise, run, wait } from '../../core/flow.ts'
import type { Cache, Capabilities, Entry, Keys, Mode, Out, VersionedEntry } from '../../core/types.ts'
import { durationOf } from '../../entry/timeout.ts'
import { type CacheCore, coreOf } from '../../verbs/cache-core.ts'
import { type Ids, listed, wipe } from '../../verbs/keys.ts'
import { compareAndSet, readMany, readVersioned, writeMany } from '../../verbs/store-verbs.ts'
import { Journal } from '../base/journal.ts'
import { adapterIn, checkOptions, WrappedCache } from '../base/wrapped.ts'
import { BackendVersion, checkPrefix, type FailoverOptions, type FailoverStatus, isOutage } from './backends.ts'

interface Listing {
  readonly ids: Ids
  readonly first: IteratorResult<string>
  /** Length of the prefix in the backend. */
  readonly length: number
}

interface Backend {
  readonly store: CacheCore
  /** Changes made while another backend was in use. */
  readonly journal: Journal
}

/**
 * A cache that goes on with a secondary backend while its primary is down, and returns to the primary when it is back.
 *
 * The call that meets the failure is answered by the next backend, so callers see no error unless all of them fail. After
 * `returnAfter` one call asks the primary for a sign of life.
 *
 * Nothing stale is served from a backend that was out of use:
 * - a secondary is emptied (its own prefix) before it is used, because it knows nothing of what happened since the last time;
 * - keys that this process wrote or removed in the meantime, and those whose change failed on the primary, are removed from
 *   the primary before it is used again. Beyond 10 000 of them its prefix is cleared.
 *
 * Values stored in a secondary are not copied back: they are loaded again. Other processes do the same for their own
 * changes; one that still reaches the primary does not see removals of one that does not, until that one returns.
 */
export class FailoverCache<M extends Mode = Mode> extends WrappedCache<M> {
  static override readonly name: string = 'FailoverCache'
  readonly backends: readonly CacheAdapter[]
  readonly #backends: readonly Backend[]
  readonly #returnMs: number | null
  #active = 0
  #period = 0
  #since: number
  #error: unknown
  #returnAt = 0
  /** The change of the backend that is going on, in an asynchronous cache: calls wait for it. */
  #moving: Promise<void> | undefined
  #isProbing = false

  constructor(primary: Cache<M>, others: readonly Cache[], options: FailoverOptions = {}) {
    checkOptions(options, ['returnAfter'], 'failover')
    const { returnAfter = '10s', ...rest } = options
    super(primary, rest)
    if (others.length === 0) throw new TypeError('failover needs a secondary: failover(primary, secondary).')
    this.backends = [this.inner as CacheAdapter, ...others.map((other) => adapterIn(other, 'failover'))]
    if (primary.mode === 'sync' && others.some(({ mode }) => mode === 'async'))
      throw new TypeError('failover of a synchronous primary needs synchronous secondaries.')
    for (const backend of this.backends) checkPrefix(backend)
    this.#backends = this.backends.map((backend) => ({ store: coreOf(backend), journal: new Journal() }))
    this.#returnMs = durationOf(returnAfter, 'returnAfter')
    this.#since = this.now()
  }

  /** Capabilities that all backends have. */
  override get capabilities(): Capabilities {
    const each = this.backends.map(({ capabilities }) => capabilities)
    const every = (name: keyof Capabilities) => each.every((capabilities) => capabilities[name])
    return {
      ...each[0]!,
      atomic: every('atomic'),
      listsKeys: every('listsKeys'),
      clears: every('clears'),
      locks: every('locks'),
      millisecondExpiry: every('millisecondExpiry'),
    }
  }

  override status(): FailoverStatus {
    const isUp = this.#active === 0
    const adapter = this.backends[this.#active]!.name
    const facts = { adapter, active: this.#active, stale: this.#backends[0]!.journal.size }
    if (isUp) return { ...this.inner.status(), ...facts }
    const error = this.#error instanceof Error ? { error: this.#error } : {}
    return { state: 'down', since: this.#since, ...error, breaker: this.#isProbing ? 'half-open' : 'open', ...facts }
  }

  protected override read(id: string): Out<M, Entry | undefined> {
    return asOut(run(this.#ask((store) => store.read(this.#idIn(store, id)) as Answer<Entry | undefined>)))
  }

  protected readMany(ids: readonly string[]): Out<M, (Entry | undefined)[]> {
    return asOut(run(this.#ask((store) => readMany(store, this.#idsIn(store, ids)))))
  }

  protected override write(id: string, entry: Entry): Out<M, void> {
    const write = (store: CacheCore) => store.write(this.#idIn(store, id), entry) as Answer<void>
    return asOut(run(this.#change((journal) => journal.add([this.#keyOf(id)]), write)))
  }

  protected writeMany(entries: readonly (readonly [string, Entry])[]): Out<M, void> {
    const keys = entries.map(([id]) => this.#keyOf(id))
    const write = (store: CacheCore): Answer<unknown> =>
      writeMany(
        store,
        entries.map(([id, entry]) => [this.#idIn(store, id), entry] as const),
      )
    return asOut(andThen(run(this.#change((journal) => journal.add(keys), write)), () => undefined))
  }

  protected override drop(ids: readonly string[]): Out<M, number> {
    const keys = ids.map((id) => this.#keyOf(id))
    const drop = (store: CacheCore) => store.drop(this.#idsIn(store, ids)) as Answer<number>
    return asOut(run(this.#change((journal) => journal.add(keys), drop)))
  }

  protected readVersioned(id: string): Out<M, VersionedEntry> {
    const look = (store: CacheCore): Answer<VersionedEntry> => {
      const period = this.#period
      return andThen(readVersioned(store, this.#idIn(store, id)), ({ entry, version }) => ({
        entry,
        version: new BackendVersion(period, version),
      }))
    }
    return asOut(run(this.#ask(look)))
  }

  protected compareAndSet(id: string, found: unknown, entry: Entry | undefined): Out<M, boolean> {
    const swap = (store: CacheCore): Answer<boolean> => {
      if (!(found instanceof BackendVersion)) return compareAndSet(store, this.#idIn(store, id), found, entry)
      // The version is of another backend, or of an earlier period: look again.
      if (found.period !== this.#period) return false
      return compareAndSet(store, this.#idIn(store, id), found.version, entry)
    }
    return asOut(run(this.#change((journal) => journal.add([this.#keyOf(id)]), swap)))
  }

  protected override list(prefix: string): Keys<M> {
    const keys = this.mode === 'sync' ? this.#list(prefix) : this.#listLater(prefix)
    return keys as Keys<Mode> as Keys<M>
  }

  protected override wipe(prefix: string): Out<M, void> {
    // Whatever backend is in use: the primary would have to do it as well, on its return.
    const { clears, listsKeys } = this.inner.capabilities
    if (!(prefix === this.prefix ? clears : listsKeys)) throw new Unsupported('clear', this.inner.name)
    const clear = (store: CacheCore) => wipe(store, this.#idIn(store, prefix))
    return asOut(run(this.#change((journal) => journal.addAll(this.#keyOf(prefix)), clear)))
  }

  override close(): Out<M, void> {
    return asOut(andThen(all<void>(this.backends.map((backend): Answer<void> => backend.close())), () => undefined))
  }

  protected override open(): Out<M, void> {
    return asOut(run(this.#ask((store) => store.open() as Answer<void>)))
  }

  protected override probe(): Out<M, unknown> {
    return asOut(run(this.#ask((store) => store.probe() as Answer<unknown>)))
  }

  *#list(prefix: string): Generator<string, void, undefined> {
    const { ids, first, length } = run(this.#ask((store) => this.#listing(store, prefix))) as Listing
    for (let step = first; !step.done; step = ids.next() as IteratorResult<string>) {
      yield this.prefix + step.value.slice(length)
    }
  }

  async *#listLater(prefix: string): AsyncGenerator<string, void, undefined> {
    const { ids, first, length } = await run(this.#ask((store) => this.#listing(store, prefix)))
    for (let step = first; !step.done; step = await ids.next()) yield this.prefix + step.value.slice(length)
  }

  /** The first key shows whether the backend answers. A failure after it ends the listing. */
  #listing(store: CacheCore, prefix: string): Answer<Listing> {
    const ids = listed(store, this.#idIn(store, prefix))
    return andThen(ids.next(), (first) => ({ ids, first, length: store.prefix.length }))
  }

  /** Changes keys, which the journals of the other backends note. */
  *#change<T>(note: (journal: Journal) => void, change: (store: CacheCore) => Answer<T>): Flow<T> {
    return yield* this.#ask((store) => {
      // Before the change begins, so that a return to the primary meanwhile does not miss it.
      if (store !== this.#backends[0]!.store) note(this.#backends[0]!.journal)
      return change(store)
    }, note)
  }

  /** Asks the backend in use, and the next one when it fails. */
  *#ask<T>(ask: (store: CacheCore) => Answer<T>, note?: (journal: Journal) => void): Flow<T> {
    yield* this.#returnIfDue()
    for (let failures = 0; ; ) {
      const period = this.#period
      const { store, journal } = this.#backends[this.#active]!
      try {
        if (journal.size !== 0) yield* this.#gated(journal.replay(store))
        return yield* wait(ask(store))
      } catch (error) {
        if (!isOutage(error)) throw error
        // The change may have happened all the same, or may still happen.
        note?.(journal)
        if (++failures >= this.#backends.length) throw error
        yield* this.#moveOn(period, error)
      }
    }
  }

  /** Goes on with the next backend that works, unless another call has done so since. Throws `error` if none does. */
  *#moveOn(period: number, error: unknown): Flow<void> {
    if (this.#moving !== undefined) yield* wait(this.#moving)
    if (period !== this.#period) return
    const { length } = this.#backends
    for (let i = 1; i < length; i++) {
      const next = (this.#active + i) % length
      try {
        if (next === 0) yield* wait<unknown>(this.#backends[0]!.store.probe())
        else this.#backends[next]!.journal.addAll('')
        yield* this.#gated(this.#move(next, error))
        return
      } catch (cause) {
        this.#report(cause)
        if (period !== this.#period) return
      }
    }
    throw error
  }

  /** After `returnAfter`, asks the primary for a sign of life, and returns to it. */
  *#returnIfDue(): Flow<void> {
    if (this.#moving !== undefined) yield* wait(this.#moving)
    if (this.#active === 0 || this.#returnMs === null || this.now() < this.#returnAt || this.#isProbing) return
    this.#isProbing = true
    // Not waited for: in an asynchronous cache, calls go on with the secondary meanwhile.
    run(this.#return())
  }

  *#return(): Flow<void> {
    try {
      yield* wait<unknown>(this.#backends[0]!.store.probe())
      yield* this.#gated(this.#move(0, undefined))
    } catch (error) {
      this.#error = error
      this.#returnAt = this.now() + (this.#returnMs ?? 0)
      this.#report(error)
    } finally {
      this.#isProbing = false
    }
  }

  /** Runs a flow while all calls wait. */
  *#gated(flow: Flow<void>): Flow<void> {
    const done = run(flow) as Answer<void>
    if (!isPromise(done)) return
    const moving = (done as Promise<void>)
      .catch(() => {})
      .finally(() => {
        if (this.#moving === moving) this.#moving = undefined
      })
    this.#moving = moving
    yield* wait(done)
  }

  /** Changes the backend in use. */
  *#move(to: number, error: unknown): Flow<void> {
    const from = this.backends[this.#active]!.name
    const { store, journal } = this.#backends[to]!
    yield* journal.replay(store)
    this.#active = to
    this.#period++
    this.#since = this.now()
    this.#error = error
    this.#returnAt = this.#since + (this.#returnMs ?? 0)
    if (to === 0) this.events.emit('recover')
    this.events.emit('failover', undefined, { from, to: this.backends[to]!.name, error })
  }

  #report(error: unknown): void {
    this.events.emit('backendError', undefined, { error, verb: 'failover' })
  }

  #idIn(store: CacheCore, id: string): string {
    return store.prefix + this.#keyOf(id)
  }

  #idsIn(store: CacheCore, ids: readonly string[]): string[] {
    return ids.map((id) => this.#idIn(store, id))
  }

  #keyOf(id: string): string {
    return id.slice(this.prefix.length)
  }
}
