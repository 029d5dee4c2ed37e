import type { CacheAdapter } from '../../adapter/cache-adapter.ts'
import { coreOf } from '../../verbs/cache-core.ts'
import { bottomOf } from '../base/wrapped.ts'

/** A value on its way into L1. */
export class Promotion {
  /** Whole key in L1. */
  readonly id: string
  /** Becomes `false` when something newer happens to the key. */
  isLatest: boolean

  constructor(id: string, isLatest: boolean) {
    this.id = id
    this.isLatest = isLatest
  }
}

/**
 * Values on their way into one L1 store.
 *
 * A value that was read from L2 before a removal, or written there before another write, must not be what L1 keeps in the
 * end. So a promotion is registered before L2 is asked, and every later change of its key supersedes it. Neither is anything
 * kept that is read or written while the key is being cleared, because a clear takes time and may have passed it already.
 *
 * All two-level caches of this process over one L1 store share this registry, so a removal through one of them also wins
 * over a read through another one, in either mode.
 */
export class Promotions {
  readonly #byId = new Map<string, Set<Promotion>>()
  readonly #wipes = new Set<{ readonly prefix: string }>()

  /** Registers a promotion, until it ends. */
  begin(id: string): Promotion {
    const promotion = new Promotion(id, !this.#isBeingWiped(id))
    const promotions = this.#byId.get(id)
    if (promotions === undefined) this.#byId.set(id, new Set([promotion]))
    else promotions.add(promotion)
    return promotion
  }

  end(promotion: Promotion): void {
    const promotions = this.#byId.get(promotion.id)
    if (promotions?.delete(promotion) && promotions.size === 0) this.#byId.delete(promotion.id)
  }

  /** Notes a change of a key: none of its promotions may be kept. */
  supersede(id: string): void {
    if (this.#byId.size === 0) return
    for (const promotion of this.#byId.get(id) ?? []) promotion.isLatest = false
  }

  /** Notes that everything under a prefix is being removed, until the answer is called. */
  beginWipe(prefix: string): () => void {
    for (const id of this.#byId.keys()) if (id.startsWith(prefix)) this.supersede(id)
    const wipe = { prefix }
    this.#wipes.add(wipe)
    return () => this.#wipes.delete(wipe)
  }

  #isBeingWiped(id: string): boolean {
    for (const { prefix } of this.#wipes) if (id.startsWith(prefix)) return true
    return false
  }
}

const byStore = new WeakMap<object, Promotions>()

/** The promotions into the store under an L1 cache. */
export function promotionsInto(near: CacheAdapter): Promotions {
  // Caches over one store have their loads in common, so these identify it.
  const store = coreOf(bottomOf(near)).loads
  const promotions = byStore.get(store) ?? new Promotions()
  byStore.set(store, promotions)
  return promotions
}
