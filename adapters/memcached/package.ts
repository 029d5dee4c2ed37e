import { optional } from '../../lib/core/optional-package.ts'
import type { ClientSource, MemcachedClient } from './client.ts'

type Memcached = new (server: string, options: object) => MemcachedClient

/** A burst at the start finds the pool full of connections that are being made: it has to wait for them a little. */
const PATIENT = { timeout: 1000, retries: 2, minTimeout: 50, maxTimeout: 500, randomize: false }

/**
 * By itself the package counts failures with timers that keep the process alive, for five hours at worst, and then has
 * `ping` spawned. So a client gives its server up at the first failure, and is replaced by another.
 */
const GIVES_UP = { failures: 0, remove: true }

/** Clients of the package `memcached` for one server. Nothing connects yet. Throws `MissingDependency`. */
export function packageClients(server: string, options: object, neededBy: string): ClientSource {
  const Client = optional<Memcached>('memcached', neededBy)
  return { servers: server, isOurs: true, client: () => new Client(server, { ...PATIENT, ...options, ...GIVES_UP }) }
}
