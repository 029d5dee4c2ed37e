import type { LoadOptions, SetOptions, StandardSchema, Timeout } from '../core/types.ts'
import { durationOf } from './timeout.ts'

/** The load options of a call in the form that flows use: durations in ms, `null` for no limit. */
export interface ResolvedLoad {
  readonly swr: boolean
  readonly throttleMs: number | null
  readonly failSafeDefault: unknown
  readonly hasFailSafeDefault: boolean
  readonly softMs: number | undefined
  readonly hardMs: number | undefined
  readonly signal: AbortSignal | undefined
  readonly refreshAhead: number | undefined
  readonly beta: number
  readonly negativeMs: number | null
  readonly shouldCache: ((value: never) => boolean | Promise<boolean>) | undefined
  readonly cacheErrors: LoadOptions['cacheErrors']
  readonly maxAgeMs: number | null | undefined
  readonly forceFresh: boolean
  readonly schema: StandardSchema | undefined
  readonly migrate: ((value: unknown) => unknown) | undefined
  /** The caller allows stale entries: it did not pass `staleFor: 0`. */
  readonly allowsStale: boolean
  /** The caller passed a `staleFor` greater than zero. */
  readonly asksForStale: boolean
}

/** The options of a cache that are the defaults of its calls. */
export interface Defaults extends LoadOptions, Pick<SetOptions, 'staleFor' | 'jitter'> {}

/** The names of the load options. */
export const LOAD_OPTIONS: readonly (keyof LoadOptions)[] = [
  'swr',
  'throttle',
  'failSafeDefault',
  'softTimeout',
  'hardTimeout',
  'signal',
  'refreshAhead',
  'beta',
  'negativeTimeout',
  'shouldCache',
  'cacheErrors',
  'maxAge',
  'forceFresh',
  'schema',
  'migrate',
]

const DEFAULTS: readonly string[] = [...LOAD_OPTIONS, 'staleFor', 'jitter']

/** The default of `throttle`. */
export const THROTTLE_MS = 10_000

/** The longest delay of a timer; it stands for no limit. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Merges the load options among a cache's options into those of the wrapped cache; `undefined` if there are none. */
export function defaultsOf(options: Defaults, inner: Defaults | undefined): Defaults | undefined {
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && DEFAULTS.includes(name))
  if (given.length === 0) return inner
  const defaults: Defaults = { ...inner, ...Object.fromEntries(given) }
  // Validate here, so that the error comes from the place where the option was given.
  resolveLoad(defaults)
  return defaults
}

/** Resolves the load options of a call; `undefined` if there are none. Throws an error that names an invalid option. */
export function resolveLoad(given: Defaults): ResolvedLoad | undefined {
  if (!LOAD_OPTIONS.some((name) => given[name] !== undefined) && given.staleFor === undefined) return undefined
  const { throttle, softTimeout, hardTimeout, maxAge, refreshAhead, beta = 0, schema, staleFor } = given
  fraction('refreshAhead', refreshAhead)
  if (typeof beta !== 'number' || !(beta >= 0))
    throw new RangeError(`beta must be a number of at least 0, not ${beta}.`)
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function') {
    throw new TypeError('schema must be a Standard Schema, such as those of zod, valibot and arktype.')
  }
  functionOrNothing('shouldCache', given.shouldCache)
  functionOrNothing('migrate', given.migrate)
  if (given.signal !== undefined && typeof given.signal?.addEventListener !== 'function') {
    throw new TypeError('signal must be an AbortSignal.')
  }
  const staleMs = staleFor === undefined ? undefined : durationOf(staleFor, 'staleFor')
  return {
    swr: given.swr === true,
    throttleMs: throttle === undefined ? THROTTLE_MS : durationOf(throttle, 'throttle'),
    failSafeDefault: given.failSafeDefault,
    hasFailSafeDefault: given.failSafeDefault !== undefined,
    softMs: waitOf('softTimeout', softTimeout),
    hardMs: waitOf('hardTimeout', hardTimeout),
    signal: given.signal,
    refreshAhead,
    beta,
    negativeMs: given.negativeTimeout === undefined ? 0 : durationOf(given.negativeTimeout, 'negativeTimeout'),
    shouldCache: given.shouldCache,
    cacheErrors: given.cacheErrors,
    maxAgeMs: maxAge === undefined ? undefined : durationOf(maxAge, 'maxAge'),
    forceFresh: given.forceFresh === true,
    schema,
    migrate: given.migrate,
    allowsStale: staleMs !== 0,
    asksForStale: staleMs !== undefined && staleMs !== 0,
  }
}

/** Returns a delay in ms, at most what a timer can hold; `undefined` for no limit. */
function waitOf(name: string, timeout: Timeout | undefined): number | undefined {
  const ms = timeout === undefined ? null : durationOf(timeout, name)
  return ms === null ? undefined : Math.min(ms, LONGEST_WAIT_MS)
}

/** Returns whether any of the options applies to fresh entries, so that a hit has to inspect the entry. */
export function concernsHits(given: LoadOptions): boolean {
  return (
    given.refreshAhead !== undefined ||
    given.beta !== undefined ||
    given.maxAge !== undefined ||
    given.forceFresh === true ||
    given.schema !== undefined ||
    given.signal !== undefined
  )
}

function fraction(name: string, value: number | undefined): void {
  if (value === undefined || (typeof value === 'number' && value > 0 && value < 1)) return
  throw new RangeError(`${name} must be a fraction between 0 and 1, not ${String(value)}.`)
}

function functionOrNothing(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`${name} must be a function, not of type ${typeof value}.`)
  }
}
