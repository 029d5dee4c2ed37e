import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import type { Capabilities, Wire } from '../../lib/core/types.ts'
import { systemNow } from '../../lib/entry/clock.ts'
import { fromWellFormed, toWellFormed } from '../../lib/entry/keys.ts'
import type { CacheDocument, Found, MongoCollection } from './client.ts'
import { Connection } from './connection.ts'
import { alive, checkSize, contentOf, inState, markedOf, wireOf } from './documents.ts'
import { isDuplicate } from './failure.ts'
import type { MongoStoreOptions } from './options.ts'
import { PAGE, Range } from './range.ts'

const STORED = { projection: { _id: 0, value: 1, until: 1 } } as const
const NAMED = { projection: { _id: 1, value: 1, until: 1 }, batchSize: PAGE } as const
/** What is to be exchanged is read where it is exchanged: another server may not know the latest state yet. */
const MARKED = { projection: { _id: 0, value: 1, until: 1, version: 1 }, readPreference: 'primary' } as const

/** Of upserts of a new key that meet, all but one fail; the next attempt finds the document. */
const ATTEMPTS = 5

/**
 * Keeps stored forms in a collection of MongoDB, a document for each key: `{ _id, value, until, mark }`. An index on `until`
 * has the server delete what has expired; until it does so, that is missing here all the same. Nothing connects before the
 * first verb; while the server is down, verbs fail at once, and soon after it is back they work again.
 */
export class MongoStore implements DescribedStore<'async'> {
  readonly capabilities: Capabilities = {
    atomic: true,
    listsKeys: true,
    clears: true,
    shared: true,
    locks: true,
    millisecondExpiry: true,
  }
  readonly #adapter: string
  readonly #connection: Connection

  /** Throws `MissingDependency` without mongodb, and `ConfigError` for a URL, a client or a name that is none. */
  constructor(options: MongoStoreOptions, context: StoreContext) {
    this.#adapter = context.adapter
    this.#connection = new Connection(options, context)
  }

  load(key: string): Promise<Wire | undefined> {
    const name = toWellFormed(key)
    return this.#read([name], async (documents) => wireOf(await documents.findOne({ _id: name }, STORED), systemNow()))
  }

  async save(key: string, wire: Wire, ttlMs: number | null): Promise<void> {
    const name = toWellFormed(key)
    checkSize(name, wire, this.#adapter)
    await this.#write([name], (documents) => put(documents, name, contentOf(wire, ttlMs, systemNow())))
  }

  /** Answers how many there were that had not expired. */
  async drop(keys: readonly string[]): Promise<number> {
    let dropped = 0
    for (const names of pagesOf([...new Set(keys.map(toWellFormed))])) {
      const filter = { _id: { $in: names }, ...alive(systemNow()) }
      dropped += (await this.#write(names, (documents) => documents.deleteMany(filter))).deletedCount
    }
    return dropped
  }

  async loadMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    const all = keys.map(toWellFormed)
    const found = new Map<unknown, Found>()
    for (const names of pagesOf([...new Set(all)])) {
      const page = await this.#read(names, (documents) => documents.find({ _id: { $in: names } }, NAMED).toArray())
      for (const document of page) found.set(document._id, document)
    }
    const now = systemNow()
    return all.map((name) => wireOf(found.get(name), now))
  }

  /** Saves many. When one is too large, the others are saved, and it is told then. */
  async saveMany(savings: readonly Saving[]): Promise<void> {
    const fitting = new Map<string, Saving>()
    const tooLarge: unknown[] = []
    for (const saving of savings) {
      const name = toWellFormed(saving[0])
      try {
        checkSize(name, saving[1], this.#adapter)
        fitting.set(name, saving)
      } catch (error) {
        tooLarge.push(error)
      }
    }
    for (const page of pagesOf([...fitting])) {
      const names = page.map(([name]) => name)
      await this.#write(names, (documents) => putAll(documents, page))
    }
    if (tooLarge.length > 0) throw tooLarge[0]
  }

  loadVersioned(key: string): Promise<VersionedWire> {
    const name = toWellFormed(key)
    return this.#read([name], async (documents) =>
      markedOf(await documents.findOne({ _id: name }, MARKED), systemNow()),
    )
  }

  async compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Promise<boolean> {
    const name = toWellFormed(key)
    if (wire === undefined) return this.#write([name], (documents) => removeState(documents, name, version))

    checkSize(name, wire, this.#adapter)
    return this.#write([name], (documents) =>
      replaceState(documents, name, version, contentOf(wire, ttlMs, systemNow())),
    )
  }

  /** The keys, read a page at a time: what is saved or dropped meanwhile may be among them or not. */
  async *list(prefix: string): AsyncGenerator<string> {
    const range = new Range(prefix)
    while (!range.isDone) {
      const names = await this.#connection.use(({ turns, collection }) => turns.scan(() => range.next(collection)))
      yield* names.map(fromWellFormed)
    }
  }

  /** Removes a page at a time: what is saved meanwhile may be removed too. */
  async wipe(prefix: string): Promise<void> {
    const range = new Range(prefix)
    while (!range.isDone) {
      await this.#connection.use(({ turns, collection }) => turns.sweep(() => wipePage(collection, range)))
    }
  }

  async connect(): Promise<void> {
    await this.ping()
  }

  async ping(): Promise<void> {
    await this.#connection.use(({ database }) => database.command({ ping: 1 }))
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #read<T>(names: readonly string[], job: (documents: MongoCollection) => Promise<T>): Promise<T> {
    return this.#connection.use(({ turns, collection }) => turns.read(names, () => job(collection)))
  }

  #write<T>(names: readonly string[], job: (documents: MongoCollection) => Promise<T>): Promise<T> {
    return this.#connection.use(({ turns, collection }) => turns.write(names, () => job(collection)))
  }
}

type Content = Omit<CacheDocument, '_id'>

function put(documents: MongoCollection, name: string, content: Content): Promise<unknown> {
  return persisting(() => documents.replaceOne({ _id: name }, content, { upsert: true }))
}

function putAll(documents: MongoCollection, page: readonly (readonly [string, Saving])[]): Promise<unknown> {
  const now = systemNow()
  const replacements = page.map(([name, [, wire, ttlMs]]) => {
    const replacement = contentOf(wire, ttlMs, now)
    return { replaceOne: { filter: { _id: name }, replacement, upsert: true } } as const
  })
  return persisting(() => documents.bulkWrite(replacements, { ordered: false }))
}

async function persisting<T>(upsert: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await upsert()
    } catch (error) {
      if (!isDuplicate(error) || attempt === ATTEMPTS) throw error
    }
  }
}

async function replaceState(
  documents: MongoCollection,
  name: string,
  version: unknown,
  content: Content,
): Promise<boolean> {
  if (version !== undefined) return (await documents.replaceOne(inState(name, version), content)).matchedCount === 1
  try {
    await documents.insertOne({ _id: name, ...content })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

async function removeState(documents: MongoCollection, name: string, version: unknown): Promise<boolean> {
  if (version !== undefined) return (await documents.deleteOne(inState(name, version))).deletedCount === 1
  return (await documents.findOne({ _id: name }, MARKED)) === null
}

async function wipePage(documents: MongoCollection, range: Range): Promise<void> {
  const names = await range.next(documents)
  if (names.length > 0) await documents.deleteMany({ _id: { $in: names } })
}

function pagesOf<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / PAGE)
  return Array.from({ length: count }, (_, i) => items.slice(i * PAGE, (i + 1) * PAGE))
}
