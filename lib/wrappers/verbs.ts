import type { Entry, Slot } from '../contract.ts'
import { type Answer, run, then, together } from '../flow.ts'
import type { Core } from '../flows/core.ts'
import { dropListed } from '../flows/listing.ts'

/** The optional verbs of a store, done by the others where it lacks them, as the flows do. */

export function readMany(store: Core, keys: readonly string[]): Answer<(Entry | undefined)[]> {
  return store.readMany?.(keys) ?? together(keys.map((key): Answer<Entry | undefined> => store.read(key)))
}

export function writeMany(store: Core, entries: readonly (readonly [string, Entry])[]): Answer<unknown> {
  // Not `??`: a synchronous store answers nothing when it is done.
  if (store.writeMany !== undefined) return store.writeMany(entries)
  return together(entries.map(([key, entry]): Answer<void> => store.write(key, entry)))
}

export function look(store: Core, key: string): Answer<Slot> {
  const slot: Answer<Slot> | undefined = store.look?.(key)
  return slot ?? then<Entry | undefined, Slot>(store.read(key), (entry) => ({ entry, mark: entry }))
}

export function swap(store: Core, key: string, mark: unknown, entry: Entry | undefined): Answer<boolean> {
  const swapped: Answer<boolean> | undefined = store.swap?.(key, mark, entry)
  return swapped ?? then<unknown, boolean>(put(store, key, entry), () => true)
}

export function wipe(store: Core, prefix: string): Answer<void> {
  return store.wipe === undefined ? run(dropListed(store, prefix)) : store.wipe(prefix)
}

function put(store: Core, key: string, entry: Entry | undefined): Answer<unknown> {
  return entry === undefined ? store.drop([key]) : store.write(key, entry)
}
