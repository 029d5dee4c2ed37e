import { type Answer, all, andThen } from '../core/flow.ts'
import type { Entry, Store, VersionedEntry } from '../core/types.ts'

/** The optional verbs of a store, built from the others where it lacks them. Keys are whole. */

export function readMany(store: Store, keys: readonly string[]): Answer<(Entry | undefined)[]> {
  return store.readMany?.(keys) ?? all(keys.map((key): Answer<Entry | undefined> => store.read(key)))
}

export function writeMany(store: Store, entries: readonly (readonly [string, Entry])[]): Answer<unknown> {
  // Not `??`: a synchronous store answers nothing when it is done.
  if (store.writeMany !== undefined) return store.writeMany(entries)
  return all(entries.map(([key, entry]): Answer<void> => store.write(key, entry)))
}

/** Writes each entry whose key has none, and tells which. */
export function addMany(store: Store, entries: readonly (readonly [string, Entry])[]): Answer<boolean[]> {
  const added: Answer<boolean[]> | undefined = store.addMany?.(entries)
  return added ?? all(entries.map(([key, entry]) => compareAndSet(store, key, undefined, entry)))
}

export function readVersioned(store: Store, key: string): Answer<VersionedEntry> {
  const slot: Answer<VersionedEntry> | undefined = store.readVersioned?.(key)
  return slot ?? andThen<Entry | undefined, VersionedEntry>(store.read(key), (entry) => ({ entry, version: entry }))
}

export function compareAndSet(store: Store, key: string, version: unknown, entry: Entry | undefined): Answer<boolean> {
  const swapped: Answer<boolean> | undefined = store.compareAndSet?.(key, version, entry)
  return swapped ?? andThen<unknown, boolean>(put(store, key, entry), () => true)
}

function put(store: Store, key: string, entry: Entry | undefined): Answer<unknown> {
  return entry === undefined ? store.drop([key]) : store.write(key, entry)
}
