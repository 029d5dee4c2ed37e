import type { MemcachedClient } from '../../adapters/memcached/package-client.ts'
import { asyncAdapterSet, asyncCached } from '../../lib/index.ts'
import { check, concurrently, keysOf, peer, picksOf, small } from '../data.ts'
import type { Contestant, Loops, Part } from '../part.ts'

/** memcached on loopback: values whose JSON is 100 bytes long. */

const SECONDS = 300
// The wide one first: a loop that is one at a time does not get V8 warm.
const WIDTHS = [256, 1]
const PACKAGE = 'memcached + JSON'

const keys = keysOf(1000)
const pick = picksOf(keys)

interface Client {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<unknown>
}

async function loopsOver(client: Client): Promise<Loops> {
  for (const [i, key] of keys.entries()) await client.set(key, small(i))
  return Object.fromEntries(
    WIDTHS.flatMap((width) => [
      [`get @${width}`, concurrently(width, async (i) => check((await client.get(pick(i))) ? 1 : 0, 1))],
      [`set @${width}`, concurrently(width, (i) => client.set(pick(i), small(i)))],
    ]),
  )
}

/** The package has no types. */
type Package = MemcachedClient & { get(key: string, callback: (error: unknown, text: string) => void): void }

async function newPackage(): Promise<Package> {
  const { default: Memcached } = await peer<{ default: new (server: string) => Package }>('memcached')
  return new Memcached(address())
}

const address = (): string => process.env.BENCH_MEMCACHED!

function polycache(options: () => object | Promise<object>): Contestant {
  return async () => {
    asyncAdapterSet('memcached', await options())
    return loopsOver({
      get: (key) => asyncCached.get(key),
      set: (key, value) => asyncCached.set(key, value, SECONDS),
    })
  }
}

async function raw(): Promise<Loops> {
  const client = await newPackage()
  return loopsOver({
    get: (key) =>
      new Promise((resolve, reject) => {
        client.get(key, (error, text) => (error ? reject(error) : resolve(JSON.parse(text))))
      }),
    set: (key, value) =>
      new Promise((resolve, reject) => {
        client.set(key, JSON.stringify(value), SECONDS, (error, done) => (error ? reject(error) : resolve(done)))
      }),
  })
}

export const part: Part = {
  title: 'memcached',
  contestants: {
    polycache: polycache(() => ({ servers: address() })),
    'polycache over the package': polycache(async () => ({ client: await newPackage() })),
    [PACKAGE]: raw,
  },
  figures: (of) =>
    ['polycache', 'polycache over the package'].flatMap((name) =>
      ['get @256', 'set @256', 'get @1', 'set @1'].map((loop) => ({
        what: `memcached ${loop}, ${name}: to ${PACKAGE}`,
        value: of(name, loop) / of(PACKAGE, loop),
        atMost: loop.endsWith('@256') ? 1.15 : undefined,
      })),
    ),
}
