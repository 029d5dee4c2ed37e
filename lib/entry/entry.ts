import type { Entry } from '../core/types.ts'
import { LAST_MOMENT } from './timeout.ts'

/**
 * Creates an entry.
 * @param ttl time until expiry in ms; `null` for no limit
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

/** Returns a copy of the entry that expires `ttl` ms from `now` on. Its stale time does not change. */
export function renewed(entry: Entry, ttl: number | null, now: number): Entry {
  const { expires, until } = entry
  // An entry without a deadline has no stale time. If it had an endless one, the store would never drop it.
  const staleMs = expires === null ? 0 : until === null ? null : until - expires
  return { ...newEntry(entry.value, ttl, now, entry.tags, staleMs), created: entry.created }
}

/** Returns whether an entry exists and has not expired at `now`. */
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
 * Notes: metadata of the cache about an entry. They are stored among its tags, behind a NUL, so that every store and
 * wrapper preserves them without knowing about them. A user's tag that begins with a NUL gets a second one.
 */

/**
 * The notes of an entry: its kind, when it may be refreshed again (ms since the epoch), the duration of its load (ms), the
 * TTL that each read gives it again (ms), and the versions of its tags.
 */
export type Note = 'kind' | 'retryAt' | 'cost' | 'ttl' | 'stamp'

/**
 * Entries without a user value: `none` remembers `NotFound`, `error` an error of the loader, and `mark` a removal. They are
 * stored as expired, so every verb that does not know about them treats them as missing.
 */
export type Kind = 'none' | 'error' | 'mark'

const NUL = '\0'

/** Returns the stored form of a user's tag. */
export function storedTag(tag: string): string {
  return tag.startsWith(NUL) ? NUL + tag : tag
}

/** Returns the stored tags of an entry, without its notes. */
export function tagsIn({ tags }: Entry): readonly string[] {
  return tags?.filter((tag) => !tag.startsWith(NUL) || tag.startsWith(NUL + NUL)) ?? []
}

/** Returns the tags of an entry as users passed them; `undefined` if there are none. */
export function userTagsOf(entry: Entry): readonly string[] | undefined {
  const tags = entry.tags === undefined ? [] : tagsIn(entry)
  return tags.length === 0 ? undefined : tags.map((tag) => (tag.startsWith(NUL) ? tag.slice(NUL.length) : tag))
}

/** Returns a note of an entry, or `undefined`. */
export function noteOf({ tags }: Entry, note: Note): string | undefined {
  if (tags === undefined) return undefined
  const start = NUL + note
  return tags.find((tag) => tag.startsWith(start))?.slice(start.length)
}

/** Returns the kind of an entry; `undefined` for a user's value. */
export function kindOf(entry: Entry): Kind | undefined {
  return entry.tags === undefined ? undefined : (noteOf(entry, 'kind') as Kind | undefined)
}

/** Returns the entry with a note added or replaced. */
export function withNote(entry: Entry, note: Note, text: string | number): Entry {
  return { ...entry, tags: [...withoutNote(entry.tags ?? [], note), NUL + note + text] }
}

/** Returns tags and notes without one of the notes. */
export function withoutNote(tags: readonly string[], note: Note): readonly string[] {
  const start = NUL + note
  return tags.filter((tag) => !tag.startsWith(start))
}

/** Longer than the clocks of two hosts differ. */
const LONG_AGO_MS = 86_400_000

/** Creates an entry of a special kind. It is stored for `ms` from `now` on, and is never fresh. */
export function special(kind: Kind, value: unknown, ms: number | null, now: number): Entry {
  const expires = Math.max(0, now - LONG_AGO_MS)
  const until = ms === null ? null : deadline(now + ms)
  return withNote({ value, created: now, expires, until }, 'kind', kind)
}
