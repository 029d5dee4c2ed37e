/** Structural types for the parts of a mongodb client that are used here. Any object of these shapes will do. */

/** The document of a key. */
export interface CacheDocument {
  /** The key, as well-formed text. */
  _id: string
  /** The stored form: text as text, bytes as `Binary`. */
  value: unknown
  /** When the server may delete it; `null` for never. BSON dates are UTC, whatever the time zones. */
  until: Date | null
  /** Names this very state: every write makes another. */
  version: string
}

/** The part of a document that a query asks for. Its fields may be anybody's. */
export interface Found {
  readonly _id?: string
  readonly value?: unknown
  readonly until?: unknown
  readonly version?: unknown
}

export type Filter = Readonly<Record<string, unknown>>

export interface FindOptions {
  readonly projection: Readonly<Record<string, 0 | 1>>
  readonly sort?: { readonly _id: 1 }
  readonly limit?: number
  readonly batchSize?: number
  readonly readPreference?: 'primary'
}

export interface Replacement {
  readonly replaceOne: {
    readonly filter: Filter
    readonly replacement: Omit<CacheDocument, '_id'>
    readonly upsert: true
  }
}

/** How values come back, whatever the settings of the client: bytes as Buffers, text and dates as such. */
export interface Reading {
  readonly promoteBuffers: true
  readonly promoteValues: true
  readonly raw: false
  readonly enableUtf8Validation: false
}

/** The part of a collection that the store uses. */
export interface MongoCollection {
  createIndex(index: { until: 1 }, options: { expireAfterSeconds: 0 }): Promise<unknown>
  findOne(filter: Filter, options: FindOptions): Promise<Found | null>
  find(filter: Filter, options: FindOptions): { toArray(): Promise<Found[]> }
  insertOne(document: CacheDocument): Promise<unknown>
  replaceOne(
    filter: Filter,
    replacement: Omit<CacheDocument, '_id'>,
    options?: { upsert: true },
  ): Promise<{ matchedCount: number }>
  bulkWrite(replacements: readonly Replacement[], options: { ordered: false }): Promise<unknown>
  deleteOne(filter: Filter): Promise<{ deletedCount: number }>
  deleteMany(filter: Filter): Promise<{ deletedCount: number }>
}

/** The part of a database that the store uses. */
export interface MongoDatabase {
  collection(name: string, options: Reading): MongoCollection
  command(command: { ping: 1 }): Promise<unknown>
}

/** The part of a `MongoClient` that the store uses. */
export interface MongoClient {
  readonly options?: { readonly dbName?: string | undefined } | undefined
  db(name: string): MongoDatabase
}
