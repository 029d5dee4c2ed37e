import type { Entry } from '../core/types.ts'
import { LAST_MOMENT } from './timeout.ts'

/**
 * An entry that starts its life at `now` (ms since the epoch).
 * @param life how long it is fresh, in ms; `null` for ever
 * @param grace how much longer the store keeps it, in ms; `null` for ever
 */
export function newEntry(
  value: unknown,
  ttl: number | null,
  now: number,
  tags?: readonly string[],
  staleMs: number | null = 0,
): Entry {
  const expires = ttl === null ? null : deadline(now + ttl)
  const until = expires === null || staleMs === null ? null : deadline(expires + staleMs)
  return tags === undefined ? { value, created: now, expires, until } : { value, created: now, expires, until, tags }
}

/** The same entry with another TTL, `ttl` ms from `now` on. It may be served stale for as long as before. */
export function renewed(entry: Entry, ttl: number | null, now: number): Entry {
  const { expires, until } = entry
  // An entry without a deadline has no stale time: were it kept for ever past its new deadline, the store would never drop it.
  const staleMs = expires === null ? 0 : until === null ? null : until - expires
  return { ...newEntry(entry.value, ttl, now, entry.tags, staleMs), created: entry.created }
}

/** Whether an entry is there and has not expired at `now`. */
export function isFresh(entry: Entry | undefined, now: number): entry is Entry {
  return entry !== undefined && (entry.expires === null || now < entry.expires)
}

/** How long a store has to keep an entry from `now` on, in ms, at least 1; `null` for ever. */
export function remainingMs(entry: Entry, now: number): number | null {
  return entry.until === null ? null : Math.max(1, entry.until - now)
}

function deadline(moment: number): number | null {
  return moment > LAST_MOMENT ? null : moment
}
