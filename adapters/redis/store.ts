import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { type CacheError, CoderError } from '../../lib/core/errors.ts'
import { quoted } from '../../lib/core/quoted.ts'
import type { Capabilities, Wire } from '../../lib/core/types.ts'
import { fromWellFormed, toWellFormed } from '../../lib/entry/keys.ts'
import type { ClientLease } from '../shared/client-lease.ts'
import type { Connection } from '../shared/connection.ts'
import { pagesOf, settleAll, settleByKey } from '../shared/settle-all.ts'
import { type Argument, argumentOf, type RedisClient } from './client.ts'
import { groupsOf, mastersOf, NodeBreakers } from './cluster.ts'
import { compareAndSet, OTHER_TYPE } from './compare-and-set.ts'
import { connect } from './connect.ts'
import { says } from './failure.ts'
import type { RedisStoreOptions } from './options.ts'
import { ReadBatch } from './read-batch.ts'
import { countOf, done, infoOf, wireOf, wiresOf } from './replies.ts'
import { Scan } from './scan.ts'
import { WriteCoalescer } from './write-coalescer.ts'

type Lease = ClientLease<RedisClient>

/** One deadline covers this many keys at most; of values to be saved, this many of these bytes. */
const KEYS_TOGETHER = 10_000
const SAVED_TOGETHER = 1000
const BYTES_TOGETHER = 8 * 1024 * 1024

/**
 * Keeps bytes in Redis: one server, one that sentinels name, or a Cluster. Nothing connects before the first verb; while the
 * server is down, verbs fail at once, and soon after it is back they work again.
 */
export class RedisStore implements DescribedStore<'async'> {
  readonly capabilities: Capabilities = {
    atomic: true,
    listsKeys: true,
    clears: true,
    shared: true,
    locks: true,
    millisecondExpiry: true,
  }
  readonly #context: StoreContext
  readonly #connection: Connection<RedisClient>
  readonly #coalescer = new WriteCoalescer()
  /** In a Cluster, a node that fails must concern its own keys only. */
  readonly #nodes: NodeBreakers | undefined
  readonly #reads = new ReadBatch(
    (key) => this.#read(key, undefined),
    (keys) => this.#readMany(keys),
  )
  #hasUnlink = true

  /** Throws `MissingDependency` without ioredis, and `ConfigError` for a URL or client that is none. */
  constructor(options: RedisStoreOptions, context: StoreContext) {
    const { connection, isCluster } = connect(options, context)
    this.#context = context
    this.#connection = connection
    this.#nodes = isCluster ? new NodeBreakers() : undefined
  }

  load(key: string): Promise<Wire | undefined> {
    return this.#nodes === undefined ? this.#reads.load(key) : this.#read(key, undefined)
  }

  save(key: string, wire: Wire, ttlMs: number | null): Promise<void> {
    const name = toWellFormed(key)
    return this.#inOrder().use((lease) => this.#ask(lease, name, {}, (client) => set(client, name, wire, ttlMs)), done)
  }

  async drop(keys: readonly string[]): Promise<number> {
    let dropped = 0
    for (const page of pagesOf(keys, KEYS_TOGETHER)) {
      const names = page.map(toWellFormed)
      dropped += await this.#inOrder().use((lease) => this.#remove(lease, names), asIs)
    }
    return dropped
  }

  async loadMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    this.#reads.flush()
    if (keys.length <= KEYS_TOGETHER) return this.#readMany(keys)
    const wires = []
    for (const page of pagesOf(keys, KEYS_TOGETHER)) wires.push(...(await this.#readMany(page)))
    return wires
  }

  async saveMany(savings: readonly Saving[]): Promise<void> {
    for (const page of pagesOfSavings(savings)) await this.#inOrder().use((lease) => this.#saveAll(lease, page), asIs)
  }

  async loadVersioned(key: string): Promise<VersionedWire> {
    this.#reads.flush()
    const found = await this.#read(key, OTHER_TYPE)
    return { wire: found === OTHER_TYPE ? undefined : found, version: found }
  }

  compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Promise<boolean> {
    const name = toWellFormed(key)
    return this.#inOrder().use(
      (lease) => this.#ask(lease, name, {}, (client) => compareAndSet(client, name, version, wire, ttlMs)),
      asIs,
    )
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const seen = new Set<string>()
    const [lease, masters] = await this.#inOrder().use(
      async (lease) => [lease, await lease.ask(mastersOf)] as const,
      asIs,
    )
    for (const node of masters) {
      const scan = new Scan(node, prefix, lease.client.options?.keyPrefix)
      while (!scan.isDone) {
        for (const { key } of await this.#inOrder().use(() => lease.ask(() => scan.next()), asIs, { lease })) {
          // SCAN may find a key twice.
          if (seen.has(key)) continue
          seen.add(key)
          yield key
        }
      }
    }
  }

  wipe(prefix: string): Promise<void> {
    return this.#inOrder().use(async (lease) => {
      const masters = await lease.ask(mastersOf)
      const scans = masters.map((node) => new Scan(node, prefix, lease.client.options?.keyPrefix))
      await settleAll(scans.map((scan) => this.#wipe(lease, scan)))
    }, asIs)
  }

  async connect(): Promise<void> {
    await this.ping()
  }

  async ping(): Promise<void> {
    await this.#inOrder().use((lease) => lease.ask((client) => client.ping()), asIs)
  }

  /** The server's own report by `INFO`; of a Cluster, that of each master. */
  async backendStats(): Promise<Record<string, unknown>> {
    const reports = await this.#inOrder().use(
      (lease) =>
        lease.ask(async (client) => settleAll((await mastersOf(client)).map(async (node) => node.info?.() ?? ''))),
      (replies) => replies.map(infoOf),
    )
    return reports.length === 1 ? reports[0]! : { nodes: reports }
  }

  close(): Promise<void> {
    this.#reads.flush()
    return this.#connection.close()
  }

  /** The connection, on which the pending reads have been sent: verbs take effect in the order of the calls. */
  #inOrder(): Connection<RedisClient> {
    this.#reads.flush()
    return this.#connection
  }

  /** Sends a command about a key. */
  #ask<T>(lease: Lease, key: Argument, call: object, send: (client: RedisClient) => Promise<T>): Promise<T> {
    // The only command there is leaves at once: waiting for the end of the tick would cost it 3 %.
    if (lease.pending > 1) this.#coalescer.hold(lease.client)
    return this.#nodes === undefined ? lease.ask(send) : this.#nodes.ask(lease, key, call, send)
  }

  /** Sends several commands in one write; each names keys of one slot. */
  #askEach<K, T>(
    lease: Lease,
    parts: readonly K[],
    keysOf: (part: K) => readonly Argument[],
    send: (client: RedisClient, part: K) => Promise<T>,
  ): Promise<T[]> {
    this.#coalescer.hold(lease.client)
    // In an async function of its own each: one that throws at once does not leave the others alone.
    const sent = async (client: RedisClient, part: K): Promise<T> => send(client, part)
    if (this.#nodes === undefined) return lease.ask((client) => settleAll(parts.map((part) => sent(client, part))))

    const nodes = this.#nodes
    const call = {}
    return settleByKey(
      parts.map((part) => nodes.ask(lease, keysOf(part)[0]!, call, (client) => sent(client, part))),
      (i) => keysOf(parts[i]!).map((name) => fromWellFormed(String(name))),
    )
  }

  async #readMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    const names = keys.map(toWellFormed)
    return this.#connection.use(async (lease) => {
      const groups = groupsOf(lease.client, names)
      const pages = await this.#askEach(lease, groups, itself, (client, group) => client.mgetBuffer(group))
      const wires = pages.map((page, i) => wiresOf(page, groups[i]!.length))
      if (wires.length <= 1) return wires[0] ?? []

      const found = new Map(groups.flatMap((group, i) => group.map((name, j) => [name, wires[i]![j]] as const)))
      return names.map((name) => found.get(name))
    }, asIs)
  }

  /** The form under a key. A key of another type (a list, a hash...) is reported, and counts as `otherType`. */
  #read<T extends undefined | typeof OTHER_TYPE>(key: string, otherType: T): Promise<Wire | undefined | T> {
    const name = toWellFormed(key)
    return this.#connection.use<Buffer | null, Wire | undefined | T>(
      (lease) => this.#ask(lease, name, {}, (client) => client.getBuffer(name)),
      wireOf,
      { instead: (failure) => this.#expectOtherType(failure, key, otherType) },
    )
  }

  #expectOtherType<T>(failure: CacheError, key: string, otherType: T): T {
    const { cause } = failure
    if (!says(cause, 'WRONGTYPE')) throw failure
    const error = new CoderError(`The Redis key ${quoted(key)} is of another type than those of a cache.`, { cause })
    this.#context.emit('decodeError', key, { error, verb: 'get' })
    return otherType
  }

  async #saveAll(lease: Lease, savings: readonly Saving[]): Promise<void> {
    const replies = await this.#askEach(
      lease,
      savings,
      ([key]) => [toWellFormed(key)],
      (client, [key, wire, ttlMs]) => set(client, toWellFormed(key), wire, ttlMs),
    )
    for (const reply of replies) done(reply)
  }

  async #remove(lease: Lease, keys: Argument[]): Promise<number> {
    const groups = groupsOf(lease.client, keys)
    const counts = await this.#askEach(lease, groups, itself, (client, group) => this.#unlink(client, group))
    return counts.reduce((sum, count) => sum + countOf(count), 0)
  }

  async #unlink(client: RedisClient, keys: Argument[]): Promise<number> {
    if (!this.#hasUnlink) return client.del(keys)
    try {
      return await client.unlink(keys)
    } catch (error) {
      if (!says(error, 'ERR unknown command')) throw error
      this.#hasUnlink = false
      return client.del(keys)
    }
  }

  async #wipe(lease: Lease, scan: Scan): Promise<void> {
    while (!scan.isDone) {
      const page = await lease.ask(() => scan.next())
      if (page.length > 0) {
        await this.#remove(
          lease,
          page.map(({ bytes }) => bytes),
        )
      }
    }
  }
}

function set(client: RedisClient, name: string, wire: Wire, ttlMs: number | null): Promise<'OK'> {
  const value = argumentOf(wire)
  return ttlMs === null ? client.set(name, value) : client.set(name, value, 'PX', Math.ceil(ttlMs))
}

/** Savings in pages, each small enough for one deadline. */
function pagesOfSavings(savings: readonly Saving[]): Saving[][] {
  const pages: Saving[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const saving of savings) {
    const page = pages.at(-1)
    bytes += saving[1].length
    if (page !== undefined && page.length < SAVED_TOGETHER && bytes <= BYTES_TOGETHER) page.push(saving)
    else {
      pages.push([saving])
      bytes = saving[1].length
    }
  }
  return pages
}

const asIs = <T>(answer: T): T => answer
const itself = <T>(group: readonly T[]): readonly T[] => group
