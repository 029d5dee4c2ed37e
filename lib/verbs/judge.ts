import { SchemaError } from '../core/errors.ts'
import { type Flow, wait } from '../core/flow.ts'
import type { Entry, StandardSchema } from '../core/types.ts'
import { kindOf, noteOf } from '../entry/entry.ts'
import type { ResolvedLoad } from '../entry/load-options.ts'
import { durationOf } from '../entry/timeout.ts'
import type { ResolvedTtl } from '../entry/ttl.ts'
import type { Load } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'
import { isFreshIn } from './get.ts'
import { slide } from './slide.ts'
import { isPostponed } from './store-loaded.ts'

/** The verdict that a value has to be loaded. */
export const LOAD = Symbol('load')

/**
 * Judges the entry that a load has read: its value if that is the answer, or `LOAD`, and then the load knows the stale entry
 * that may be served. Counts the hit or miss. Throws an error that was remembered.
 */
export function judge(cache: CacheCore, key: string, load: Load, { load: options }: ResolvedTtl): unknown {
  const { before } = load
  if (before === undefined) {
    cache.events.miss(key)
    return LOAD
  }
  const now = cache.now()
  const isFresh = isFreshIn(cache, before, now)
  if (isFresh && (options === undefined || !isRefused(before, options, now))) {
    load.found = true
    cache.events.hit(key)
    if (cache.slides) slide(cache, key, before)
    return before.value
  }
  const kind = kindOf(before)
  if (!isFresh && kind === undefined) cache.events.emit('expire', key)
  cache.events.miss(key)

  const isStored = before.until === null || now < before.until
  if (!isStored && !isFresh) return LOAD
  if (kind !== undefined) return options?.forceFresh ? LOAD : remembered(before, kind)

  if (options?.allowsStale === false) return LOAD
  if (isFresh && !hasGrace(before) && !options!.asksForStale) return LOAD
  load.stale = before
  if (options?.forceFresh || !isPostponed(before, now)) return LOAD
  load.servedStale = true
  cache.events.emit('stale', key, { reason: 'error' })
  return before.value
}

function remembered({ value }: Entry, kind: string): unknown {
  if (kind === 'error') throw value
  return kind === 'none' ? undefined : LOAD
}

/** Whether this caller does not take a fresh entry. */
function isRefused({ created }: Entry, { forceFresh, maxAgeMs }: ResolvedLoad, now: number): boolean {
  return forceFresh || (maxAgeMs !== undefined && maxAgeMs !== null && now - created >= maxAgeMs)
}

function hasGrace({ expires, until }: Entry): boolean {
  return expires !== null && until !== expires
}

/** Whether a hit is to start a refresh: late enough in its TTL, or, by XFetch, near enough to the end for what a load takes. */
export function dueForRefresh(entry: Entry, { refreshAhead, beta }: ResolvedLoad, now: number): boolean {
  const { created, expires } = entry
  if (expires === null) return false
  if (refreshAhead !== undefined && now >= created + refreshAhead * (expires - created)) return true
  if (beta === 0) return false
  // A. Vattani et al., "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015.
  const cost = Number(noteOf(entry, 'cost') ?? 0)
  return now - cost * beta * Math.log(Math.random()) >= expires
}

/** A stored value as the schema gives it out, mended if need be; `LOAD` if it does not match. */
export function* matched(cache: CacheCore, key: string, value: unknown, options: ResolvedLoad): Flow<unknown> {
  const { schema, migrate } = options
  try {
    return yield* outputOf(key, schema!, value)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    try {
      if (migrate !== undefined) return yield* outputOf(key, schema!, yield* wait(migrate(value)))
    } catch {
      // What was wrong with the stored value is the event.
    }
    cache.events.emit('decodeError', key, { error, verb: 'getOrSet' })
    return LOAD
  }
}

/** The output of a schema for a value. Throws `SchemaError` if it does not match. */
export function* outputOf(key: string, schema: StandardSchema, value: unknown): Flow<unknown> {
  const result = yield* wait(schema['~standard'].validate(value))
  if (result.issues === undefined) return result.value
  throw new SchemaError(key, result.issues)
}

/** How long an error is remembered, in ms; 0 if it is not, `null` for no limit. */
export function errorMs(option: ResolvedLoad['cacheErrors'], error: unknown, { ttlMs }: ResolvedTtl): number | null {
  const given = typeof option === 'function' ? option(error) : option
  if (given === undefined || given === false) return 0
  return given === true ? ttlMs : durationOf(given, 'cacheErrors')
}
