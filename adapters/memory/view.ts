import type { Events } from '../../lib/core/events.ts'
import { isPromise } from '../../lib/core/flow.ts'
import type { Coder, Entry } from '../../lib/core/types.ts'
import { isFresh } from '../../lib/entry/entry.ts'
import { LAST_MOMENT } from '../../lib/entry/timeout.ts'
import { type Expiry, ttlAtRead, ttlAtWrite } from './engine/expiry.ts'
import { type Owner, REPLACED, type RemovalListener } from './engine/removals.ts'
import { NEVER } from './engine/slots.ts'
import type { MemoryStore } from './engine/store.ts'
import type { Isolator } from './options.ts'

/** The cache of a view, and the options of it that concern entries. */
export interface ViewOptions {
  readonly name: string
  readonly prefix: string
  readonly store: MemoryStore
  readonly events: Events
  readonly coder: Coder
  readonly isolator: Isolator | undefined
  readonly expiry: Expiry | undefined
  readonly isSliding: boolean
  now(): number
}

/**
 * One cache's view of a memory store: its prefix, its clock, its isolation and its expiry rules.
 *
 * The store knows full keys, stored values and absolute deadlines; users know keys without the prefix, their own values and
 * timeouts. Everything that translates between the two is here, because several caches with different options may share a
 * store. In this folder, `id` is always a key of the store and `key` is always a key as users spell it.
 */
export class StoreView {
  /** The name of the cache's class, for errors. */
  readonly name: string
  readonly store: MemoryStore
  readonly prefix: string
  readonly events: Events
  readonly now: () => number
  readonly coder: Coder
  readonly isolator: Isolator | undefined
  readonly expiry: Expiry | undefined
  /** Whether reads restart the TTL of entries. */
  readonly isSliding: boolean
  /** Whether reading an entry may give it another deadline. */
  readonly extendsOnRead: boolean
  /** Whether values are stored as they are, for exactly the TTL that was given. */
  readonly isPlain: boolean
  /** Receives what the store removes on its own, and turns it into events of the cache. */
  readonly owner: Owner

  constructor({ name, prefix, store, events, coder, isolator, expiry, isSliding, now }: ViewOptions) {
    this.name = name
    this.prefix = prefix
    this.store = store
    this.events = events
    this.now = now
    this.coder = coder
    this.isSliding = isSliding
    this.isolator = isolator
    this.expiry = expiry
    this.extendsOnRead = isSliding || expiry?.read !== undefined
    this.isPlain = isolator === undefined && expiry === undefined && !store.isWeak
    if (isSliding) store.slots.keepTtls()
    this.owner = {
      now,
      expired: (id) => events.emit('expire', this.keyOf(id)),
      evicted: (id, isRefused) => events.emit('evict', this.keyOf(id), isRefused ? { refused: true } : {}),
      hearsEvicted: () => events.isHeard('evict'),
      countEvicted: () => events.count('evict'),
      failed: (error) => events.emit('error', undefined, { error, verb: 'sweep' }),
    }
  }

  /** The key of an entry as users spell it. */
  keyOf(id: string): string {
    return this.prefix === '' ? id : id.slice(this.prefix.length)
  }

  /** The value for a caller, from its stored form. */
  give(kept: unknown): unknown {
    return this.isolator === undefined ? kept : this.isolator.give(kept)
  }

  /** Reads an entry, which counts as a use. An entry that may no longer be served at all is removed, and is a miss. */
  read(id: string, now: number): Entry | undefined {
    const { store } = this
    const hash = store.hashOf(id)
    const slot = store.find(id, hash)
    if (slot === 0) {
      store.miss(hash)
      return undefined
    }
    if (store.forget(slot, now, this.owner)) return undefined
    store.touch(slot)
    const entry = store.entryAt(slot)
    if (this.extendsOnRead && isFresh(entry, now)) this.extend(slot, this.keyOf(id), entry.value, now)
    return this.entryFor(entry, now)
  }

  /** An entry as callers get it. The value of one that is over is left in its stored form, since it is never given out. */
  entryFor(entry: Entry, now: number): Entry {
    if (this.isolator === undefined || (entry.until !== null && entry.until <= now)) return entry
    return { ...entry, value: this.isolator.give(entry.value) }
  }

  /** Stores an entry, with the TTL that `expiry` chooses if there is one. */
  put(id: string, entry: Entry, expiry?: Expiry | undefined): void {
    const { value, created, tags } = entry
    const { store, isolator } = this
    const key = this.keyOf(id)
    const now = this.now()
    let expires = entry.expires ?? NEVER
    let until = entry.until ?? NEVER
    if (expiry !== undefined) {
      const staleMs = until === NEVER && expires !== NEVER ? NEVER : until - expires || 0
      const ttl = ttlAtWrite(expiry, key, value, expires - now, this.#msLeft(id, now))
      expires = deadlineOf(now, ttl)
      until = deadlineOf(expires, staleMs)
    }
    const kept = isolator === undefined ? value : isolator.keep(value)
    const weight = store.weigh(value, kept, key)
    if (until <= now) store.drop(id, now, this.owner, REPLACED)
    else store.write(id, kept, created, expires, now, this.owner, until, tags, weight)
  }

  /** Removes entries, and returns how many of them were fresh. */
  drop(ids: Iterable<string>, cause: number): number {
    const now = this.now()
    let dropped = 0
    for (const id of ids) if (this.store.drop(id, now, this.owner, cause)) dropped++
    return dropped
  }

  /** Gives an entry the deadline that a read of it entails. */
  extend(slot: number, key: string, kept: unknown, now: number): void {
    const { store, expiry } = this
    const ttl =
      expiry?.read === undefined
        ? store.slots.ttlAt(slot)
        : ttlAtRead(expiry, key, this.give(kept), store.slots.expiresAt(slot) - now)
    // The user's function may have changed anything in the cache.
    if (ttl === undefined || store.find(this.prefix + key) !== slot || store.valueAt(slot) !== kept) return
    store.extend(slot, ttl, now)
  }

  /** Calls a user's listener for removals of the cache's own keys; its errors become events. */
  onRemoval(listener: RemovalListener): () => void {
    return this.store.removals.listen((id, kept, cause) => {
      if (!id.startsWith(this.prefix)) return
      const key = this.keyOf(id)
      const failed = (error: unknown): void => this.events.emit('error', key, { error, verb: 'onRemoval' })
      try {
        const answer: unknown = listener(key, this.give(kept), cause)
        if (isPromise(answer)) answer.then(undefined, failed)
      } catch (error) {
        failed(error)
      }
    })
  }

  /** How long the entry under an id stays fresh, in ms; `undefined` if there is no fresh entry. */
  #msLeft(id: string, now: number): number | undefined {
    const slot = this.store.find(id)
    const left = slot === 0 ? 0 : this.store.slots.expiresAt(slot) - now
    return left > 0 ? left : undefined
  }
}

function deadlineOf(start: number, ttl: number): number {
  const deadline = start + ttl
  return deadline > LAST_MOMENT ? NEVER : deadline
}
