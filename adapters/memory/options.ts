import type { AdapterOptions, Clock } from '../../lib/core/types.ts'
import { ADAPTER_OPTIONS } from '../../lib/entry/validate.ts'
import { BOUNDS, type Bounds } from './engine/bounds.ts'
import type { Expiry } from './engine/expiry.ts'
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
   * Where the time is read. `'coarse'` reads the system's clock once a millisecond at most, which makes hits faster, and lets
   * entries live on while a synchronous run lasts. @default the system's clock, exact to the millisecond
   */
  clock?: Clock | 'coarse' | undefined
  /** Says what goes to make room: a name (see `PolicyName`), or a policy of one's own. @default 'adaptive' */
  policy?: PolicyOption | undefined
  /** Begins an entry's life anew at every read of its value: it expires when it was not read for its timeout. @default false */
  touchOnGet?: boolean | undefined
  /** Says for each entry how long it lives. @default as long as its timeout says */
  expiry?: Expiry | undefined
  /** Told of each entry that is removed: see `onRemoval` of the cache. @default nobody */
  onRemoval?: RemovalListener | undefined
  /** Keeps objects and functions only as long as somebody else does. @default false */
  weakValues?: boolean | undefined
  /** The name of a cache that this one is a part of: see `docs/memory.md`. What one thread changes, the others forget. @default none */
  shared?: string | undefined
  /** Entries that are kept already, shared with other caches in memory; bounds and policy are theirs. @default a store of its own */
  store?: MemoryStore | undefined
}
