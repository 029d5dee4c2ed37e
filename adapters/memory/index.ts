import { asOut, isPromise } from '../../lib/core/flow.ts'
import type { Key, Keys, Mode, Out } from '../../lib/core/types.ts'
import { isHidden } from '../../lib/entry/hidden-keys.ts'
import type { ResolvedTtl } from '../../lib/entry/ttl.ts'
import { keyOf, refuseUnknownOptions } from '../../lib/entry/validate.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'
import { answerVerb } from '../../lib/verbs/call-store.ts'
import { MemoryStoreAdapter } from './adapter.ts'
import { type Dumped, type Dumping, dumpTo, loadFrom, type Loaded as Restored } from './dump.ts'
import type { NewBounds } from './engine/capacity.ts'
import type { RemovalListener } from './engine/removals.ts'
import { NEVER } from './engine/slots.ts'
import { Inspection, type Loads, type MemoryStats, statsOf } from './inspection.ts'
import type { MemoryOptions } from './options.ts'

export type { Dumped, Loaded as Restored } from './dump.ts'
export type { Weigher } from './engine/estimate.ts'
export type { Expiry } from './engine/expiry.ts'
export type { PolicyName, PolicyOption } from './engine/policies/builtin.ts'
export type { EvictionPolicy } from './engine/policies/policy.ts'
export type { RemovalCause, RemovalListener } from './engine/removals.ts'
export type { EntryFacts, Inspection, MemoryStats } from './inspection.ts'
export type { MemoryOptions } from './options.ts'

/** What both colours of the cache in memory have in common: everything but the colour. */
abstract class MemoryAdapter<M extends Mode> extends MemoryStoreAdapter<M> {
  readonly #loads: Loads = { count: 0, time: 0 }
  readonly #slides: boolean

  constructor(options: MemoryOptions = {}) {
    super(options)
    this.#slides = options.touchOnGet === true
    if (options.onRemoval !== undefined) this.onRemoval(options.onRemoval)
  }

  protected override get facts(): object {
    const { size, maxEntries } = this.store
    return { entries: size, maxEntries, ...super.facts }
  }

  /** The value under a key, as `get` gives it, but without a trace: neither a use of the entry nor a hit or miss. */
  peek<T = unknown>(key: Key): Out<M, T | undefined> {
    return this.#quietly(key, (slot) => (slot === 0 ? undefined : (this.given(this.store.valueAt(slot)) as T)))
  }

  override has(key: Key): Out<M, boolean> {
    return this.#quietly(key, (slot) => {
      this.events.emit('test', keyOf(key))
      return slot !== 0
    })
  }

  override ttl(key: Key): Out<M, number | null | undefined> {
    return this.#quietly(key, (slot) => {
      if (slot === 0) return undefined
      const expires = this.store.expiresAt(slot)
      return expires === NEVER ? null : (expires - this.now()) / 1000
    })
  }

  // Listing is not reading, and takes note of changes on the way.
  override keys(prefix = ''): Keys<M> {
    const keys = this.#freshKeys(prefix)
    return (this.mode === 'sync' ? keys : later(keys)) as Keys<Mode> as Keys<M>
  }

  /** Counts what a maker or loader took, in ms. */
  protected loaded(ms: number): void {
    this.#loads.count++
    this.#loads.time += ms
  }

  /**
   * Tells a listener of every entry that is removed from now on, once, with its key, value and the cause. It is called when the
   * cache is in order again, so that it may use it; what it throws becomes an `error` event. Answers what takes it away again.
   */
  onRemoval<T = unknown>(listener: RemovalListener<T>): () => void {
    return this.store.removals.listen((id, kept, cause) => {
      if (!id.startsWith(this.prefix)) return
      const key = this.spelled(id)
      const failed = (error: unknown): void => this.events.emit('error', key, { error, verb: 'onRemoval' })
      try {
        const answer: unknown = listener(key, this.given(kept) as T, cause)
        if (isPromise(answer)) answer.then(undefined, failed)
      } catch (error) {
        failed(error)
      }
    })
  }

  /** Looks at what is kept, in the order of the policy, and sets the bound. What it does is not counted as use. */
  policy(): Inspection {
    return new Inspection({
      prefix: this.prefix,
      store: this.store,
      now: () => this.now(),
      give: (kept) => this.given(kept),
      resize: (bounds) => this.resize(bounds),
    })
  }

  /**
   * Sets other bounds, `null` for none: of the entries, or of what is named. What is too much by then goes bit by bit, with every
   * write and between the turns of the event loop, a thousand entries at once; whoever looks at the size or at the keys has it
   * done. Throws `ConfigError` for `maxBytes` where entries are not weighed.
   */
  resize(bounds: number | null | NewBounds): void {
    if (typeof bounds === 'object' && bounds !== null)
      refuseUnknownOptions(bounds, ['maxEntries', 'maxBytes'], 'resize')
    this.store.resize(bounds, this.owner)
  }

  /**
   * Writes all entries to a file, the coldest first, with their deadlines, by the coder of the cache. The file is replaced at the
   * end, by one step, so that it is whole at every moment. Rejects with an `AdapterError` when it cannot be written.
   */
  dump(path: string | URL): Promise<Dumped> {
    return dumpTo(this.#dumping(), path)
  }

  /**
   * Puts the entries of a file that `dump` wrote into the cache: those that have not expired, under keys that are not there, as far
   * as there is room, with what is left of their lives, and in their order. A file that is damaged rejects with a `CoderError`,
   * one that cannot be read with an `AdapterError`, and nothing is changed.
   */
  load(path: string | URL): Promise<Restored> {
    return loadFrom(this.#dumping(), path)
  }

  /** The same figures as `stats()` has of the store, as other caches give those of their backends. */
  backendStats(): Out<M, Record<string, unknown>> {
    const { size, weight, removals, evictedWeight } = this.stats()
    return asOut(answerVerb(coreOf(this), () => ({ entries: size, weight, removals, evictedWeight })))
  }

  override stats(): MemoryStats {
    return statsOf(super.stats(), this.store, this.#loads)
  }

  #dumping(): Dumping {
    return {
      name: this.name,
      prefix: this.prefix,
      store: this.store,
      coder: this.coder,
      slides: this.#slides,
      now: () => this.now(),
      give: (kept) => this.given(kept),
      put: (id, entry) => this.put(id, entry),
      failed: (event, key, error) =>
        this.events.emit(event, key, { error, verb: event === 'decodeError' ? 'load' : 'dump' }),
    }
  }

  /** Looks at a fresh entry without a trace; its slot is 0 when there is none. */
  #quietly<T>(key: Key, look: (slot: number) => T): Out<M, T> {
    return asOut<M, T>(answerVerb(coreOf(this), () => look(this.freshSlot(keyOf(key)))))
  }

  *#freshKeys(prefix: string): Generator<string, void, undefined> {
    for (const id of this.store.keys(this.prefix + prefix)) {
      const key = this.spelled(id)
      if (!isHidden(key) && this.freshSlot(key) !== 0) yield key
    }
  }
}

/** A cache in this process's memory, bounded, that answers at once. */
export class MemoryCache extends MemoryAdapter<'sync'> {
  static override readonly name: string = 'MemoryCache'
  readonly mode = 'sync'

  protected override trySet(key: string, value: unknown, ttl: ResolvedTtl): boolean {
    return this.putFresh(key, value, ttl)
  }
}

/** A cache in this process's memory, bounded, that answers with promises. */
export class AsyncMemoryCache extends MemoryAdapter<'async'> {
  static override readonly name: string = 'AsyncMemoryCache'
  readonly mode = 'async'
}

async function* later<T>(values: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* values
}
