import { all, type Flow, run, wait } from '../../core/flow.ts'
import type { CacheCore } from '../../verbs/cache-core.ts'
import { wipe } from '../../verbs/keys.ts'

/** Most keys that are remembered one by one, about 1 MB. Beyond it, everything counts as changed. */
const MOST_KEYS = 10_000
/** Keys that are removed by one call. */
const PAGE = 1000

/**
 * Keys that changed while a backend was out of use. What it has under them is stale, so it is removed before the backend is
 * read again. Bounded: with too many keys, the whole prefix of the cache counts as changed. Keys have no prefix.
 */
export class Journal {
  readonly #keys = new Set<string>()
  readonly #prefixes = new Set<string>()
  #isFull = false

  /** Number of keys, or `'all'`. */
  get size(): number | 'all' {
    return this.#isFull ? 'all' : this.#keys.size + this.#prefixes.size
  }

  /** Notes that keys were written or removed, or may have been. */
  add(keys: readonly string[]): void {
    if (this.#isFull) return
    for (const key of keys) this.#keys.add(key)
    if (this.#keys.size > MOST_KEYS) this.addAll('')
  }

  /** Notes that everything under a prefix was removed. */
  addAll(prefix: string): void {
    if (this.#isFull) return
    this.#prefixes.add(prefix)
    if (prefix !== '' && this.#prefixes.size <= MOST_KEYS) return
    this.#isFull = true
    this.#keys.clear()
    this.#prefixes.clear()
  }

  /** Removes from a store what changed. An entry leaves the journal when that has succeeded, so nothing is replayed twice. */
  *replay(store: CacheCore): Flow<void> {
    if (this.#isFull) {
      yield* wait(wipe(store, store.prefix))
      this.#isFull = false
    }
    for (const prefix of [...this.#prefixes]) {
      yield* wait(wipe(store, store.prefix + prefix))
      this.#prefixes.delete(prefix)
    }
    const keys = [...this.#keys]
    const pages = Array.from({ length: Math.ceil(keys.length / PAGE) }, (_, i) => keys.slice(i * PAGE, (i + 1) * PAGE))
    yield* wait(all(pages.map((page) => run(this.#drop(store, page)))))
  }

  *#drop(store: CacheCore, keys: readonly string[]): Flow<void> {
    yield* wait(store.drop(keys.map((key) => store.prefix + key)))
    for (const key of keys) this.#keys.delete(key)
  }
}
