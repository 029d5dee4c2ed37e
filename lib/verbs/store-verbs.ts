import { type Answer, then, together } from '../core/flow.ts'
import type { Entry, Slot, Store } from '../core/types.ts'

/** The optional verbs of a store, done by the others where it lacks them. Keys are whole. */

export function readMany(store: Store, keys: readonly string[]): Answer<(Entry | undefined)[]> {
  return store.readMany?.(keys) ?? together(keys.map((key): Answer<Entry | undefined> => store.read(key)))
}

export function writeMany(store: Store, entries: readonly (readonly [string, Entry])[]): Answer<unknown> {
  // Not `??`: a synchronous store answers nothing when it is done.
  if (store.writeMany !== undefined) return store.writeMany(entries)
  return together(entries.map(([key, entry]): Answer<void> => store.write(key, entry)))
}

export function look(store: Store, key: string): Answer<Slot> {
  const slot: Answer<Slot> | undefined = store.look?.(key)
  return slot ?? then<Entry | undefined, Slot>(store.read(key), (entry) => ({ entry, mark: entry }))
}

export function swap(store: Store, key: string, mark: unknown, entry: Entry | undefined): Answer<boolean> {
  const swapped: Answer<boolean> | undefined = store.swap?.(key, mark, entry)
  return swapped ?? then<unknown, boolean>(put(store, key, entry), () => true)
}

function put(store: Store, key: string, entry: Entry | undefined): Answer<unknown> {
  return entry === undefined ? store.drop([key]) : store.write(key, entry)
}
