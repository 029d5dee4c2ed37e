import { resolve } from 'node:path'
import { nameOfInstance } from '../../lib/core/instances.ts'
import type { AdapterOptions, Mode } from '../../lib/core/types.ts'
import { setting } from '../../lib/entry/settings.ts'
import { type Opening, StoredCache } from '../shared/stored-cache.ts'
import type { SqliteStoreOptions } from './options.ts'
import { SqliteStore } from './store.ts'

export interface SqliteOptions extends AdapterOptions, Omit<SqliteStoreOptions, 'now'> {}

/** A cache in a SQLite file, or in memory, that answers at once, over better-sqlite3. */
export class SqliteCache extends StoredCache<'sync'> {
  static override readonly name: string = 'SqliteCache'
  readonly mode = 'sync'

  constructor(options: SqliteOptions = {}) {
    super(options, opening('sync', options))
  }
}

/** A cache in a SQLite file, or in memory, that answers with promises, over the packages sqlite and sqlite3. */
export class AsyncSqliteCache extends StoredCache<'async'> {
  static override readonly name: string = 'AsyncSqliteCache'
  readonly mode = 'async'

  constructor(options: SqliteOptions = {}) {
    super(options, opening('async', options))
  }
}

function opening<M extends Mode>(mode: M, options: SqliteOptions): Opening<M> {
  const { path = setting('sqlitePath'), client, table, memoryPersist, operationTimeout, purgeEvery } = options
  const isPrivate = client === undefined && path === ':memory:' && !memoryPersist
  const database = client === undefined ? (memoryPersist ? '' : resolve(path ?? '')) : nameOfInstance(client)
  return {
    identity: isPrivate ? undefined : `sqlite ${database} ${table ?? 'cache'}`,
    open(context, _, now) {
      return new SqliteStore(mode, { path, client, table, memoryPersist, operationTimeout, purgeEvery, now }, context)
    },
  }
}
