import { nowOf } from '../../lib/entry/clock.ts'

/** Memcached takes a greater number for a date: seconds since 1970. */
const LONGEST_LIFE = 30 * 24 * 60 * 60
/** The last date that it knows; a later one would be one in the past. */
const LAST_DATE = 2 ** 31 - 1

// The server compares with its own clock, so the true time is meant here.
const now = nowOf(undefined)

/**
 * A life of so many ms (`null` for ever) as memcached counts it: in whole seconds, or as a date when it is longer than 30
 * days, or 0 for ever.
 */
export function lifeOf(ttlMs: number | null): number {
  if (ttlMs === null) return 0
  // The second that has begun counts as the first, so one more makes it certain that none is missing.
  const seconds = Math.ceil(ttlMs / 1000) + 1
  if (seconds <= LONGEST_LIFE) return seconds
  const date = Math.floor(now() / 1000) + seconds
  return date > LAST_DATE ? 0 : date
}
