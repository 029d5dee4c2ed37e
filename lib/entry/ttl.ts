import type { SetOptions, Timeout } from '../core/types.ts'
import { defaultTtl } from './settings.ts'
import { durationOf } from './timeout.ts'
import { isSetOptions, tagsOf } from './validate.ts'

/** How an entry is to live: fresh for `life` ms, and for `grace` ms more in the store; `null` for ever. */
export interface ResolvedTtl {
  readonly ttlMs: number | null
  readonly staleMs: number | null
  readonly tags: readonly string[] | undefined
  /** Has the last word on what `getOrSet` made. */
  readonly hooks?: LoadHooks | undefined
}

/** Says what becomes of a value that was made: what memoised functions tell `getOrSet` beside its options. */
export interface LoadHooks {
  /** How long a value is to live; `undefined` for as long as the options say, `false` when it is not to be kept. */
  timeoutOf?(value: unknown): Timeout | false | undefined
  /** Told of a failure of the cache, which is no concern of the caller then, whatever `onBackendError` says. */
  onCacheError(error: unknown): void
}

/** Where options have their keeper. A symbol, so that it is no option of anybody else. */
export const LOAD_HOOKS = Symbol.for('polycache.load-hooks')

/**
 * The life that a verb was told to give.
 * @param usual what the cache gives when it is told nothing, in ms; `undefined` for what the process does
 */
export function resolveTtl(given: Timeout | SetOptions | undefined, usual: number | null | undefined): ResolvedTtl {
  if (given === undefined) return sharedDefault(usual === undefined ? defaultTtl() : usual)
  if (!isSetOptions(given)) return { ttlMs: durationFrom(given, usual), staleMs: 0, tags: undefined }
  const staleMs = given.staleFor === undefined ? 0 : durationOf(given.staleFor, 'staleFor')
  const { [LOAD_HOOKS]: hooks } = given as { readonly [LOAD_HOOKS]?: LoadHooks }
  return { ttlMs: durationFrom(given.timeout, usual), staleMs, tags: tagsOf(given.tags), hooks }
}

let lastDefault: ResolvedTtl = { ttlMs: null, staleMs: 0, tags: undefined }

/** The life of who is told nothing: mostly the same one again, so that it is not made anew for every entry. */
function sharedDefault(ttl: number | null): ResolvedTtl {
  if (lastDefault.ttlMs !== ttl) lastDefault = { ttlMs: ttl, staleMs: 0, tags: undefined }
  return lastDefault
}

/** The life of a value that was made, or `undefined` when it is not to be kept. */
export function ttlOfLoaded(value: unknown, ttl: ResolvedTtl): ResolvedTtl | undefined {
  const timeout = ttl.hooks?.timeoutOf?.(value)
  if (timeout === undefined) return ttl
  return timeout === false ? undefined : { ...ttl, ttlMs: durationOf(timeout) }
}

function durationFrom(timeout: Timeout | undefined, usual: number | null | undefined): number | null {
  if (timeout !== undefined) return durationOf(timeout)
  return usual === undefined ? defaultTtl() : usual
}
