import { clone, freeze, thawed } from '../../lib/coder/clone.ts'
import { jsonOf } from '../../lib/coder/coders.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import type { AdapterOptions, Clock, Coder, Isolation, Wire } from '../../lib/core/types.ts'
import { ADAPTER_OPTIONS } from '../../lib/entry/validate.ts'
import { BOUNDS, type Bounds } from './engine/capacity.ts'
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

/** Keeps what users hold apart from what the cache holds. */
export interface Isolating {
  /** The form in which a value is kept. Throws `CoderError` for what cannot be kept in it. */
  keep(value: unknown): unknown
  /** What is given out of it. */
  give(kept: unknown): unknown
}

/** The isolation of that name; `undefined` for `'reference'`, which is none. */
export function isolationOf(isolation: Isolation = 'reference', coder: Coder): Isolating | undefined {
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
