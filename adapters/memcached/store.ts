import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { Unsupported } from '../../lib/core/errors.ts'
import type { Capabilities, Timeout, Wire } from '../../lib/core/types.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { shareClears } from './clears.ts'
import { handedIn, type MemcachedClient } from './client.ts'
import { ClientRemote } from './client-remote.ts'
import { encodeKey } from './keys.ts'
import { packageClients } from './package.ts'
import type { Remote } from './remote.ts'
import { Link } from './server-connection.ts'
import { addressesOf, spread } from './servers.ts'
import { lifeOf } from './ttl.ts'

/** Where memcached is, and how long it may take. */
export interface MemcachedStoreOptions {
  /** `host:port` of the servers, in an array or with commas between them. @default '127.0.0.1:11211' */
  servers?: string | readonly string[] | undefined
  /** A ready client of the package `memcached`, or of its shape. It stays the caller's: it is never closed here. */
  client?: MemcachedClient | undefined
  /** Options of the package `memcached`: with them, a client of that package is made, in place of the connections of our own. */
  options?: object | undefined
  /** How long every operation may take: seconds, or text with a unit. @default '2s' */
  operationTimeout?: Timeout | undefined
}

/**
 * Keeps stored forms in memcached (1.6.10 or later), over one connection for each server.
 *
 * With several servers every key has one: the death of a server makes its keys fail with `ConnectionFailed`, and concerns no
 * other. Nobody takes its place, because what was written to a substitute would be stale when the server comes back. For
 * the same reason, empty a server before you take it back after its keys went to others.
 *
 * What `wipe` promises, and to whom, is said in `generation.ts`.
 */
export class MemcachedStore implements DescribedStore<'async'> {
  readonly capabilities: Capabilities = {
    atomic: true,
    listsKeys: false,
    clears: true,
    shared: true,
    locks: false,
    millisecondExpiry: false,
  }
  readonly #adapter: string
  readonly #prefix: string
  readonly #remotes: readonly Remote[]
  readonly #choose: (key: string) => number

  /** @param options `prefix` stands in front of every key; `wipe` removes what begins with it; `clears` is the memory of another thread's. Throws `ConfigError` for servers that are none */
  constructor(
    options: MemcachedStoreOptions & { prefix: string; clears?: SharedArrayBuffer | undefined },
    context: StoreContext,
  ) {
    if (options.clears !== undefined) shareClears(options.clears)
    const encodedPrefix = encodeKey(options.prefix)
    const limit = operationTimeoutOf(options.operationTimeout)
    const addresses = addressesOf(options.servers)
    const { client, options: clientOptions } = options

    this.#adapter = context.adapter
    this.#prefix = options.prefix
    if (client !== undefined) {
      this.#remotes = [new ClientRemote(handedIn(client), encodedPrefix, limit, context)]
    } else if (clientOptions !== undefined) {
      const sources = addresses.map(({ name }) => packageClients(name, clientOptions, context.adapter))
      this.#remotes = sources.map((source) => new ClientRemote(source, encodedPrefix, limit, context))
    } else {
      this.#remotes = addresses.map((address) => new Link(address, encodedPrefix, limit, context))
    }
    this.#choose = this.#remotes.length === 1 ? () => 0 : spread(addresses.map(({ name }) => name))
  }

  load(key: string): Promise<Wire | undefined> {
    const at = encodeKey(key)
    return this.#remoteOf(at).load(at)
  }

  save(key: string, wire: Wire, ttlMs: number | null): Promise<void> {
    const at = encodeKey(key)
    return this.#remoteOf(at).save(at, wire, lifeOf(ttlMs))
  }

  async drop(keys: readonly string[]): Promise<number> {
    const removed = await all(keys.map((key) => this.#remove(encodeKey(key))))
    return removed.filter(Boolean).length
  }

  loadMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    return all(keys.map((key) => this.load(key)))
  }

  async saveMany(savings: readonly Saving[]): Promise<void> {
    await all(savings.map(([key, wire, ttlMs]) => this.save(key, wire, ttlMs)))
  }

  loadVersioned(key: string): Promise<VersionedWire> {
    const at = encodeKey(key)
    return this.#remoteOf(at).inspect(at)
  }

  compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Promise<boolean> {
    const at = encodeKey(key)
    return this.#remoteOf(at).exchange(at, version, wire, lifeOf(ttlMs))
  }

  /** Removes every key that begins with the prefix of this store. Throws `Unsupported` for any other prefix. */
  async wipe(prefix: string): Promise<void> {
    if (prefix !== this.#prefix) {
      const wayOut = 'Memcached cannot list keys: give what is cleared together a cache with a prefix of its own.'
      throw new Unsupported('clear(prefix)', this.#adapter, wayOut)
    }
    await all(this.#remotes.map((remote) => remote.wipe()))
  }

  /** Connects to every server. Throws when one cannot be reached. */
  connect(): Promise<void> {
    return this.ping()
  }

  /** Asks every server for a sign of life. */
  async ping(): Promise<void> {
    await all(this.#remotes.map((remote) => remote.ping()))
  }

  /** What the server says by `stats`; of several, what each does. */
  async backendStats(): Promise<Record<string, unknown>> {
    const told = await all(this.#remotes.map((remote) => remote.stats()))
    return told.length === 1 ? told[0]! : { servers: told }
  }

  /** Lets the connections go, after what was asked before. */
  async close(): Promise<void> {
    await all(this.#remotes.map((remote) => remote.close()))
  }

  #remove(at: string): Promise<boolean> {
    return this.#remoteOf(at).remove(at)
  }

  #remoteOf(at: string): Remote {
    return this.#remotes[this.#choose(at)]!
  }
}

/** All the answers; when some failed, the first failure, after the last has come: nothing goes on behind the caller's back. */
async function all<T>(answers: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(answers)
  return settled.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  })
}
