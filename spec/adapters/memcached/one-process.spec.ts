import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { AsyncMemcachedCache, MemcachedCache } from '../../../adapters/memcached/index.ts'
import { memcached } from '../../support/servers.ts'
import { client, closeAll } from './support.ts'

describe('The caches of one process over one memcached', () => {
  const opened: { close(): unknown }[] = []
  afterEach(async () => {
    for (const cache of opened.splice(0)) await cache.close()
    await closeAll()
  })

  async function twins(): Promise<[MemcachedCache, AsyncMemcachedCache]> {
    const { port } = await memcached()
    const prefix = `${randomUUID()}:`
    const sync = new MemcachedCache({ servers: `127.0.0.1:${port}`, prefix })
    const asynchronous = new AsyncMemcachedCache({ url: `memcached://localhost:${port}/`, prefix })
    opened.push(sync, asynchronous)
    return [sync, asynchronous]
  }

  it('see an acknowledged clear of the other at once, also while a call of theirs is pending', async () => {
    for (let round = 0; round < 5; round++) {
      const [sync, asynchronous] = await twins()
      await asynchronous.set('a', 'old')
      sync.clear()
      // This one has to read the new generation, and another clear comes while it does.
      const pending = asynchronous.get('b')
      await Promise.resolve()
      await new Promise(process.nextTick)
      sync.set('a', 'old again')
      sync.clear()
      const found = asynchronous.get('a')
      const stored = asynchronous.set('c', 'kept')
      expect(await found).to.equal(undefined)
      await stored
      await pending
      expect(sync.get('c')).to.equal('kept')
      expect(await asynchronous.get('c')).to.equal('kept')
    }
  })

  it('share loads, however the server is spelled', async () => {
    const { port } = await memcached()
    const prefix = `${randomUUID()}:`
    const spellings = [
      new AsyncMemcachedCache({ servers: `127.0.0.1:${port}`, prefix }),
      new AsyncMemcachedCache({ servers: [`LOCALHOST:${port}`], prefix }),
      new AsyncMemcachedCache({ url: `memcached://localhost:${port}/`, prefix }),
      new AsyncMemcachedCache({ client: client(port), prefix }),
    ]
    opened.push(...spellings)
    let loads = 0
    const values = spellings.map((cache) =>
      cache.getOrSet('k', async () => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        return ++loads
      }),
    )
    expect(await Promise.all(values)).to.deep.equal([1, 1, 1, 1])
  })
})
