import type { GetOrSetOptions, SetOptions, Timeout } from '../core/types.ts'
import { type Defaults, type ResolvedLoad, resolveLoad } from './load-options.ts'
import { defaultTtl } from './settings.ts'
import { durationOf } from './timeout.ts'
import { optionsIn, tagsOf } from './validate.ts'

/** A resolved timeout with its options: fresh for `ttlMs`, stored for `staleMs` more; `null` for no limit. */
export interface ResolvedTtl {
  readonly ttlMs: number | null
  readonly staleMs: number | null
  readonly tags: readonly string[] | undefined
  /** Decides about a loaded value. */
  readonly hooks?: LoadHooks | undefined
  /** The load options; `undefined` if neither the call nor the cache has any. */
  readonly load?: ResolvedLoad | undefined
  /** The time of expiry in ms since the epoch, instead of `ttlMs`. */
  readonly endsAt?: number | undefined
  /** `getOrSetMany` returns outcomes. */
  readonly outcomes?: boolean | undefined
  /** The caller passed a timeout or an expiry time instead of using the default. */
  readonly isGiven?: boolean | undefined
  /** The jitter for the TTL of a loaded value: see `SetOptions`. */
  readonly jitter?: SetOptions['jitter']
}

/** Hooks of a load. Memoized functions pass them to `getOrSet`. */
export interface LoadHooks {
  /** Returns the timeout of a loaded value; `undefined` for the one in the options, `false` to not store the value. */
  timeoutOf?(value: unknown): Timeout | false | undefined
  /** Receives cache failures. They are not thrown to the caller, whatever `onBackendError` says. */
  onCacheError(error: unknown): void
}

/** The option that holds the hooks. A symbol, so that it is not an option for users. */
export const LOAD_HOOKS = Symbol.for('polycache.load-hooks')

/** An option that makes `getOrSetMany` return an outcome per key, a value or an error, instead of throwing. */
export const OUTCOMES = Symbol.for('polycache.outcomes')

/**
 * Resolves the timeout or options that a verb received.
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

/** Drops options that are `undefined`. */
function withoutGaps(options: GetOrSetOptions): GetOrSetOptions {
  const given = { ...options }
  for (const name of Object.keys(given) as (keyof GetOrSetOptions)[]) if (given[name] === undefined) delete given[name]
  return given
}

let lastDefault: ResolvedTtl = { ttlMs: null, staleMs: 0, tags: undefined }

/** Returns the default TTL, usually the same object: allocating one per entry would cost as much as the rest of a `set`. */
function sharedDefault(ttlMs: number | null): ResolvedTtl {
  if (lastDefault.ttlMs !== ttlMs) lastDefault = { ttlMs, staleMs: 0, tags: undefined }
  return lastDefault
}

/** Returns the TTL of a loaded value, or `undefined` if the value must not be stored. */
export function ttlOfLoaded(value: unknown, ttl: ResolvedTtl): ResolvedTtl | undefined {
  const timeout = ttl.hooks?.timeoutOf?.(value)
  if (timeout === undefined) return ttl
  return timeout === false ? undefined : withTimeout(ttl, timeout)
}

/** Returns a copy with another timeout. */
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

/** Shortens a TTL by a random amount, up to the jitter: a fraction below 1 or a duration. */
function jittered(ttlMs: number | null, jitter: SetOptions['jitter']): number | null {
  if (jitter === undefined || jitter === 0) return ttlMs
  if (typeof jitter === 'number' && !(jitter >= 0)) throw new RangeError(`jitter must be 0 or more, not ${jitter}.`)
  const most = typeof jitter === 'number' && jitter < 1 ? (ttlMs ?? 0) * jitter : durationOf(jitter, 'jitter')
  if (ttlMs === null || ttlMs === 0 || most === null) return ttlMs
  return Math.max(1, Math.round(ttlMs - Math.random() * Math.min(most, ttlMs)))
}
