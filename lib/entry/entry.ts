import type { Entry } from '../core/types.ts'
import { LAST_MOMENT } from './timeout.ts'

/**
 * A new entry.
 * @param ttl how long it is fresh from `now` on, in ms; `null` for no limit
 * @param now ms since the epoch
 * @param staleMs how much longer the store keeps it, in ms; `null` for no limit
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

/** Whether there is an entry that has not expired at `now`. */
export function isFresh(entry: Entry | undefined, now: number): entry is Entry {
  return entry !== undefined && (entry.expires === null || now < entry.expires)
}

/** How long a store has to keep an entry from `now` on, in ms, at least 1; `null` for no limit. */
export function remainingMs(entry: Entry, now: number): number | null {
  return entry.until === null ? null : Math.max(1, entry.until - now)
}

function deadline(moment: number): number | null {
  return moment > LAST_MOMENT ? null : moment
}

/*
 * Notes: what the cache itself remembers about an entry stands among its tags, behind a NUL, so that every store and
 * wrapper carries it without knowing about it. A user's tag that begins with a NUL gets a second one.
 */

/**
 * The notes of an entry: its kind, when it may be refreshed again (ms since the epoch), what its load cost (ms), the TTL that
 * each read gives it again (ms), and the versions of its tags.
 */
export type Note = 'kind' | 'retryAt' | 'cost' | 'ttl' | 'stamp'

/**
 * Entries that hold no value of the user: `none` remembers `NotFound`, `error` an error of the loader, and `mark` that the
 * key was removed. They expire before they are stored, so that they are missing for every verb that does not know them.
 */
export type Kind = 'none' | 'error' | 'mark'

const NUL = '\0'

/** A user's tag as it is stored. */
export function storedTag(tag: string): string {
  return tag.startsWith(NUL) ? NUL + tag : tag
}

/** The tags of an entry, as they are stored, without its notes. */
export function tagsIn({ tags }: Entry): readonly string[] {
  return tags?.filter((tag) => !tag.startsWith(NUL) || tag.startsWith(NUL + NUL)) ?? []
}

/** The tags of an entry as users gave them; `undefined` if there are none. */
export function userTagsOf(entry: Entry): readonly string[] | undefined {
  const tags = entry.tags === undefined ? [] : tagsIn(entry)
  return tags.length === 0 ? undefined : tags.map((tag) => (tag.startsWith(NUL) ? tag.slice(NUL.length) : tag))
}

/** The note of an entry, if it has one. */
export function noteOf({ tags }: Entry, note: Note): string | undefined {
  if (tags === undefined) return undefined
  const start = NUL + note
  return tags.find((tag) => tag.startsWith(start))?.slice(start.length)
}

/** The kind of an entry; `undefined` for one of a user. */
export function kindOf(entry: Entry): Kind | undefined {
  return entry.tags === undefined ? undefined : (noteOf(entry, 'kind') as Kind | undefined)
}

/** The entry with a note, in place of one that it had. */
export function withNote(entry: Entry, note: Note, text: string | number): Entry {
  return { ...entry, tags: [...withoutNote(entry.tags ?? [], note), NUL + note + text] }
}

/** The tags and notes of an entry without one of the notes. */
export function withoutNote(tags: readonly string[], note: Note): readonly string[] {
  const start = NUL + note
  return tags.filter((tag) => !tag.startsWith(start))
}

/** Further in the past than the clocks of two hosts are apart. */
const LONG_AGO_MS = 86_400_000

/** An entry of a kind that is stored for `ms` from `now` on, and is fresh at no time. */
export function special(kind: Kind, value: unknown, ms: number | null, now: number): Entry {
  const expires = Math.max(0, now - LONG_AGO_MS)
  const until = ms === null ? null : deadline(now + ms)
  return withNote({ value, created: now, expires, until }, 'kind', kind)
}
