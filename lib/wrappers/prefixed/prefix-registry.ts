import type { CacheAdapter } from '../../adapter/cache-adapter.ts'
import { quoted } from '../../core/quoted.ts'
import { coreOf } from '../../verbs/cache-core.ts'
import { bottomOf, WrappedCache } from '../base/wrapped.ts'

/** Warnings per store. Beyond it, collisions are a pattern of the program rather than news. */
const MOST_WARNINGS = 100

/**
 * The live prefixes of one store, so that caches whose keys overlap are reported and do not clear each other.
 *
 * An application may have a cache per tenant, so nothing here goes through all prefixes: they are kept sorted, which makes
 * those that begin with a prefix one range, and the lengths in use are counted, which makes those that a key begins with one
 * look-up per length. A registration ends with its cache and does not keep it alive.
 */
export class PrefixRegistry {
  readonly #byPrefix = new Map<string, Set<WeakRef<WrappedCache>>>()
  /** All prefixes, in the order of their UTF-16 units. */
  readonly #sorted: string[] = []
  /** How many prefixes there are of each length. */
  readonly #lengths = new Map<number, number>()
  readonly #reported = new Set<string>()
  readonly #collected = new FinalizationRegistry<{ prefix: string; ref: WeakRef<WrappedCache> }>(({ prefix, ref }) => {
    const refs = this.#byPrefix.get(prefix)
    if (refs?.delete(ref) && refs.size === 0) this.#forget(prefix)
  })

  /** Number of live prefixes. */
  get size(): number {
    return this.#byPrefix.size
  }

  /** Registers a cache under its prefix, and warns of a prefix that it overlaps, once for each two. */
  add(cache: WrappedCache): void {
    this.#report(cache)
    const { prefix } = cache
    const ref = new WeakRef(cache)
    const refs = this.#byPrefix.get(prefix)
    if (refs === undefined) this.#insert(prefix, new Set([ref]))
    else refs.add(ref)
    this.#collected.register(cache, { prefix, ref })
  }

  /**
   * Longer prefixes that own some of the keys that begin with `region`: those of caches that do not stand around this one.
   * The answer tells whether a key belongs to one of them; `undefined` when there are none.
   */
  ownersWithin(cache: WrappedCache, region: string): ((key: string) => boolean) | undefined {
    const own = cache.prefix.length
    const candidates = [...this.#beginningWith(region), ...this.#beginningsOf(region)]
    const longer = candidates.filter((prefix) => prefix.length > own && !this.#isAround(prefix, cache))
    if (longer.length === 0) return undefined
    const prefixes = new Set(longer)
    const lengths = [...new Set(longer.map((prefix) => prefix.length))]
    return (key) => lengths.some((length) => prefixes.has(key.slice(0, length)))
  }

  #report(cache: WrappedCache): void {
    if (this.#reported.size >= MOST_WARNINGS) return
    const { prefix } = cache
    for (const other of this.#overlapping(prefix)) {
      const pair = prefix.length < other.length ? `${prefix}\0${other}` : `${other}\0${prefix}`
      const stranger = this.#reported.has(pair) ? undefined : this.#strangerAt(other, cache)
      if (stranger === undefined) continue
      this.#reported.add(pair)
      warn(cache, stranger)
      if (this.#reported.size >= MOST_WARNINGS) return
    }
  }

  *#overlapping(prefix: string): Generator<string, void, undefined> {
    if (this.#byPrefix.has(prefix)) yield prefix
    yield* this.#beginningsOf(prefix)
    for (const other of this.#beginningWith(prefix)) if (other !== prefix) yield other
  }

  /** Prefixes that are shorter than a text, and that it begins with. */
  *#beginningsOf(text: string): Generator<string, void, undefined> {
    for (const length of this.#lengths.keys()) {
      if (length < text.length && this.#byPrefix.has(text.slice(0, length))) yield text.slice(0, length)
    }
  }

  /** Prefixes that begin with a text. */
  *#beginningWith(text: string): Generator<string, void, undefined> {
    for (let i = this.#indexOf(text); i < this.#sorted.length && this.#sorted[i]!.startsWith(text); i++) {
      yield this.#sorted[i]!
    }
  }

  /** A cache under a prefix that another one is not wrapped around. */
  #strangerAt(prefix: string, cache: WrappedCache): WrappedCache | undefined {
    for (const ref of this.#byPrefix.get(prefix) ?? []) {
      const owner = ref.deref()
      if (owner !== undefined && !isAround(cache, owner)) return owner
    }
    return undefined
  }

  /** Tells if a prefix belongs to a cache that is wrapped around another one, or to no live cache. */
  #isAround(prefix: string, cache: WrappedCache): boolean {
    let isLive = false
    for (const ref of this.#byPrefix.get(prefix) ?? []) {
      const owner = ref.deref()
      if (owner === undefined) continue
      if (isAround(owner, cache)) return true
      isLive = true
    }
    return !isLive
  }

  #insert(prefix: string, refs: Set<WeakRef<WrappedCache>>): void {
    this.#byPrefix.set(prefix, refs)
    this.#sorted.splice(this.#indexOf(prefix), 0, prefix)
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1)
  }

  #forget(prefix: string): void {
    this.#byPrefix.delete(prefix)
    this.#sorted.splice(this.#indexOf(prefix), 1)
    const count = this.#lengths.get(prefix.length)! - 1
    if (count === 0) this.#lengths.delete(prefix.length)
    else this.#lengths.set(prefix.length, count)
  }

  /** The place of a text among the sorted prefixes, by bisection. */
  #indexOf(text: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sorted[middle]! < text) low = middle + 1
      else high = middle
    }
    return low
  }
}

const byStore = new WeakMap<object, PrefixRegistry>()

/** The registry of the store under a cache. */
export function registryOf(cache: CacheAdapter): PrefixRegistry {
  // Caches over one store have their loads in common, so these identify it.
  const store = coreOf(bottomOf(cache)).loads
  const registry = byStore.get(store) ?? new PrefixRegistry()
  byStore.set(store, registry)
  return registry
}

/** Tells if a cache is wrapped around another one, at any depth. */
function isAround(cache: WrappedCache, other: WrappedCache): boolean {
  for (let at: CacheAdapter = cache.inner; at instanceof WrappedCache; at = at.inner) if (at === other) return true
  return false
}

function warn(one: WrappedCache, other: WrappedCache): void {
  const [long, short] = one.prefix.length < other.prefix.length ? [other, one] : [one, other]
  const message =
    short.prefix === long.prefix
      ? `Two caches (${one.name} and ${other.name}) use the same prefix ${quoted(one.prefix)} in one store: each reads and clears the entries of the other. Use one of them, or give them different prefixes.`
      : `Two caches use prefixes in one store of which one begins with the other, ${quoted(short.prefix)} (${short.name}) and ${quoted(long.prefix)} (${long.name}): a key of the first may be a key of the second. Choose prefixes that do not begin with each other, or wrap the second cache around the first.`
  process.emitWarning(message, { code: 'POLYCACHE_PREFIX' })
}
