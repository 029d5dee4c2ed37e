import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coderBeside } from '../../lib/coder/coders.ts'
import { pack, unpack } from '../../lib/coder/envelope.ts'
import { AdapterError, CacheError } from '../../lib/core/errors.ts'
import type { Coder, Entry } from '../../lib/core/types.ts'
import { fromWellFormed, toWellFormed } from '../../lib/entry/keys.ts'
import { DumpReader, type DumpRecord, DumpWriter } from './dump-file.ts'
import { NEVER } from './engine/slots.ts'
import type { MemoryStore } from './engine/store.ts'

/** What was written to a file. */
export interface Dumped {
  readonly entries: number
  /** Entries that the coder cannot write. Each was an `encodeError` event. */
  readonly skipped: number
}

/** What was read from a file. */
export interface Loaded {
  readonly entries: number
  /** Entries that had expired meanwhile. */
  readonly expired: number
  /**
   * Entries that were left out: what cannot be read here, each a `decodeError` event; keys that are in the cache already; and
   * what would have to make room for the others at once.
   */
  readonly skipped: number
}

/** The cache that is written or filled. */
export interface Dumping {
  /** Its class, for errors. */
  readonly name: string
  readonly prefix: string
  readonly store: MemoryStore
  readonly coder: Coder
  /** Whether uses give entries their life anew. */
  readonly slides: boolean
  now(): number
  /** A value as users have it. */
  give(kept: unknown): unknown
  /** Puts an entry under a key of the store. */
  put(id: string, entry: Entry): void
  failed(event: 'encodeError' | 'decodeError', key: string, error: unknown): void
}

/**
 * Writes all entries to a file, the coldest first. The file is replaced when everything is on the disk: who reads it meanwhile,
 * or after a crash, has the one before. What changes while it is written is in it as it was before or after.
 */
export async function dumpTo(cache: Dumping, path: string | URL): Promise<Dumped> {
  const target = resolved(path)
  const draft = `${target}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(target), { recursive: true })
    const dumped = await using(await open(draft, 'wx', 0o600), (file) => written(cache, file))
    await rename(draft, target)
    return dumped
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw failure(cache, 'dump', target, error)
  }
}

/**
 * Puts the entries of a file into a cache, as far as there is room, with what is left of their lives by the clock of the cache, and
 * in the order in which they would have gone. Nothing happens before the whole file is known to be sound.
 */
export async function loadFrom(cache: Dumping, path: string | URL): Promise<Loaded> {
  const source = resolved(path)
  try {
    return await using(await open(source, 'r'), (file) => loaded(cache, new DumpReader(file, source)))
  } catch (error) {
    throw failure(cache, 'load', source, error)
  }
}

async function written(cache: Dumping, file: FileHandle): Promise<Dumped> {
  const { store } = cache
  const writer = new DumpWriter(file)
  let entries = 0
  let skipped = 0
  for (const id of coldestOf(cache)) {
    const slot = store.find(id)
    const entry = slot === 0 ? undefined : store.entryAt(slot)
    if (entry === undefined || (entry.until ?? NEVER) <= cache.now()) continue
    const record = recordOf(cache, id, slot, entry)
    if (record === undefined) skipped++
    else entries++
    const isFull = record && writer.add(record)
    if (isFull) await isFull
  }
  await writer.end()
  return { entries, skipped }
}

/** The keys in the store of all entries, those that would go first at the front: those that never go, if there are such. */
function coldestOf({ store, prefix }: Dumping): string[] {
  const ids = Array.from(store.coldest(), (slot) => store.keyAt(slot))
  const pinned =
    ids.length === store.size ? [] : [...store.keys('')].filter((id) => store.weightAt(store.find(id)) === 0)
  return [...pinned, ...ids].filter((id) => id.startsWith(prefix))
}

function recordOf(cache: Dumping, id: string, slot: number, entry: Entry): DumpRecord | undefined {
  const { store } = cache
  const key = id.slice(cache.prefix.length)
  try {
    const wire = Buffer.from(pack({ ...entry, value: cache.give(entry.value) }, cache.coder) as string)
    return { key: Buffer.from(toWellFormed(key)), wire, weight: store.weightAt(slot), ttl: store.lifeAt(slot) }
  } catch (error) {
    cache.failed('encodeError', key, error)
    return undefined
  }
}

async function loaded(cache: Dumping, reader: DumpReader): Promise<Loaded> {
  const weights = await reader.weights()
  const first = firstToFit(weights, cache.store)
  const counts = { entries: 0, expired: 0, skipped: 0 }
  let at = 0
  for await (const records of reader.records()) {
    for (const record of records) {
      const hasRoom = at++ >= first || record.weight === 0
      counts[hasRoom ? put(cache, record) : 'skipped']++
    }
  }
  return counts
}

/**
 * The first of the entries, which come coldest first, that has room together with all after it. Were those before it put in too,
 * a policy that asks newcomers to be better would keep them, and refuse the others.
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

function put(cache: Dumping, { key, wire, ttl }: DumpRecord): keyof Loaded {
  const spelled = fromWellFormed(key.toString())
  const id = cache.prefix + spelled
  const { store } = cache
  let entry: Entry
  try {
    entry = unpack(wire, (name) => coderBeside(cache.coder, name))
  } catch (error) {
    cache.failed('decodeError', spelled, error)
    return 'skipped'
  }
  const now = cache.now()
  if ((entry.until ?? NEVER) <= now) return 'expired'
  const there = store.find(id)
  if (there !== 0 && now < store.expiresAt(there)) return 'skipped'

  cache.put(id, cache.slides ? reborn(entry, ttl, now) : entry)
  const slot = store.find(id)
  if (slot === 0) return 'skipped'
  if (cache.slides && ttl !== NEVER && entry.expires !== null) store.prolong(slot, entry.expires - now, now)
  return 'entries'
}

/** The same entry as if it had been used now, so that it is known how long it lives from each use on. */
function reborn(entry: Entry, ttl: number, now: number): Entry {
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

function failure({ name }: Dumping, verb: 'dump' | 'load', path: string, cause: unknown): unknown {
  if (cause instanceof CacheError || cause instanceof TypeError) return cause
  const what = verb === 'dump' ? 'write' : 'read'
  const why = (cause as Error).message
  return new AdapterError(`${name} could not ${what} the file ${path}: ${why}`, { cause, adapter: name, verb })
}
