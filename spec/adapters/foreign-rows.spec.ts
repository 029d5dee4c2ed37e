import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect } from 'chai'
import { AsyncSqliteCache, SqliteCache } from '../../adapters/sqlite3/index.ts'
import type { Cache } from '../../lib/core/types.ts'
import { tempFolder } from '../support/run-folder.ts'

const Database = createRequire(import.meta.url)('better-sqlite3') as new (
  path: string,
) => { prepare(sql: string): { run(...values: unknown[]): void }; close(): void }

const FOREIGN: readonly unknown[] = [
  'not ours',
  '{"a":1}',
  Buffer.from([0, 255, 10]),
  'pc1 json 1 ',
  'pc9 json 1 - -\n1',
  42,
  '',
]

for (const Class of [SqliteCache, AsyncSqliteCache]) {
  describe(`${Class.name} over rows that another program has changed`, () => {
    it('treats them as missing, emits decodeError, and replaces them', async () => {
      const path = join(tempFolder('foreign'), 'cache.db')
      const filled: Cache = new SqliteCache({ path })
      filled.set('k', 'ours')
      await filled.close()

      for (const value of FOREIGN) {
        const database = new Database(path)
        database.prepare('UPDATE cache SET value = ?').run(value)
        database.close()

        const cache: Cache = new Class({ path })
        expect(await cache.get('k', 'missing'), String(value)).to.equal('missing')
        expect(await cache.has('k')).to.equal(false)
        expect(cache.stats().decodeError).to.equal(2)
        expect(await cache.add('k', 'healed')).to.equal(true)
        expect(await cache.get('k')).to.equal('healed')
        expect(await cache.remove('k')).to.equal(true)
        await cache.set('k', 'ours')
        await cache.close()
      }
    })
  })
}
