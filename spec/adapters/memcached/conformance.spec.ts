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
  conforms(async (options) => new MemcachedCache({ ...options, servers: await address() }))
})
