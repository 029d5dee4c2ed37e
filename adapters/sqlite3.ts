import { resolve } from 'node:path'
import type { AdapterOptions, Mode } from '../lib/contract.ts'
import { setting } from '../lib/settings.ts'
import type { SqliteStoreOptions } from './sqlite3/options.ts'
import { SqliteStore } from './sqlite3/store.ts'
import { type Opening, StoredCache } from './stored.ts'

export interface SqliteOptions extends AdapterOptions, Omit<SqliteStoreOptions, 'now'> {}

/** A cache in a SQLite file, or in memory, that answers at once, over better-sqlite3. */
export class SqliteCache extends StoredCache<'sync'> {
  readonly mode = 'sync'

  constructor(options: SqliteOptions = {}) {
    super(options, opening('sync', options))
  }
}

/** A cache in a SQLite file, or in memory, that answers with promises, over the packages sqlite and sqlite3. */
export class AsyncSqliteCache extends StoredCache<'async'> {
  readonly mode = 'async'

  constructor(options: SqliteOptions = {}) {
    super(options, opening('async', options))
  }
}

function opening<M extends Mode>(mode: M, options: SqliteOptions): Opening<M> {
  const { path = setting('sqlitePath'), client, table, memoryPersist, operationTimeout, purgeEvery } = options
  const isPrivate = client === undefined && path === ':memory:' && !memoryPersist
  return {
    identity: isPrivate ? undefined : identityOf(client ?? (memoryPersist ? '' : resolve(path ?? '')), table),
    open(context, _, now) {
      return new SqliteStore(mode, { path, client, table, memoryPersist, operationTimeout, purgeEvery, now }, context)
    },
  }
}

const tables = new WeakMap<object, Map<string, object>>()

/** What stands for a table, of the file of that path or of a client's database. */
function identityOf(database: string | object, table = 'cache'): string | object {
  if (typeof database === 'string') return `sqlite ${database} ${table}`

  const known = tables.get(database) ?? new Map<string, object>()
  tables.set(database, known)
  const identity = known.get(table) ?? {}
  known.set(table, identity)
  return identity
}
