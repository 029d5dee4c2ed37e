import type { ByteStore, Saving } from '../../../lib/adapter/byte-store.ts'
import type { Wire } from '../../../lib/core/types.ts'
import type { Verb } from '../protocol.ts'
import { Listings } from './listings.ts'

/** The verbs of a store, by the names in requests. A verb that the store lacks is missing, unless others can stand in for it. */
export type StoreVerbs = { readonly [V in Verb]: ((...args: never[]) => unknown) | undefined }

export function storeVerbs(store: ByteStore<'async'>): StoreVerbs {
  const listings = new Listings(store)
  return {
    load: (key: string) => store.load(key),
    save: (key: string, wire: Wire, ttlMs: number | null) => store.save(key, wire, ttlMs),
    drop: (keys: readonly string[]) => store.drop(keys),
    close: () => store.close(),
    connect: () => store.connect?.(),
    ping: () => store.ping?.(),
    loadMany: (keys: readonly string[]) => store.loadMany?.(keys) ?? Promise.all(keys.map((key) => store.load(key))),
    saveMany: async (savings: readonly Saving[]) => {
      await (store.saveMany?.(savings) ?? Promise.all(savings.map((saving) => store.save(...saving))))
    },
    loadVersioned: store.loadVersioned && ((key: string) => store.loadVersioned!(key)),
    compareAndSave:
      store.compareAndSave &&
      ((key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null) =>
        store.compareAndSave!(key, version, wire, ttlMs)),
    saveNew:
      store.compareAndSave &&
      ((savings: readonly Saving[]) =>
        store.saveNew?.(savings) ??
        Promise.all(savings.map(([key, wire, ttlMs]) => store.compareAndSave!(key, undefined, wire, ttlMs)))),
    list: store.list && ((id: number, prefix: string | undefined) => listings.page(id, prefix)),
    endList: (id: number) => listings.end(id),
    wipe: store.wipe && ((prefix: string) => store.wipe!(prefix)),
    backendStats: store.backendStats && (() => store.backendStats!()),
  }
}
