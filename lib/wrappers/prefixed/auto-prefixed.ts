import type { Cache, Mode } from '../../core/types.ts'
import type { Loads } from '../../single-flight/loads.ts'
import type { WrapperOptions } from '../base/wrapped.ts'
import { encoded, type PrefixMethod } from './auto-prefixed-methods.ts'
import { PrefixedCache } from './index.ts'

/** The options of an `AutoPrefixedCache`. */
export interface AutoPrefixedOptions extends WrapperOptions {
  /** What ends the prefix. @default '.' */
  sep?: string | undefined
  /** How the counter is written: `b64 b64u b32 b32x b16 a85 b85`. @default 'b64' */
  method?: PrefixMethod | undefined
  /** Stands in place of the counter, and is the same in every process and version. Recommended wherever a store is shared. */
  name?: string | undefined
}

let warned = false

/**
 * A `PrefixedCache` whose prefix is made by counting: `AA==.`, `AQ==.`, `Ag==.`...
 *
 * **The order in which these caches are made is part of every key.** Two processes, or two versions of one program, that make
 * them in another order read each other's values. Over a store that is shared between processes that is told once by a
 * process warning (`POLYCACHE_AUTO_PREFIX`): give each a `name`.
 */
export class AutoPrefixedCache<M extends Mode = Mode> extends PrefixedCache<M> {
  /** How many prefixes have been counted, by all of these caches together. Set it to 0 to begin again, in tests. */
  static counter = 0

  readonly #isCounted: boolean

  /** Throws `ConfigError` for an unknown method, `TypeError` for a name or separator that is not text. */
  constructor(inner: Cache<M>, { sep = '.', method = 'b64', name, ...options }: AutoPrefixedOptions = {}) {
    for (const text of [sep, name ?? ''])
      if (typeof text !== 'string') throw new TypeError('sep and name must be text.')
    const counted = encoded(AutoPrefixedCache.counter, method)
    super(inner, (name ?? counted) + sep, options)
    this.#isCounted = name === undefined
    if (this.#isCounted) AutoPrefixedCache.counter++
  }

  // Asked for by every verb that makes or changes something. What the backend is, is asked no earlier: to know it, a
  // synchronous cache of a backend outside has to start its worker.
  protected override get loads(): Loads {
    if (!warned && this.#isCounted && this.capabilities.shared) warn(this.prefix)
    return super.loads
  }
}

function warn(prefix: string): void {
  warned = true
  process.emitWarning(
    `An AutoPrefixedCache keeps its keys under ${JSON.stringify(prefix)} in a store that other processes share: the order in which these caches are made is part of the keys, and must be the same everywhere. Give each a name.`,
    { code: 'POLYCACHE_AUTO_PREFIX' },
  )
}
