import type { ByteStore } from '../../../lib/adapter/byte-store.ts'
import type { Entry, Store, Wire } from '../../../lib/core/types.ts'
import { nowOf } from '../../../lib/entry/clock.ts'

/** The most versions that wait for their `compareAndSave`. An older one counts as superseded. */
const MOST_VERSIONS = 1000

/** Adapts a store of entries to a store of bytes: each stored form is the value of an entry. */
export function entriesAsBytes(store: Store<'async'>): ByteStore<'async'> {
  const now = nowOf(undefined)
  const versions = new Versions()
  const entryOf = (value: Wire, ttlMs: number | null): Entry => {
    const created = now()
    return { value, created, expires: null, until: ttlMs === null ? null : created + ttlMs }
  }

  return {
    load: async (key) => wireOf(await store.read(key)),
    save: (key, wire, ttlMs) => store.write(key, entryOf(wire, ttlMs)),
    drop: (keys) => store.drop(keys),
    close: () => store.close(),
    ...(store.readMany && { loadMany: async (keys) => (await store.readMany!(keys)).map(wireOf) }),
    ...(store.writeMany && {
      saveMany: (savings) => store.writeMany!(savings.map(([key, wire, ttlMs]) => [key, entryOf(wire, ttlMs)])),
    }),
    ...(store.readVersioned &&
      store.compareAndSet && {
        loadVersioned: async (key) => {
          const { entry, version } = await store.readVersioned!(key)
          return { wire: wireOf(entry), version: versions.keep(version) }
        },
        compareAndSave: async (key, id, wire, ttlMs) => {
          if (!versions.has(id)) return false
          return store.compareAndSet!(key, versions.take(id), wire === undefined ? undefined : entryOf(wire, ttlMs))
        },
      }),
    ...(store.list && { list: (prefix) => store.list!(prefix) }),
    ...(store.wipe && { wipe: (prefix) => store.wipe!(prefix) }),
  }
}

function wireOf(entry: Entry | undefined): Wire | undefined {
  const value = entry?.value
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  // A foreign value: text that no coder can read, so that it is a miss and a `decodeError`.
  return value === undefined ? undefined : ''
}

/** The versions of a store, which may be anything, even an object: they stay here, and numbers cross in their place. */
class Versions {
  readonly #versions = new Map<unknown, unknown>()
  #last = 0

  keep(version: unknown): number {
    this.#versions.set(++this.#last, version)
    this.#versions.delete(this.#last - MOST_VERSIONS)
    return this.#last
  }

  has(id: unknown): boolean {
    return this.#versions.has(id)
  }

  take(id: unknown): unknown {
    const version = this.#versions.get(id)
    this.#versions.delete(id)
    return version
  }
}
