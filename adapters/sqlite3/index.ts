import { nameOfInstance } from '../../lib/core/instances.ts'
import type { AdapterOptions, Mode } from '../../lib/core/types.ts'
import { setting } from '../../lib/entry/settings.ts'
import { ADAPTER_OPTIONS, refuseUnknownOptions } from '../../lib/entry/validate.ts'
import { type Opening, StoredCache } from '../shared/stored-cache.ts'
import { DEFAULT_PATH, placeOf, type SqliteStoreOptions } from './options.ts'
import { absolutePath, realPath } from './paths.ts'
import { SqliteStore } from './store.ts'

export interface SqliteOptions extends AdapterOptions, Omit<SqliteStoreOptions, 'now'> {}

/** A cache in a SQLite file, or in memory, that answers at once: by better-sqlite3, or the SQLite of the runtime. */
export class SqliteCache extends StoredCache<'sync'> {
  static override readonly name: string = 'SqliteCache'
  readonly mode = 'sync'

  constructor(options: SqliteOptions = {}) {
    super(options, opening('sync', options, 'SqliteCache'))
  }
}

/** A cache in a SQLite file, or in memory, that answers with promises: by the packages sqlite and sqlite3, if they are installed. */
export class AsyncSqliteCache extends StoredCache<'async'> {
  static override readonly name: string = 'AsyncSqliteCache'
  readonly mode = 'async'

  constructor(options: SqliteOptions = {}) {
    super(options, opening('async', options, 'AsyncSqliteCache'))
  }
}

const STORE_OPTIONS: readonly string[] = [
  'path',
  'client',
  'table',
  'memoryPersist',
  'operationTimeout',
  'purgeEvery',
] satisfies (keyof SqliteOptions)[]

function opening<M extends Mode>(mode: M, options: SqliteOptions, owner: string): Opening<M> {
  refuseUnknownOptions(options, [...ADAPTER_OPTIONS, ...STORE_OPTIONS], owner)
  const { client, table, memoryPersist, operationTimeout, purgeEvery } = options
  const named = options.path ?? setting('sqlitePath') ?? DEFAULT_PATH
  const isFile = client === undefined && !memoryPersist && named !== ':memory:'
  // The working directory may change before the file is opened.
  const path = isFile ? absolutePath(named) : named
  return {
    identity: identityOf({ ...options, path }),
    open(context, _, now) {
      return new SqliteStore(mode, { path, client, table, memoryPersist, operationTimeout, purgeEvery, now }, context)
    },
  }
}

/** Names the table, the same for every path of its file; `undefined` for a database of this cache alone. */
function identityOf(options: SqliteOptions & { path: string }): string | undefined {
  const { client, memoryPersist, table = 'cache' } = options
  const place = placeOf(options)
  const isFile = place !== ':memory:' && place !== ''
  if (!isFile && client === undefined && !memoryPersist) return undefined
  const database = isFile ? realPath(place) : client === undefined ? '' : nameOfInstance(client)
  // SQLite ignores the case of ASCII letters in the name of a table.
  return `sqlite ${database} ${table.replace(/[A-Z]/g, (letter) => letter.toLowerCase())}`
}
