import type { ByteStore } from '../../../lib/adapter/byte-store.ts'
import type { Entry, Store, Wire } from '../../../lib/core/types.ts'
import { nowOf } from '../../../lib/entry/clock.ts'

/** So many marks wait at most for their `exchange`. The mark of an older `inspect` counts as overtaken. */
const MOST_MARKS = 1000

/** A store that keeps entries as one that keeps bytes: each stored form is the value of an entry. */
export function entriesAsBytes(store: Store<'async'>): ByteStore<'async'> {
  const now = nowOf(undefined)
  const marks = new Marks()
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
          return { wire: wireOf(entry), version: marks.keep(version) }
        },
        compareAndSave: async (key, id, wire, ttlMs) => {
          if (!marks.has(id)) return false
          return store.compareAndSet!(key, marks.take(id), wire === undefined ? undefined : entryOf(wire, ttlMs))
        },
      }),
    ...(store.list && { list: (prefix) => store.list!(prefix) }),
    ...(store.wipe && { wipe: (prefix) => store.wipe!(prefix) }),
  }
}

function wireOf(entry: Entry | undefined): Wire | undefined {
  const value = entry?.value
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  // Something else was stored by somebody else: text that no coder can read, so that it is a miss and a `decodeError`.
  return value === undefined ? undefined : ''
}

/** The marks of a store, which may be anything, even one very object: they stay here, and numbers cross in their place. */
class Marks {
  readonly #marks = new Map<unknown, unknown>()
  #last = 0

  keep(version: unknown): number {
    this.#marks.set(++this.#last, version)
    this.#marks.delete(this.#last - MOST_MARKS)
    return this.#last
  }

  has(id: unknown): boolean {
    return this.#marks.has(id)
  }

  take(id: unknown): unknown {
    const version = this.#marks.get(id)
    this.#marks.delete(id)
    return version
  }
}
