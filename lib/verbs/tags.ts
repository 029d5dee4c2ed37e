import { randomBytes } from 'node:crypto'
import { Unsupported } from '../core/errors.ts'
import { type Answer, andThen, type Flow, run, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { newEntry, noteOf, storedTag, tagsIn, withNote } from '../entry/entry.ts'
import { hiddenKey } from '../entry/hidden-keys.ts'
import type { TagSnapshot } from '../single-flight/loads.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { compareAndSet, readMany, readVersioned } from './store-verbs.ts'

/**
 * Tags: many entries removed or expired by one name, in constant time.
 *
 * No list of members is kept. A tag has a version, and an entry is stamped with the versions that its tags had when it was
 * written, or, for what a loader gives, when the load began. Whoever reads the entry compares; a changed version makes it
 * missing (`removeByTag`) or expired (`expireByTag`). No clock takes part. The idea is that of Symfony's
 * TagAwareAdapter.
 *
 * In a store of this process the version is the count of invalidations, in memory: a stamp that equals the current count
 * needs no further look, so that tags cost next to nothing until one is invalidated. In a shared store it is a hidden entry
 * with two random parts, one for each kind of invalidation. A version that the backend has lost makes its entries missing:
 * a new one is random, so that nothing can become alive again. Readers remember versions for `tagTtl`.
 *
 * Never let a stamp be newer than the read of the data: a load that began before an invalidation must not outlive it.
 */

/** Removes every entry that has one of these tags. */
export function* removeByTag(core: CacheCore, tags: readonly string[]): Flow<void> {
  yield* invalidate(core, 'removeByTag', tags, () => `${random()}.${random()}`)
}

/** Expires every entry that has one of these tags; it may still be served stale. */
export function* expireByTag(core: CacheCore, tags: readonly string[]): Flow<void> {
  yield* invalidate(core, 'expireByTag', tags, (old) => `${old?.split('.')[0] ?? random()}.${random()}`)
}

function* invalidate(
  core: CacheCore,
  verb: 'removeByTag' | 'expireByTag',
  given: readonly string[],
  next: (old: string | undefined) => string,
): Flow<void> {
  for (const tag of given)
    if (typeof tag !== 'string') throw new TypeError(`A tag must be a string, not ${typeof tag}.`)
  const tags = new Set(given.map(storedTag))
  requireAtomic(core, verb)
  const known = knownTags(core)
  const isRemoval = verb === 'removeByTag'
  core.loads.looksAtTags = true
  for (const tag of tags) known.invalidate(tag, isRemoval)
  if (!core.capabilities.shared) return

  for (const tag of tags) {
    const version = yield* swapVersion(core, tag, next)
    // Once more: a reader may have asked for the version before the swap, and must not remember the old one after it.
    known.invalidate(tag, isRemoval)
    known.remember(tag, version, known.count)
  }
}

/** Takes the versions of tags now, before the data is read that is to be stored with them. */
export function snapshot(core: CacheCore, tags: readonly string[] | undefined): Answer<TagSnapshot> {
  const count = byLoads.get(core.loads)?.get(core.prefix)?.count ?? 0
  if (!core.capabilities.shared || tags === undefined) return { count, versions: NONE }
  requireAtomic(core, 'tags')
  return andThen(run(versionsOf(core, tags, true)), (versions) => ({ count, versions }))
}

const NONE: ReadonlyMap<string, string> = new Map()

/** The entry stamped with the versions of its tags. Those that the snapshot lacks are looked up. */
export function stamped(core: CacheCore, entry: Entry, start: TagSnapshot): Answer<Entry> {
  const tags = tagsIn(entry)
  if (tags.length === 0) return entry
  if (!core.capabilities.shared) return withNote(entry, 'stamp', start.count)
  requireAtomic(core, 'tags')
  const stamp = (versions: ReadonlyMap<string, string>) => {
    const known = knownTags(core)
    // A tag that this process has invalidated since the start gets a version that no tag ever has.
    const parts = tags.map((tag) => (known.isInvalidatedSince(tag, start.count) ? 'x' : (versions.get(tag) ?? 'x')))
    return withNote(entry, 'stamp', parts.join(' '))
  }
  const late = tags.filter((tag) => !start.versions.has(tag))
  if (late.length === 0) return stamp(start.versions)
  return andThen(run(versionsOf(core, late, true)), (more) => stamp(new Map([...start.versions, ...more])))
}

/** Stamps an entry that is written now, if it has tags. */
export function stampedNow(core: CacheCore, entry: Entry): Answer<Entry> {
  const tags = tagsIn(entry)
  return tags.length === 0 ? entry : andThen(snapshot(core, tags), (start) => stamped(core, entry, start))
}

/** An entry as its tags leave it: itself, expired, or missing. */
export function judged(core: CacheCore, entry: Entry | undefined): Answer<Entry | undefined> {
  if (entry?.tags === undefined) return entry
  const stamp = noteOf(entry, 'stamp')
  if (stamp === undefined) return entry
  if (!core.capabilities.shared) return judgedHere(core, entry, Number(stamp))
  return andThen(run(versionsOf(core, tagsIn(entry), false)), (versions) => judgedBy(entry, stamp, versions))
}

/** `judged` for many entries, with one look at the backend. */
export function judgedMany(
  core: CacheCore,
  entries: readonly (Entry | undefined)[],
): Answer<readonly (Entry | undefined)[]> {
  const tags = new Set<string>()
  for (const entry of entries) if (entry?.tags !== undefined) for (const tag of tagsIn(entry)) tags.add(tag)
  if (tags.size === 0) return entries
  if (!core.capabilities.shared) return entries.map((entry) => judged(core, entry) as Entry | undefined)
  return andThen(run(versionsOf(core, [...tags], false)), (versions) =>
    entries.map((entry) => {
      const stamp = entry?.tags && noteOf(entry, 'stamp')
      return stamp === undefined ? entry : judgedBy(entry!, stamp, versions)
    }),
  )
}

/** Whether entries of a cache may have been invalidated by tags, so that only the entries themselves tell what is there. */
export function usesTags(core: CacheCore): boolean {
  return byLoads.get(core.loads)?.has(core.prefix) === true
}

function judgedHere(core: CacheCore, entry: Entry, count: number): Entry | undefined {
  const known = knownTags(core)
  if (count === known.count) return entry
  if (count < known.floor) return undefined
  let isExpired = false
  for (const tag of tagsIn(entry)) {
    if ((known.removed.get(tag) ?? 0) > count) return undefined
    isExpired ||= (known.expired.get(tag) ?? 0) > count
  }
  return isExpired ? expired(entry) : entry
}

function judgedBy(entry: Entry, stamp: string, versions: ReadonlyMap<string, string>): Entry | undefined {
  const stamps = stamp.split(' ')
  let isExpired = false
  for (const [i, tag] of tagsIn(entry).entries()) {
    const version = versions.get(tag)
    if (version === undefined) return undefined
    if (version === stamps[i]) continue
    if (version.split('.')[0] !== stamps[i]?.split('.')[0]) return undefined
    isExpired = true
  }
  return isExpired ? expired(entry) : entry
}

/** The entry as one that has expired; missing, if it was not stored to be served stale. */
function expired(entry: Entry): Entry | undefined {
  if (entry.expires === null || entry.until === entry.expires) return undefined
  return { ...entry, expires: entry.created }
}

/** The versions of tags, from memory if they are recent. With `create`, a tag that has none gets one. */
function* versionsOf(core: CacheCore, tags: readonly string[], create: boolean): Flow<Map<string, string>> {
  const known = knownTags(core)
  const found = new Map<string, string>()
  const asked: string[] = []
  for (const tag of new Set(tags)) {
    const version = known.recent(tag, core.tagTtlMs)
    if (version === undefined) asked.push(tag)
    else found.set(tag, version)
  }
  if (asked.length === 0) return found

  const { count } = known
  const ids = asked.map((tag) => idOf(core, tag))
  const entries = yield* wait(callStore(core, 'tags', undefined, () => readMany(core, ids)))
  for (const [i, tag] of asked.entries()) {
    const value = entries[i]?.value
    const version = typeof value === 'string' ? value : create ? yield* createdVersion(core, tag) : undefined
    if (version === undefined) continue
    found.set(tag, version)
    known.remember(tag, version, count)
  }
  return found
}

function* createdVersion(core: CacheCore, tag: string): Flow<string> {
  return yield* swapVersion(core, tag, (old) => old ?? `${random()}.${random()}`)
}

function* swapVersion(core: CacheCore, tag: string, next: (old: string | undefined) => string): Flow<string> {
  const id = idOf(core, tag)
  for (;;) {
    const { entry, version } = yield* wait(callStore(core, 'tags', undefined, () => readVersioned(core, id)))
    const old = typeof entry?.value === 'string' ? entry.value : undefined
    const text = next(old)
    if (text === old) return text
    const after = newEntry(text, null, core.now())
    if (yield* wait(callStore(core, 'tags', undefined, () => compareAndSet(core, id, version, after)))) return text
  }
}

function idOf(core: CacheCore, tag: string): string {
  return core.prefix + hiddenKey(`tag:${tag}`)
}

function random(): string {
  return randomBytes(6).toString('base64url')
}

function requireAtomic(core: CacheCore, verb: string): void {
  const { shared, atomic } = core.capabilities
  if (shared && !atomic) throw new Unsupported(verb, core.name, 'Its backend has no atomic operation to build tags on.')
}

/** After so many invalidated tags in one process, all are forgotten, and every tagged entry is missing. */
const MOST = 100_000

/** What this process knows of the tags under one prefix of a store. */
class KnownTags {
  /** How many invalidations this process has made. */
  count = 0
  /** Entries that were stamped before this count are missing. */
  floor = 0
  /** The count at which a tag was last removed, or expired. */
  readonly removed = new Map<string, number>()
  readonly expired = new Map<string, number>()
  readonly #versions = new Map<string, { readonly version: string; readonly at: number }>()

  invalidate(tag: string, isRemoval: boolean): void {
    if (this.removed.size + this.expired.size >= MOST) {
      this.removed.clear()
      this.expired.clear()
      this.floor = this.count + 1
    }
    this.count++
    const at = isRemoval ? this.removed : this.expired
    at.set(tag, this.count)
    this.#versions.delete(tag)
  }

  isInvalidatedSince(tag: string, count: number): boolean {
    return count < this.floor || Math.max(this.removed.get(tag) ?? 0, this.expired.get(tag) ?? 0) > count
  }

  recent(tag: string, ttlMs: number): string | undefined {
    const known = this.#versions.get(tag)
    return known !== undefined && performance.now() - known.at < ttlMs ? known.version : undefined
  }

  /** Remembers a version, unless the tag was invalidated here since it was asked for. */
  remember(tag: string, version: string, count: number): void {
    if (this.isInvalidatedSince(tag, count)) return
    if (this.#versions.size >= MOST) this.#versions.clear()
    this.#versions.set(tag, { version, at: performance.now() })
  }
}

const byLoads = new WeakMap<object, Map<string, KnownTags>>()

/** Tags belong to the keys of a cache: another prefix has tags of its own. */
function knownTags(core: CacheCore): KnownTags {
  const byPrefix = byLoads.get(core.loads) ?? new Map<string, KnownTags>()
  byLoads.set(core.loads, byPrefix)
  const known = byPrefix.get(core.prefix) ?? new KnownTags()
  byPrefix.set(core.prefix, known)
  return known
}
