import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { AsyncMemcachedCache, MemcachedCache } from '../../adapters/memcached/index.ts'
import { AsyncRedisCache, RedisCache } from '../../adapters/redis/index.ts'
import { AsyncSqliteCache, SqliteCache } from '../../adapters/sqlite3/index.ts'
import type { Cache } from '../../lib/core/types.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, redis } from '../support/servers.ts'

type Pair = [sync: Cache<'sync'>, async: Cache<'async'>]

const pairs: Record<string, (prefix: string) => Promise<Pair>> = {
  async Redis(prefix) {
    const { url } = await redis()
    return [new RedisCache({ url, prefix }), new AsyncRedisCache({ url, prefix })]
  },
  async Memcached(prefix) {
    const servers = `127.0.0.1:${(await memcached()).port}`
    return [new MemcachedCache({ servers, prefix }), new AsyncMemcachedCache({ servers, prefix })]
  },
  async SQLite(prefix) {
    const path = join(tempFolder('twins'), 'cache.db')
    return [new SqliteCache({ path, prefix }), new AsyncSqliteCache({ path, prefix })]
  },
}

for (const [name, open] of Object.entries(pairs)) {
  describe(`A synchronous and an asynchronous cache over one ${name}`, () => {
    let sync: Pair[0]
    let asynchronous: Pair[1]
    beforeEach(async () => {
      ;[sync, asynchronous] = await open(`${randomUUID()}:`)
    })
    afterEach(async () => {
      sync.close()
      await asynchronous.close()
    })

    it('see each other’s entries', async () => {
      sync.set('a', new Date(0))
      await asynchronous.set('b', new Map([[1, 2]]))
      expect(await asynchronous.get('a')).to.deep.equal(new Date(0))
      expect(sync.get('b')).to.deep.equal(new Map([[1, 2]]))
      sync.clear()
      expect(await asynchronous.getMany(['a', 'b'])).to.deep.equal([undefined, undefined])
    })

    it('share loads', async () => {
      let made = 0
      const make = async () => {
        made++
        await new Promise((resolve) => setTimeout(resolve, 20))
        return 'v'
      }
      const asked = [asynchronous.getOrSet('k', make), sync.getOrSet('k', make), sync.getOrSetAsync('k', make)]
      expect(await Promise.all(asked)).to.deep.equal(['v', 'v', 'v'])
      expect(made).to.equal(1)
    })

    it('let a removal by one win over a load by the other', async () => {
      let begin = () => {}
      let finish = () => {}
      const begun = new Promise<void>((resolve) => (begin = resolve))
      const value = asynchronous.getOrSet('k', () => {
        begin()
        return new Promise<string>((resolve) => (finish = () => resolve('old')))
      })
      await begun
      sync.remove('k')
      finish()
      expect(await value).to.equal('old')
      expect(sync.get('k')).to.equal(undefined)
      expect(await asynchronous.get('k')).to.equal(undefined)
    })
  })
}

describe('Two tables over one SQLite client', () => {
  it('do not share loads', async () => {
    const client = new Database(':memory:')
    const [users, pages] = ['users', 'pages'].map((table) => new SqliteCache({ client, table }))
    const slowly = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return 'a user'
    }
    const made = [users!.getOrSet('1', slowly), pages!.getOrSet('1', async () => 'a page')]
    expect(await Promise.all(made)).to.deep.equal(['a user', 'a page'])
    client.close()
  })
})
