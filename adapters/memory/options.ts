import { clone, freeze, thawed } from '../../lib/coder/clone.ts'
import { jsonOf } from '../../lib/coder/coders.ts'
import { coderOf } from '../../lib/coder/index.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import type { AdapterOptions, Clock, Coder, Isolation, Wire } from '../../lib/core/types.ts'
import { ADAPTER_OPTIONS } from '../../lib/entry/validate.ts'
import { BOUNDS, type Bounds } from './engine/capacity.ts'
import { type Expiry, expiryOf } from './engine/expiry.ts'
import type { PolicyOption } from './engine/policies/builtin.ts'
import type { RemovalListener } from './engine/removals.ts'
import type { MemoryStore } from './engine/store.ts'

/** The names of the options, for `refuseUnknownOptions`. */
export const MEMORY_OPTIONS: readonly string[] = [
  ...ADAPTER_OPTIONS,
  ...BOUNDS,
  'policy',
  'touchOnGet',
  'expiry',
  'onRemoval',
  'weakValues',
  'shared',
  'store',
]

export interface MemoryOptions extends Omit<AdapterOptions, 'clock'>, Bounds {
  /**
   * The source of the time. `'coarse'` reads the system clock at most once per millisecond: hits are faster, but the time
   * stands still during a synchronous run. @default the system clock, exact to the millisecond
   */
  clock?: Clock | 'coarse' | undefined
  /** The eviction policy: the name of a built-in one (see `PolicyName`) or your own. @default 'adaptive' */
  policy?: PolicyOption | undefined
  /** Restarts the TTL of an entry at every read of its value (sliding expiration). @default false */
  touchOnGet?: boolean | undefined
  /** Functions that choose the TTL of each entry. @default the timeout with which the entry is stored */
  expiry?: Expiry | undefined
  /** A listener for every entry that is removed; see `onRemoval` of the cache. @default none */
  onRemoval?: RemovalListener | undefined
  /** Holds objects and functions weakly: an entry is gone once its value is garbage collected. @default false */
  weakValues?: boolean | undefined
  /** The name under which caches in several threads invalidate each other; see `docs/memory.md`. @default none */
  shared?: string | undefined
  /** The `store` of another memory cache, to share its entries, bounds and policy. @default a new store */
  store?: MemoryStore | undefined
}

/** The options of a cache that concern entries, in the form in which `StoreView` takes them. Throws `ConfigError`. */
export function viewOptionsOf({ coder: given, isolation, expiry, touchOnGet }: MemoryOptions) {
  const coder = coderOf(given)
  return {
    coder,
    isolator: isolatorOf(isolation, coder),
    expiry: expiryOf(expiry, touchOnGet),
    isSliding: touchOnGet === true,
  }
}

/** Converts values on their way into and out of the store, so that users and the cache never hold the same object. */
export interface Isolator {
  /** The form in which a value is stored. Throws `CoderError` if the value has no such form. */
  keep(value: unknown): unknown
  /** The value for a caller, from its stored form. */
  give(kept: unknown): unknown
}

/** The isolator for an `isolation` option; `undefined` for `'reference'`, which stores the very object. */
function isolatorOf(isolation: Isolation = 'reference', coder: Coder): Isolator | undefined {
  const json = jsonOf(coder)
  switch (isolation) {
    case 'reference':
      return undefined
    case 'clone':
      return { keep: (value) => clone(value, json), give: (kept) => clone(kept, json) }
    case 'freeze':
      return { keep: (value) => freeze(value, json), give: (kept) => thawed(kept, json) }
    case 'coder':
      return { keep: (value) => coder.encode(value), give: (kept) => coder.decode(kept as Wire) }
    default:
      throw new ConfigError(
        `isolation must be one of reference, clone, freeze, coder, not ${JSON.stringify(isolation)}.`,
      )
  }
}
