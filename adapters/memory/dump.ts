import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coderBeside } from '../../lib/coder/coders.ts'
import { pack, unpack } from '../../lib/coder/envelope.ts'
import { AdapterError, CacheError } from '../../lib/core/errors.ts'
import type { Entry } from '../../lib/core/types.ts'
import { fromWellFormed, toWellFormed } from '../../lib/entry/keys.ts'
import { DumpReader, type DumpRecord, DumpWriter } from './dump-file.ts'
import { NEVER } from './engine/slots.ts'
import type { MemoryStore } from './engine/store.ts'
import type { StoreView } from './view.ts'

/** The result of `dump`. */
export interface Dumped {
  /** The number of entries that were written. */
  readonly entries: number
  /** The number of entries that the coder cannot write. Each was an `encodeError` event. */
  readonly skipped: number
}

/** The result of `load`. */
export interface Restored {
  /** The number of entries that were added. */
  readonly entries: number
  /** The number of entries that had expired since. */
  readonly expired: number
  /**
   * The number of entries that were left out: they could not be decoded, each with a `decodeError` event, or their keys were
   * in the cache already, or there was no room for them.
   */
  readonly skipped: number
}

/**
 * Writes all entries to a file, the coldest first. The file is replaced once everything is on the disk, so that readers, and a
 * crash at any moment, find the previous one. An entry that changes meanwhile is written as it was before or after.
 */
export async function dumpTo(view: StoreView, path: string | URL): Promise<Dumped> {
  const target = resolved(path)
  const draft = `${target}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(target), { recursive: true })
    const dumped = await using(await open(draft, 'wx', 0o600), (file) => writeAll(view, file))
    await rename(draft, target)
    return dumped
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw failure(view, 'dump', target, error)
  }
}

/**
 * Adds the entries of a file to a cache as far as there is room, with their deadlines, in the order in which they would have
 * been evicted. Nothing is changed before the whole file has been verified.
 */
export async function loadFrom(view: StoreView, path: string | URL): Promise<Restored> {
  const origin = resolved(path)
  try {
    return await using(await open(origin, 'r'), (file) => addAll(view, new DumpReader(file, origin)))
  } catch (error) {
    throw failure(view, 'load', origin, error)
  }
}

async function writeAll(view: StoreView, file: FileHandle): Promise<Dumped> {
  const { store } = view
  const writer = new DumpWriter(file)
  let entries = 0
  let skipped = 0
  for (const id of idsOf(view)) {
    const slot = store.find(id)
    const entry = slot === 0 ? undefined : store.entryAt(slot)
    if (entry === undefined || (entry.until ?? NEVER) <= view.now()) continue
    const record = recordOf(view, id, slot, entry)
    if (record === undefined) skipped++
    else entries++
    const isFull = record && writer.add(record)
    if (isFull) await isFull
  }
  await writer.end()
  return { entries, skipped }
}

/** The ids of all entries in the order of eviction, the next victim first, after those that are never evicted. */
function idsOf({ store, prefix }: StoreView): string[] {
  const ids = Array.from(store.coldest(), (slot) => store.keyAt(slot))
  const pinned =
    ids.length === store.size ? [] : [...store.keys('')].filter((id) => store.weightAt(store.find(id)) === 0)
  return [...pinned, ...ids].filter((id) => id.startsWith(prefix))
}

function recordOf(view: StoreView, id: string, slot: number, entry: Entry): DumpRecord | undefined {
  const { store } = view
  const key = view.keyOf(id)
  try {
    const wire = Buffer.from(pack({ ...entry, value: view.give(entry.value) }, view.coder) as string)
    const ttl = store.slots.ttlAt(slot)
    return { key: Buffer.from(toWellFormed(key)), wire, weight: store.weightAt(slot), ttl }
  } catch (error) {
    view.events.emit('encodeError', key, { error, verb: 'dump' })
    return undefined
  }
}

async function addAll(view: StoreView, reader: DumpReader): Promise<Restored> {
  const weights = await reader.weights()
  const first = firstToFit(weights, view.store)
  const counts = { entries: 0, expired: 0, skipped: 0 }
  let at = 0
  for await (const records of reader.records()) {
    for (const record of records) {
      const hasRoom = at++ >= first || record.weight === 0
      counts[hasRoom ? add(view, record) : 'skipped']++
    }
  }
  return counts
}

/**
 * The index of the first entry that fits together with all that follow, which are hotter. If the colder ones were added too,
 * a policy that admits only better entries would keep them, and refuse the hot ones.
 */
function firstToFit(weights: readonly number[], store: MemoryStore): number {
  let entries = store.maxEntries - store.size
  let bytes = store.maxBytes === NEVER ? NEVER : store.maxBytes - store.weight
  let at = weights.length
  while (at > 0 && entries > 0 && weights[at - 1]! <= bytes) {
    at--
    entries--
    bytes -= weights[at]!
  }
  return at
}

/** Adds an entry, and returns what to count it as. */
function add(view: StoreView, { key: bytes, wire, ttl }: DumpRecord): keyof Restored {
  const key = fromWellFormed(bytes.toString())
  const id = view.prefix + key
  const { store, isSliding } = view
  let entry: Entry
  try {
    entry = unpack(wire, (name) => coderBeside(view.coder, name))
  } catch (error) {
    view.events.emit('decodeError', key, { error, verb: 'load' })
    return 'skipped'
  }
  const now = view.now()
  if ((entry.until ?? NEVER) <= now) return 'expired'
  const existing = store.find(id)
  if (existing !== 0 && now < store.slots.expiresAt(existing)) return 'skipped'

  view.put(id, isSliding ? withFullTtl(entry, ttl, now) : entry)
  const slot = store.find(id)
  if (slot === 0) return 'skipped'
  if (isSliding && ttl !== NEVER && entry.expires !== null) store.extend(slot, entry.expires - now, now)
  return 'entries'
}

/** The entry as if it had been read now, from which the store learns its TTL. */
function withFullTtl(entry: Entry, ttl: number, now: number): Entry {
  if (entry.expires === null || ttl === NEVER) return entry
  const staleMs = entry.until === null ? null : entry.until - entry.expires
  return { ...entry, expires: now + ttl, until: staleMs === null ? null : now + ttl + staleMs }
}

async function using<T>(file: FileHandle, work: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

function resolved(path: string | URL): string {
  return typeof path === 'string' ? resolve(path) : fileURLToPath(path)
}

function failure({ name }: StoreView, verb: 'dump' | 'load', path: string, cause: unknown): unknown {
  if (cause instanceof CacheError || cause instanceof TypeError) return cause
  const what = verb === 'dump' ? 'write' : 'read'
  const why = (cause as Error).message
  return new AdapterError(`${name} could not ${what} the file ${path}: ${why}`, { cause, adapter: name, verb })
}
