import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import type { CacheStatus, Capabilities, Wire } from '../../lib/core/types.ts'
import { systemNow } from '../../lib/entry/clock.ts'
import { fromWellFormed, toWellFormed } from '../../lib/entry/keys.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { ClientLease, OwnLease } from '../shared/client-lease.ts'
import { Connection } from '../shared/connection.ts'
import { pagesOf } from '../shared/settle-all.ts'
import type { CacheDocument, Found, MongoClient, MongoCollection, MongoDatabase } from './client.ts'
import { alive, checkSize, contentOf, DocumentRange, inState, PAGE, versionedOf, wireOf } from './documents.ts'
import { dialect, isDuplicate, isReply } from './failure.ts'
import { KeyedReadWriteLock } from './key-locks.ts'
import { checkInstalled, newClient } from './mongodb.ts'
import { checkClient, type MongoStoreOptions, nameOf, type Place, placeOf, urlOf } from './options.ts'
import { ownMongo } from './own-client.ts'

const STORED = { projection: { _id: 0, value: 1, until: 1 } } as const
const NAMED = { projection: { _id: 1, value: 1, until: 1 }, batchSize: PAGE } as const
/** A version is read where it is compared: another server may not know the latest state yet. */
const VERSIONED = { projection: { _id: 0, value: 1, until: 1, version: 1 }, readPreference: 'primary' } as const

/** Of concurrent upserts of a new key, all but one fail; the next attempt finds the document. */
const ATTEMPTS = 5

/** A collection, as one client reaches it. */
interface Documents {
  readonly database: MongoDatabase
  readonly collection: MongoCollection
  readonly locks: KeyedReadWriteLock
}

/** Values come back as they were stored, whatever the settings of the client: bytes as Buffers, text and dates as such. */
const READING = { promoteBuffers: true, promoteValues: true, raw: false, enableUtf8Validation: false } as const

/**
 * Keeps stored forms in a collection of MongoDB, a document for each key: `{ _id, value, until, version }`. An index on
 * `until` has the server delete what has expired; until it does so, that is missing here all the same. Nothing connects
 * before the first verb; while the server is down, verbs fail at once, and soon after it is back they work again.
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
  readonly #context: StoreContext
  readonly #connection: Connection<Documents>
  #isIndexed = false

  /** Throws `MissingDependency` without mongodb, and `ConfigError` for a URL, a client or a name that is none. */
  constructor(options: MongoStoreOptions, context: StoreContext) {
    const { client, operationTimeout } = options
    const { adapter } = context
    if (client === undefined) checkInstalled(adapter)
    else checkClient(options)
    const place = placeOf(options)
    const url = client === undefined ? urlOf(options) : ''
    this.#context = context
    this.#connection = new Connection<Documents>(
      {
        server: nameOf(options),
        dialect,
        open: (tools, watcher) => {
          if (client !== undefined) return new ClientLease(documentsOf(client, place), tools)
          const own = newClient(url, options.options, tools.ms, adapter)
          return new OwnLease(documentsOf(own, place), tools, ownMongo(own, tools.ms), watcher)
        },
        opened: (lease) => void this.#makeIndex(lease),
      },
      operationTimeoutOf(operationTimeout),
      context,
    )
  }

  load(key: string): Promise<Wire | undefined> {
    const name = toWellFormed(key)
    return this.#read([name], async (documents) => wireOf(await documents.findOne({ _id: name }, STORED), systemNow()))
  }

  async save(key: string, wire: Wire, ttlMs: number | null): Promise<void> {
    const name = toWellFormed(key)
    checkSize(name, wire, this.#context.adapter)
    await this.#write([name], (documents) => put(documents, name, contentOf(wire, ttlMs, systemNow())))
  }

  /** Returns how many there were that had not expired. */
  async drop(keys: readonly string[]): Promise<number> {
    let dropped = 0
    for (const names of pagesOf([...new Set(keys.map(toWellFormed))], PAGE)) {
      const filter = { _id: { $in: names }, ...alive(systemNow()) }
      dropped += (await this.#write(names, (documents) => documents.deleteMany(filter))).deletedCount
    }
    return dropped
  }

  async loadMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    const all = keys.map(toWellFormed)
    const found = new Map<unknown, Found>()
    for (const names of pagesOf([...new Set(all)], PAGE)) {
      const page = await this.#read(names, (documents) => documents.find({ _id: { $in: names } }, NAMED).toArray())
      for (const document of page) found.set(document._id, document)
    }
    const now = systemNow()
    return all.map((name) => wireOf(found.get(name), now))
  }

  /** Saves many. If some are too large, the others are saved before the first of them throws. */
  async saveMany(savings: readonly Saving[]): Promise<void> {
    const fitting = new Map<string, Saving>()
    const tooLarge: unknown[] = []
    for (const saving of savings) {
      const name = toWellFormed(saving[0])
      try {
        checkSize(name, saving[1], this.#context.adapter)
        fitting.set(name, saving)
      } catch (error) {
        tooLarge.push(error)
      }
    }
    for (const page of pagesOf([...fitting], PAGE)) {
      const names = page.map(([name]) => name)
      await this.#write(names, (documents) => putAll(documents, page))
    }
    if (tooLarge.length > 0) throw tooLarge[0]
  }

  loadVersioned(key: string): Promise<VersionedWire> {
    const name = toWellFormed(key)
    return this.#read([name], async (documents) =>
      versionedOf(await documents.findOne({ _id: name }, VERSIONED), systemNow()),
    )
  }

  async compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Promise<boolean> {
    const name = toWellFormed(key)
    if (wire === undefined) return this.#write([name], (documents) => removeState(documents, name, version))

    checkSize(name, wire, this.#context.adapter)
    return this.#write([name], (documents) =>
      replaceState(documents, name, version, contentOf(wire, ttlMs, systemNow())),
    )
  }

  /** The keys, read a page at a time: keys saved or dropped meanwhile may be among them or not. */
  async *list(prefix: string): AsyncGenerator<string> {
    const range = new DocumentRange(prefix)
    while (!range.isDone) {
      const names = await this.#use(({ locks, collection }) => locks.readAll(() => range.next(collection)))
      yield* names.map(fromWellFormed)
    }
  }

  /** Removes a page at a time: keys saved meanwhile may be removed too. */
  async wipe(prefix: string): Promise<void> {
    const range = new DocumentRange(prefix)
    while (!range.isDone) {
      await this.#use(({ locks, collection }) => locks.writeAll(() => wipePage(collection, range)))
    }
  }

  status(): CacheStatus {
    return this.#connection.status()
  }

  async connect(): Promise<void> {
    await this.ping()
  }

  async ping(): Promise<void> {
    await this.#use(({ database }) => database.command({ ping: 1 }))
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #use<T>(verb: (documents: Documents) => Promise<T>): Promise<T> {
    return this.#connection.use(
      (lease) => lease.ask(verb),
      (answer) => answer,
    )
  }

  /**
   * Has the server delete expired documents. Nobody waits for it, because an existing collection may be large; a user
   * without the right to it uses the cache all the same, and is told by an `error` event.
   */
  async #makeIndex(lease: ClientLease<Documents>): Promise<void> {
    if (this.#isIndexed) return
    this.#isIndexed = true
    lease.begin()
    try {
      await lease.client.collection.createIndex({ until: 1 }, { expireAfterSeconds: 0 })
    } catch (error) {
      this.#isIndexed = isReply(error) && !dialect.isOutage(error)
      // Otherwise the next lease tries again.
      if (this.#isIndexed) {
        this.#context.emit('error', undefined, { error: this.#connection.failureOf(error), verb: 'connect' })
      }
    } finally {
      lease.end()
    }
  }

  #read<T>(names: readonly string[], job: (documents: MongoCollection) => Promise<T>): Promise<T> {
    return this.#use(({ locks, collection }) => locks.read(names, () => job(collection)))
  }

  #write<T>(names: readonly string[], job: (documents: MongoCollection) => Promise<T>): Promise<T> {
    return this.#use(({ locks, collection }) => locks.write(names, () => job(collection)))
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
  return (await documents.findOne({ _id: name }, VERSIONED)) === null
}

async function wipePage(documents: MongoCollection, range: DocumentRange): Promise<void> {
  const names = await range.next(documents)
  if (names.length > 0) await documents.deleteMany({ _id: { $in: names } })
}

function documentsOf(client: MongoClient, place: Place): Documents {
  const database = client.db(place.database)
  return { database, collection: database.collection(place.collection, READING), locks: new KeyedReadWriteLock() }
}
