import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { CacheTimeout, ConnectionFailed, PartialFailure, Unsupported } from '../../lib/core/errors.ts'
import type { Capabilities, Timeout, Wire } from '../../lib/core/types.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { settleAll } from '../shared/settle-all.ts'
import { shareClearCounter } from './generation.ts'
import { encodeKey, expirationOf } from './keys.ts'
import { givenClient, type MemcachedClient, packageClients } from './package-client.ts'
import { PackageRemote } from './package-remote.ts'
import { type Remote, ServerConnection } from './server-connection.ts'
import { type ServerOptions, serversOf, spread } from './servers.ts'

/** Options of the memcached store: where the servers are, and how long they may take. */
export interface MemcachedStoreOptions extends ServerOptions {
  /** A ready client of the package `memcached`, or of its shape. It stays the caller's: it is never closed here. */
  client?: MemcachedClient | undefined
  /** Options of the package `memcached`: if they are given, a client of that package is made for each server. */
  options?: object | undefined
  /** How long an operation may take: seconds, or text with a unit. @default '2s' */
  operationTimeout?: Timeout | undefined
}

/**
 * Keeps encoded entries in memcached (1.6.10 or later), over one connection for each server.
 *
 * With several servers every key belongs to one of them. If a server dies, its keys fail with `ConnectionFailed` and the
 * others are not affected. No other server takes over, because what was written to a substitute would be stale when the
 * server comes back. For the same reason, empty a server before you add it again after its keys went elsewhere.
 *
 * `generation.ts` says what `wipe` promises, and to whom.
 */
export class MemcachedStore implements DescribedStore<'async'> {
  readonly capabilities: Capabilities = {
    atomic: true,
    listsKeys: false,
    clears: true,
    shared: true,
    locks: true,
    millisecondExpiry: false,
  }
  readonly #adapter: string
  readonly #prefix: string
  readonly #remotes: readonly Remote[]
  readonly #choose: (key: string) => number

  /**
   * Throws `ConfigError` for servers that cannot be addresses.
   * @param options `prefix` begins every key, and `wipe` removes what begins with it; `clears` is the counter of the thread
   *   on the other side of a bridge
   */
  constructor(
    options: MemcachedStoreOptions & { prefix: string; clears?: SharedArrayBuffer | undefined },
    context: StoreContext,
  ) {
    if (options.clears !== undefined) shareClearCounter(options.clears)
    const prefix = encodeKey(options.prefix)
    const limit = operationTimeoutOf(options.operationTimeout)
    const servers = serversOf(options)
    const { client, options: clientOptions } = options

    this.#adapter = context.adapter
    this.#prefix = options.prefix
    if (client !== undefined) {
      this.#remotes = [new PackageRemote(givenClient(client), prefix, limit, context)]
    } else if (clientOptions !== undefined) {
      const sources = servers.map((server) => packageClients(server, clientOptions, context.adapter))
      this.#remotes = sources.map((source) => new PackageRemote(source, prefix, limit, context))
    } else {
      this.#remotes = servers.map((server) => new ServerConnection(server, prefix, limit, context))
    }
    this.#choose = this.#remotes.length === 1 ? () => 0 : spread(servers.map(({ id }) => id))
  }

  load(key: string): Promise<Wire | undefined> {
    const encoded = encodeKey(key)
    return this.#remoteOf(encoded).load(encoded)
  }

  save(key: string, wire: Wire, ttlMs: number | null): Promise<void> {
    const encoded = encodeKey(key)
    return this.#remoteOf(encoded).save(encoded, wire, expirationOf(ttlMs))
  }

  async drop(keys: readonly string[]): Promise<number> {
    const removed = keys.map((key) => this.#remove(encodeKey(key)))
    return await answersOf(removed, (found) => found.filter(Boolean).length)
  }

  loadMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    return answersOf(
      keys.map((key) => this.load(key)),
      (wires) => wires,
    )
  }

  async saveMany(savings: readonly Saving[]): Promise<void> {
    await answersOf(
      savings.map((saving) => this.save(...saving)),
      () => undefined,
    )
  }

  saveNew(savings: readonly Saving[]): Promise<boolean[]> {
    return answersOf(
      savings.map(([key, wire, ttlMs]) => this.compareAndSave(key, undefined, wire, ttlMs)),
      (added) => added.map(Boolean),
    )
  }

  loadVersioned(key: string): Promise<VersionedWire> {
    const encoded = encodeKey(key)
    return this.#remoteOf(encoded).loadVersioned(encoded)
  }

  compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Promise<boolean> {
    const encoded = encodeKey(key)
    return this.#remoteOf(encoded).compareAndSave(encoded, version, wire, expirationOf(ttlMs))
  }

  /** Removes every key that begins with the prefix of this store. Throws `Unsupported` for any other prefix. */
  async wipe(prefix: string): Promise<void> {
    if (prefix !== this.#prefix) {
      const wayOut = 'Memcached cannot list keys: give what is cleared together a cache with a prefix of its own.'
      throw new Unsupported('clear(prefix)', this.#adapter, wayOut)
    }
    await settleAll(this.#remotes.map((remote) => remote.wipe()))
  }

  /** Connects to every server. Throws if one cannot be reached. */
  connect(): Promise<void> {
    return this.ping()
  }

  async ping(): Promise<void> {
    await settleAll(this.#remotes.map((remote) => remote.ping()))
  }

  /** The statistics of the server, or `servers` with those of each. */
  async backendStats(): Promise<Record<string, unknown>> {
    const stats = await settleAll(this.#remotes.map((remote) => remote.stats()))
    return stats.length === 1 ? stats[0]! : { servers: stats }
  }

  /** Closes the connections, after everything asked before. */
  async close(): Promise<void> {
    await settleAll(this.#remotes.map((remote) => remote.close()))
  }

  #remove(encoded: string): Promise<boolean> {
    return this.#remoteOf(encoded).remove(encoded)
  }

  #remoteOf(encoded: string): Remote {
    return this.#remotes[this.#choose(encoded)]!
  }
}

/**
 * Waits for the answers about many keys, and combines them; the answers of servers that failed are `undefined`. If only
 * some servers failed, throws a `PartialFailure` with what the others answered.
 */
async function answersOf<T, A>(answers: readonly Promise<T>[], combine: (answers: (T | undefined)[]) => A): Promise<A> {
  const settled = await Promise.allSettled(answers)
  const failed = settled.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))
  const answer = combine(settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)))
  if (failed.length === 0) return answer

  const first = (settled[failed[0]!] as PromiseRejectedResult).reason
  const isServer = first instanceof ConnectionFailed || first instanceof CacheTimeout
  if (!isServer || failed.length === settled.length) throw first
  const { adapter, message } = first
  const told = `${failed.length} of ${settled.length} keys failed, the others did not. ${message}`
  throw new PartialFailure(told, failed, answer, { adapter, cause: first })
}
