import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AsyncSqliteCache, SqliteCache } from '../../../adapters/sqlite3/index.ts'
import { conforms } from '../../../lib/testing/index.ts'
import { tempFolder } from '../../support/run-folder.ts'

const file = () => join(tempFolder('sqlite'), `${randomUUID()}.db`)

describe('SqliteCache', () => conforms((options) => new SqliteCache({ ...options, path: file() })))
describe('SqliteCache in memory', () => conforms((options) => new SqliteCache({ ...options, path: ':memory:' })))
describe('AsyncSqliteCache', () => conforms((options) => new AsyncSqliteCache({ ...options, path: file() })))
describe('AsyncSqliteCache in memory', () =>
  conforms((options) => new AsyncSqliteCache({ ...options, path: ':memory:' })))
describe('SqliteCache with a shared memory', () => {
  conforms((options) => new SqliteCache({ ...options, memoryPersist: true }))
})
