import { ConfigError } from '../../lib/core/errors.ts'
import type { Entry } from '../../lib/core/types.ts'
import { EVICTED, Removals } from './engine/removals.ts'
import { MemoryStore } from './engine/store.ts'
import type { MemoryOptions } from './options.ts'

/** How many entries are looked at between two turns of the event loop, when something was collected. */
const SLICE = 10_000

/** The store that the options of a cache ask for. */
export function storeOf(options: MemoryOptions): MemoryStore {
  if (!options.weakValues) return new MemoryStore(options, options.policy)
  if (options.isolation === undefined || options.isolation === 'reference')
    return new WeakStore(options, options.policy)
  throw new ConfigError(
    `weakValues keeps the very objects that it was given, so it goes with isolation: 'reference' only, not ${JSON.stringify(options.isolation)}.`,
  )
}

/**
 * Keeps objects and functions only as long as somebody else does: an entry is missing as soon as its value was collected. Other
 * values are kept as usual. All bounds, lives and the policy hold as ever.
 *
 * To the store beneath, the value of such an entry is a `WeakRef`, one for each object. In one run of code, what was found once
 * stays: V8 collects nothing that was looked at before the run has ended.
 */
class WeakStore extends MemoryStore {
  override readonly removals = new WeakRemovals()
  readonly #references = new WeakMap<object, WeakRef<object>>()
  readonly #self = new WeakRef<WeakStore>(this)
  #isReaping = false
  #isLate = false

  override find(key: string, hash = this.hashOf(key)): number {
    const slot = super.find(key, hash)
    if (slot === 0 || this.#isAlive(slot)) return slot
    // It is told of later: who writes finds first, and nobody may come in between.
    this.remove(slot, Number.NEGATIVE_INFINITY, EVICTED)
    return 0
  }

  override valueAt(slot: number): unknown {
    return strong(super.valueAt(slot))
  }

  override entryAt(slot: number): Entry {
    const entry = super.entryAt(slot)
    return { ...entry, value: strong(entry.value) }
  }

  override isAt(slot: number, entry: Entry): boolean {
    return super.isAt(slot, { ...entry, value: this.#weak(entry.value) })
  }

  override *coldest(): Generator<number, void, undefined> {
    for (const slot of super.coldest()) if (this.#isAlive(slot)) yield slot
  }

  override hottest(): Iterable<number> | undefined {
    const slots = super.hottest()
    return slots && Array.from(slots).filter((slot) => this.#isAlive(slot))
  }

  override write(...[key, value, created, expires, now, owner, ...rest]: Parameters<MemoryStore['write']>): boolean {
    return super.write(key, this.#weak(value), created, expires, now, owner, ...rest)
  }

  /** Removes the entries whose values were collected, a slice at a time. */
  reap(): void {
    this.#isLate = this.#isReaping
    if (this.#isReaping) return
    this.#isReaping = true
    this.#reapOn(this.used())
  }

  #reapOn(slots: Iterator<number, undefined>): void {
    let next = slots.next()
    for (let i = 0; i < SLICE && !next.done; i++, next = slots.next()) this.find(this.keyAt(next.value))
    if (this.owner !== undefined) this.removals.tell(this.owner)
    if (!next.done) {
      setImmediate(() => this.#reapOn(slots)).unref?.()
      return
    }
    this.#isReaping = false
    if (this.#isLate) this.reap()
  }

  #isAlive(slot: number): boolean {
    const kept = super.valueAt(slot)
    return !(kept instanceof WeakRef) || kept.deref() !== undefined
  }

  /** What is kept of a value. */
  #weak(value: unknown): unknown {
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

/** Tells of values as they were given; of what was collected, that it is not there any more. */
class WeakRemovals extends Removals {
  override note(key: string, value: unknown, cause: number): void {
    super.note(key, strong(value), cause)
  }
}

const collected = new FinalizationRegistry<WeakRef<WeakStore>>((store) => store.deref()?.reap())

function strong(kept: unknown): unknown {
  return kept instanceof WeakRef ? kept.deref() : kept
}
