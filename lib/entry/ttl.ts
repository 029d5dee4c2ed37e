import type { GetOrSetOptions, SetOptions, Timeout } from '../core/types.ts'
import { type Defaults, type ResolvedLoad, resolveLoad } from './load-options.ts'
import { defaultTtl } from './settings.ts'
import { durationOf } from './timeout.ts'
import { optionsIn, tagsOf } from './validate.ts'

/** A timeout with all that goes with it: fresh for `ttlMs`, and in the store for `staleMs` more; `null` for no limit. */
export interface ResolvedTtl {
  readonly ttlMs: number | null
  readonly staleMs: number | null
  readonly tags: readonly string[] | undefined
  /** Has the last word on a loaded value. */
  readonly hooks?: LoadHooks | undefined
  /** How the value is loaded; `undefined` when no option of a call or cache says anything about it. */
  readonly load?: ResolvedLoad | undefined
  /** The instant of expiry, in ms since the epoch, in place of `ttlMs`. */
  readonly endsAt?: number | undefined
  /** Whether `getOrSetMany` gives outcomes. */
  readonly outcomes?: boolean | undefined
  /** Whether the caller gave a timeout or an instant, rather than leave it to the default. */
  readonly isGiven?: boolean | undefined
  /** What is taken off the TTL of a loaded value: see `SetOptions`. */
  readonly jitter?: SetOptions['jitter']
}

/** The last word on a loaded value: how memoized functions talk to `getOrSet`. */
export interface LoadHooks {
  /** The timeout of a value; `undefined` for that of the options, `false` when it is not to be stored. */
  timeoutOf?(value: unknown): Timeout | false | undefined
  /** Receives failures of the cache, which are not thrown to the caller then, whatever `onBackendError` says. */
  onCacheError(error: unknown): void
}

/** The key of hooks among options: a symbol, so that it is no option of users. */
export const LOAD_HOOKS = Symbol.for('polycache.load-hooks')

/** The key of an option by which `getOrSetMany` gives the outcome of each key, a value or an error, and does not throw. */
export const OUTCOMES = Symbol.for('polycache.outcomes')

/**
 * Resolves what a verb was given as timeout or options.
 * @param usual the default TTL of the cache in ms; `undefined` for that of the process
 * @param defaults the other defaults of the cache
 */
export function resolveTtl(
  given: Timeout | GetOrSetOptions | undefined,
  usual: number | null | undefined,
  defaults?: Defaults,
  verb = 'set',
): ResolvedTtl {
  if (given === undefined && defaults === undefined) return sharedDefault(usual === undefined ? defaultTtl() : usual)
  const options = optionsIn(given, verb)
  if (options === undefined && defaults === undefined) {
    return { ttlMs: ttlOf(given as Timeout, usual), staleMs: 0, tags: undefined, isGiven: true }
  }

  const all: GetOrSetOptions = { ...defaults, ...(options === undefined ? undefined : withoutGaps(options)) }
  const { [LOAD_HOOKS]: hooks } = all as { readonly [LOAD_HOOKS]?: LoadHooks }
  const timeout = options === undefined ? (given as Timeout | undefined) : options.timeout
  const endsAt = instantOf(all.until)
  if (endsAt !== undefined && timeout !== undefined) throw new TypeError('Give either timeout or until, not both.')
  return {
    ttlMs: jittered(ttlOf(timeout, usual), all.jitter),
    staleMs: all.staleFor === undefined ? 0 : durationOf(all.staleFor, 'staleFor'),
    tags: tagsOf(all.tags),
    hooks,
    load: verb === 'getOrSet' ? resolveLoad(all) : undefined,
    endsAt,
    outcomes: (all as { readonly [OUTCOMES]?: boolean })[OUTCOMES],
    isGiven: timeout !== undefined || endsAt !== undefined,
    jitter: all.jitter,
  }
}

/** Options that are given as `undefined` are not given. */
function withoutGaps(options: GetOrSetOptions): GetOrSetOptions {
  const given = { ...options }
  for (const name of Object.keys(given) as (keyof GetOrSetOptions)[]) if (given[name] === undefined) delete given[name]
  return given
}

let lastDefault: ResolvedTtl = { ttlMs: null, staleMs: 0, tags: undefined }

/** The default TTL, mostly the same object again: one for each entry would cost as much as the rest of a `set`. */
function sharedDefault(ttlMs: number | null): ResolvedTtl {
  if (lastDefault.ttlMs !== ttlMs) lastDefault = { ttlMs, staleMs: 0, tags: undefined }
  return lastDefault
}

/** The TTL of a loaded value, or `undefined` when it is not to be stored. */
export function ttlOfLoaded(value: unknown, ttl: ResolvedTtl): ResolvedTtl | undefined {
  const timeout = ttl.hooks?.timeoutOf?.(value)
  if (timeout === undefined) return ttl
  return timeout === false ? undefined : withTimeout(ttl, timeout)
}

/** The same with another timeout. */
export function withTimeout(ttl: ResolvedTtl, timeout: Timeout): ResolvedTtl {
  return { ...ttl, ttlMs: jittered(durationOf(timeout), ttl.jitter), endsAt: undefined }
}

function ttlOf(timeout: Timeout | undefined, usual: number | null | undefined): number | null {
  if (timeout !== undefined) return durationOf(timeout)
  return usual === undefined ? defaultTtl() : usual
}

function instantOf(until: Date | undefined): number | undefined {
  if (until === undefined) return undefined
  const moment = until instanceof Date ? until.getTime() : Number.NaN
  if (Number.isNaN(moment)) throw new TypeError('until must be a valid Date.')
  return moment
}

/** A TTL without a random part of at most the jitter, which is a fraction below 1 or a length. */
function jittered(ttlMs: number | null, jitter: SetOptions['jitter']): number | null {
  if (jitter === undefined || jitter === 0) return ttlMs
  if (typeof jitter === 'number' && !(jitter >= 0)) throw new RangeError(`jitter must be 0 or more, not ${jitter}.`)
  const most = typeof jitter === 'number' && jitter < 1 ? (ttlMs ?? 0) * jitter : durationOf(jitter, 'jitter')
  if (ttlMs === null || ttlMs === 0 || most === null) return ttlMs
  return Math.max(1, Math.round(ttlMs - Math.random() * Math.min(most, ttlMs)))
}
