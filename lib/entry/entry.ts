import type { Entry } from '../core/types.ts'
import { LAST_MOMENT } from './timeout.ts'

/**
 * An entry that starts its life at `now` (ms since the epoch).
 * @param life how long it is fresh, in ms; `null` for ever
 * @param grace how much longer the store keeps it, in ms; `null` for ever
 */
export function entryOf(
  value: unknown,
  life: number | null,
  now: number,
  tags?: readonly string[],
  grace: number | null = 0,
): Entry {
  const expires = life === null ? null : deadline(now + life)
  const until = expires === null || grace === null ? null : deadline(expires + grace)
  return tags === undefined ? { value, created: now, expires, until } : { value, created: now, expires, until, tags }
}

/** The same entry with another life: `life` ms from `now` on, and the grace that it had. */
export function renewed(entry: Entry, life: number | null, now: number): Entry {
  const grace = entry.until === null ? null : entry.until - (entry.expires ?? entry.until)
  return { ...entryOf(entry.value, life, now, entry.tags, grace), created: entry.created }
}

/** Whether an entry is there and has not expired at `now`. */
export function isFresh(entry: Entry | undefined, now: number): entry is Entry {
  return entry !== undefined && (entry.expires === null || now < entry.expires)
}

/** How long a store has to keep an entry from `now` on, in ms, at least 1; `null` for ever. */
export function keepFor(entry: Entry, now: number): number | null {
  return entry.until === null ? null : Math.max(1, entry.until - now)
}

function deadline(moment: number): number | null {
  return moment > LAST_MOMENT ? null : moment
}
