import type { Capabilities, Store } from '../core/types.ts'

/** What a store can do, as far as its verbs tell. What they do not tell it is taken not to. */
export function capabilitiesOf({ readVersioned, compareAndSet, list, wipe }: Partial<Store>): Capabilities {
  return {
    atomic: readVersioned !== undefined && compareAndSet !== undefined,
    listsKeys: list !== undefined,
    clears: list !== undefined || wipe !== undefined,
    shared: false,
    locks: false,
    millisecondExpiry: false,
  }
}
