import { type Flow, isPromise, run, wait } from '../core/flow.ts'
import type { Entry } from '../core/types.ts'
import { noteOf, renewed, withNote } from '../entry/entry.ts'
import type { CacheCore } from './cache-core.ts'
import { callStore } from './call-store.ts'
import { compareAndSet, readVersioned } from './store-verbs.ts'

/** Part of its TTL that must be over before a read renews an entry: frequent reads cost no write each. */
const RENEWED_AFTER = 0.01

/**
 * Sliding expiry, for stores that have none of their own: gives an entry that was read its whole TTL again. It takes a read
 * and a compare-and-set, which no caller of an asynchronous cache waits for. A failure is the event `backendError`; the value
 * has been found all the same.
 */
export function slide(cache: CacheCore, key: string, entry: Entry): void {
  if (entry.expires === null || entry.expires - cache.now() > ttlOf(entry) * (1 - RENEWED_AFTER)) return
  try {
    const renewing = run(renew(cache, key, entry))
    if (isPromise(renewing)) cache.background.add(renewing as Promise<void>)
  } catch {
    // The event has been emitted where the call failed.
  }
}

/** The entry with a new TTL, which later reads give it again. */
export function slid(entry: Entry, ttl: number | null, now: number): Entry {
  const next = renewed(entry, ttl, now)
  return ttl === null ? next : withNote(next, 'ttl', ttl)
}

function* renew(cache: CacheCore, key: string, read: Entry): Flow<void> {
  const id = cache.prefix + key
  const { entry, version } = yield* wait(callStore(cache, 'get', key, () => readVersioned(cache, id)))
  // Whatever was stored meanwhile has a TTL of its own.
  if (entry?.created !== read.created || entry.expires !== read.expires) return
  const next = slid(entry, ttlOf(entry), cache.now())
  yield* wait(callStore(cache, 'get', key, () => compareAndSet(cache, id, version, next)))
}

/** How long an entry is fresh after each read, in ms. */
function ttlOf(entry: Entry): number {
  return Number(noteOf(entry, 'ttl') ?? entry.expires! - entry.created)
}
