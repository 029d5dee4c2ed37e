import type { CacheAdapter } from '../../adapter/cache-adapter.ts'
import { quoted } from '../../core/quoted.ts'
import { coreOf } from '../../verbs/cache-core.ts'
import { bottomOf, WrappedCache } from '../base/wrapped.ts'

/**
 * Who claims which prefix in a store. A claim lasts as long as the cache that made it, and does not keep it alive.
 */
export class Claims {
  readonly #byPrefix = new Map<string, Set<WeakRef<WrappedCache>>>()
  readonly #reported = new Set<string>()
  readonly #gone = new FinalizationRegistry<{ prefix: string; claim: WeakRef<WrappedCache> }>(({ prefix, claim }) => {
    const claims = this.#byPrefix.get(prefix)
    if (claims?.delete(claim) && claims.size === 0) this.#byPrefix.delete(prefix)
  })

  /** How many prefixes are claimed. */
  get size(): number {
    return this.#byPrefix.size
  }

  /** Notes the claim of a cache to its prefix, and warns once of each that it meets. */
  add(cache: WrappedCache): void {
    const { prefix } = cache
    for (const other of this.#byPrefix.keys()) {
      if (!other.startsWith(prefix) && !prefix.startsWith(other)) continue
      const pair = JSON.stringify([prefix, other].sort())
      const stranger = this.#reported.has(pair) ? undefined : this.#strangerAt(other, cache)
      if (stranger === undefined) continue
      this.#reported.add(pair)
      report(cache, stranger)
    }
    const claim = new WeakRef(cache)
    const claims = this.#byPrefix.get(prefix) ?? new Set()
    this.#byPrefix.set(prefix, claims.add(claim))
    this.#gone.register(cache, { prefix, claim })
  }

  /** The longer prefixes, of caches that are not within this one, of which some keys begin as `region` does. */
  othersIn(cache: WrappedCache, region: string): string[] {
    const others: string[] = []
    for (const prefix of this.#byPrefix.keys()) {
      if (prefix.length <= cache.prefix.length || !prefix.startsWith(cache.prefix)) continue
      if (!prefix.startsWith(region) && !region.startsWith(prefix)) continue
      const owners = this.#ownersOf(prefix)
      if (owners.length > 0 && !owners.some((owner) => isWithin(owner, cache))) others.push(prefix)
    }
    return others
  }

  /** One who claims a prefix, and around whom a cache is not wrapped. */
  #strangerAt(prefix: string, cache: WrappedCache): WrappedCache | undefined {
    return this.#ownersOf(prefix).find((owner) => !isWithin(cache, owner))
  }

  #ownersOf(prefix: string): WrappedCache[] {
    const claims = this.#byPrefix.get(prefix) ?? []
    return [...claims].map((claim) => claim.deref()).filter((owner) => owner !== undefined)
  }
}

const byStore = new WeakMap<object, Claims>()

/** The claims in the store of a cache. */
export function claimsOn(cache: CacheAdapter): Claims {
  // What its caches share while values are made stands for the store.
  const store = coreOf(bottomOf(cache)).loads
  const claims = byStore.get(store) ?? new Claims()
  byStore.set(store, claims)
  return claims
}

/** Whether a cache is wrapped, by however many others, around another one. */
function isWithin(cache: WrappedCache, other: WrappedCache): boolean {
  for (let at: CacheAdapter = cache.inner; at instanceof WrappedCache; at = at.inner) if (at === other) return true
  return false
}

function report(cache: WrappedCache, other: WrappedCache): void {
  const [long, short] = cache.prefix.length < other.prefix.length ? [other, cache] : [cache, other]
  const message = short.prefix === long.prefix ? sameOf(cache, other) : beginsOf(short, long)
  process.emitWarning(message, { code: 'POLYCACHE_PREFIX' })
}

function sameOf(one: WrappedCache, other: WrappedCache): string {
  return `Two caches (${one.name} and ${other.name}) claim the same prefix ${quoted(one.prefix)} in one store: each reads and clears what the other keeps. Use one of them, or give them different prefixes.`
}

function beginsOf(short: WrappedCache, long: WrappedCache): string {
  return `Two caches claim prefixes in one store of which one begins with the other, ${quoted(short.prefix)} (${short.name}) and ${quoted(long.prefix)} (${long.name}): a key of the first may be one of the second. Let no prefix begin with another, or wrap the second cache around the first.`
}
