import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { AsyncMemcachedCache, MemcachedCache } from '../../../adapters/memcached/index.ts'
import type { MemcachedClient } from '../../../adapters/memcached/package-client.ts'
import { conforms } from '../../../lib/testing/index.ts'
import { memcached } from '../../support/servers.ts'

// The package has no types of its own.
const Memcached = createRequire(import.meta.url)('memcached') as new (
  servers: string,
) => MemcachedClient & { end(): void }

const address = async () => {
  const { host, port } = await memcached()
  return `${host}:${port}`
}

describe('AsyncMemcachedCache', () => {
  conforms(async (options) => new AsyncMemcachedCache({ ...options, servers: await address() }))
})

describe('AsyncMemcachedCache over several servers', () => {
  const servers: { host: string; port: number; close(): Promise<void> }[] = []
  before(async () => {
    servers.push(await memcached({}), await memcached({}))
  })
  after(() => Promise.all(servers.map((server) => server.close())))

  conforms(
    (options) => new AsyncMemcachedCache({ ...options, servers: servers.map(({ host, port }) => `${host}:${port}`) }),
  )
})

describe('AsyncMemcachedCache over a client of the package memcached', () => {
  let client: InstanceType<typeof Memcached>
  before(async () => {
    client = new Memcached(await address())
  })
  after(() => client.end())

  conforms((options) => new AsyncMemcachedCache({ ...options, client }))
})

describe('MemcachedCache', () => {
  // Its worker ends with the last cache, and takes half a second to start again: one cache stays open for all tests. The
  // prefix is part of what the worker is for, so all tests have the same, and each begins with an empty cache.
  const prefix = `${randomUUID()}:`
  let open: MemcachedCache
  before(async () => {
    open = new MemcachedCache({ servers: await address(), prefix })
    open.connect()
  })
  after(() => open?.close())

  conforms(async (options) => {
    const cache = new MemcachedCache({ ...options, servers: await address(), prefix })
    cache.clear()
    return cache
  })
})
