import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncSqliteCache, type Cache, SqliteCache } from '../../../lib/index.ts'
import { tempFolder } from '../../support/run-folder.ts'

describe('An entry in SQLite that has expired by the real clock', () => {
  const open: Record<string, (path: string) => Cache> = {
    SqliteCache: (path) => new SqliteCache({ path }),
    AsyncSqliteCache: (path) => new AsyncSqliteCache({ path }),
  }
  for (const [name, make] of Object.entries(open)) {
    it(`is missing for every verb, although its row is there until it is swept: ${name}`, async () => {
      const cache = make(join(tempFolder('expiry'), 'cache.db'))
      await cache.connect()
      await cache.set('a', 1, '50ms')
      await sleep(80)
      expect([await cache.get('a'), await cache.has('a'), await cache.ttl('a')]).to.deep.equal([
        undefined,
        false,
        undefined,
      ])
      expect(await cache.getMany(['a'])).to.deep.equal([undefined])
      expect(await cache.getOrSet('a', () => 2)).to.equal(2)
      await cache.close()
    })
  }
})
