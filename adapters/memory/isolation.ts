import { clone, freeze, thawed } from '../../lib/coder/clone.ts'
import { jsonOf } from '../../lib/coder/coders.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import type { Coder, Isolation, Wire } from '../../lib/core/types.ts'

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
