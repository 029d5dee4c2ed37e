import { ConfigError } from '../../lib/core/errors.ts'
import type { Entry } from '../../lib/core/types.ts'
import { EVICTED, Removals } from './engine/removals.ts'
import { MemoryStore } from './engine/store.ts'
import type { MemoryOptions } from './options.ts'

/** The number of entries that are examined between two turns of the event loop after values were collected. */
const SLICE = 10_000

/** The store for the options of a cache. */
export function storeOf(options: MemoryOptions): MemoryStore {
  if (!options.weakValues) return new MemoryStore(options, options.policy)
  if (options.isolation === undefined || options.isolation === 'reference')
    return new WeakStore(options, options.policy)
  throw new ConfigError(
    `weakValues needs isolation: 'reference', because copies of a value would be held by nobody. It was ${JSON.stringify(options.isolation)}.`,
  )
}

/**
 * A store that holds objects and functions weakly: an entry is missing once its value was garbage collected. Other values are
 * held as usual; bounds, expiry and the policy apply to all.
 *
 * To `MemoryStore`, the value of a weak entry is a `WeakRef`, one per object, so that storing the same object again is
 * recognized. A collected value is discovered by `find`, which every verb calls first: it removes the entry and reports a
 * miss. Within one run of code the answer does not change, since V8 keeps every value that was dereferenced until the run
 * ends. A `FinalizationRegistry` removes the entries that nobody asks for.
 */
class WeakStore extends MemoryStore {
  override readonly isWeak = true
  override readonly removals = new WeakRemovals()
  readonly #references = new WeakMap<object, WeakRef<object>>()
  readonly #self = new WeakRef<WeakStore>(this)
  #isReaping = false
  /** Whether values were collected while entries were being examined. */
  #isLate = false

  override find(id: string, hash = this.hashOf(id)): number {
    const slot = super.find(id, hash)
    if (slot === 0 || this.#isAlive(slot)) return slot
    // Reported later: listeners must not run between a verb's `find` and its change.
    this.remove(slot, Number.NEGATIVE_INFINITY, EVICTED)
    return 0
  }

  override valueAt(slot: number): unknown {
    return dereferenced(super.valueAt(slot))
  }

  override entryAt(slot: number): Entry {
    const entry = super.entryAt(slot)
    return { ...entry, value: dereferenced(entry.value) }
  }

  override isAt(slot: number, entry: Entry): boolean {
    return super.isAt(slot, { ...entry, value: this.#referenceTo(entry.value) })
  }

  override *coldest(): Generator<number, void, undefined> {
    for (const slot of super.coldest()) if (this.#isAlive(slot)) yield slot
  }

  override hottest(): Iterable<number> | undefined {
    const slots = super.hottest()
    return slots && Array.from(slots).filter((slot) => this.#isAlive(slot))
  }

  override write(...[id, value, created, expires, now, owner, ...rest]: Parameters<MemoryStore['write']>): boolean {
    return super.write(id, this.#referenceTo(value), created, expires, now, owner, ...rest)
  }

  /** Removes the entries whose values were collected, a slice per turn of the event loop. */
  reap(): void {
    this.#isLate = this.#isReaping
    if (this.#isReaping) return
    this.#isReaping = true
    this.#reapSlice(this.used())
  }

  #reapSlice(slots: Iterator<number, undefined>): void {
    let next = slots.next()
    for (let i = 0; i < SLICE && !next.done; i++, next = slots.next()) this.find(this.keyAt(next.value))
    if (this.owner !== undefined) this.removals.report(this.owner)
    if (!next.done) {
      setImmediate(() => this.#reapSlice(slots)).unref?.()
      return
    }
    this.#isReaping = false
    if (this.#isLate) this.reap()
  }

  #isAlive(slot: number): boolean {
    const kept = super.valueAt(slot)
    return !(kept instanceof WeakRef) || kept.deref() !== undefined
  }

  /** The stored form of a value. */
  #referenceTo(value: unknown): unknown {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value
    let reference = this.#references.get(value)
    if (reference === undefined) {
      reference = new WeakRef(value)
      this.#references.set(value, reference)
      collected.register(value, this.#self)
    }
    return reference
  }
}

/** Reports the values themselves; `undefined` for a value that was collected. */
class WeakRemovals extends Removals {
  override add(id: string, value: unknown, cause: number): void {
    super.add(id, dereferenced(value), cause)
  }
}

const collected = new FinalizationRegistry<WeakRef<WeakStore>>((store) => store.deref()?.reap())

function dereferenced(kept: unknown): unknown {
  return kept instanceof WeakRef ? kept.deref() : kept
}
