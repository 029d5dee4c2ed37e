import type { Owner } from '../../../adapters/memory/engine/removals.ts'

/** An owner of a store that does nothing but what it is given. */
export function ownerWith(parts: Partial<Owner> = {}): Owner {
  return {
    now: () => 0,
    expired: () => {},
    evicted: () => {},
    hearsEvicted: () => true,
    countEvicted: () => {},
    failed: (error) => {
      throw error
    },
    ...parts,
  }
}
