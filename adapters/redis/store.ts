import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { type CacheError, CoderError } from '../../lib/core/errors.ts'
import { run } from '../../lib/core/flow.ts'
import { quoted } from '../../lib/core/quoted.ts'
import type { CacheStatus, Capabilities, Wire } from '../../lib/core/types.ts'
import { toWellFormed } from '../../lib/entry/keys.ts'
import type { ClientLease } from '../shared/client-lease.ts'
import type { Connection } from '../shared/connection.ts'
import {
  inPages,
  KEYS_TOGETHER,
  pagesOf,
  pagesOfSavings,
  partialFailure,
  settleAll,
  settleParts,
  sumOf,
} from '../shared/settle-all.ts'
import { type Argument, argumentOf, type RedisClient } from './client.ts'
import { groupsOf, type KeyGroup, mastersOf, NodeBreakers } from './cluster.ts'
import { compareAndSet, OTHER_TYPE } from './compare-and-set.ts'
import { connect } from './connect.ts'
import { says } from './failure.ts'
import type { RedisStoreOptions } from './options.ts'
import { ReadBatch } from './read-batch.ts'
import { countOf, done, infoOf, wireOf, wiresOf } from './replies.ts'
import { Scan } from './scan.ts'
import { WriteCoalescer } from './write-coalescer.ts'

type Lease = ClientLease<RedisClient>

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
    ownClock: true,
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
    return this.#inOrder().use(
      (lease) => this.#ask(lease, name, {}, (client) => set(client, name, [key, wire, ttlMs])),
      done,
    )
  }

  async drop(keys: readonly string[]): Promise<number> {
    const remove = (page: readonly string[]) => {
      const names = page.map(toWellFormed)
      return this.#inOrder().use((lease) => this.#remove(lease, names), asIs)
    }
    return run(inPages(pagesOf(keys, KEYS_TOGETHER), remove, sumOf))
  }

  async loadMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    this.#reads.flush()
    if (keys.length <= KEYS_TOGETHER) return this.#readMany(keys)
    const read = (page: readonly string[]) => this.#readMany(page)
    return run(inPages(pagesOf(keys, KEYS_TOGETHER), read, (pages) => pages.flat()))
  }

  async saveMany(savings: readonly Saving[]): Promise<void> {
    const save = (page: readonly Saving[]) => this.#inOrder().use((lease) => this.#saveAll(lease, page), asIs)
    await run(inPages(pagesOfSavings(savings), save, () => undefined))
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

  status(): CacheStatus {
    return this.#connection.status()
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

  /**
   * Sends a command for each group of keys, all in one write. If a node of a Cluster fails, the others are waited for, and a
   * `PartialFailure` carries what they answered.
   * @param answerOf the answer of the verb, from those of the groups: `undefined` for a group that failed
   */
  async #askEach<K extends Argument, T, R>(
    lease: Lease,
    groups: readonly KeyGroup<K>[],
    send: (client: RedisClient, group: KeyGroup<K>) => Promise<T>,
    answerOf: (answers: readonly (T | undefined)[]) => R,
  ): Promise<R> {
    this.#coalescer.hold(lease.client)
    // In an async function of its own each: one that throws at once does not leave the others alone.
    const sent = async (client: RedisClient, group: KeyGroup<K>): Promise<T> => send(client, group)
    const nodes = this.#nodes
    if (nodes === undefined) {
      return answerOf(await lease.ask((client) => settleAll(groups.map((group) => sent(client, group)))))
    }
    const call = {}
    const { answers, failed, reason } = await settleParts(
      groups.map((group) => ({
        positions: group.positions,
        answer: nodes.ask(lease, group.keys[0]!, call, (client) => sent(client, group)),
      })),
    )
    const answer = answerOf(answers)
    if (failed.length === 0) return answer
    throw partialFailure(this.#connection.failureOf(reason), failed, answer)
  }

  #readMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    const names = keys.map(toWellFormed)
    return this.#connection.use((lease) => {
      const groups = groupsOf(lease.client, names)
      return this.#askEach(
        lease,
        groups,
        (client, { keys }) => client.mgetBuffer(keys),
        (replies) => {
          const wires = new Array<Wire | undefined>(names.length).fill(undefined)
          for (const [i, reply] of replies.entries()) {
            if (reply === undefined) continue
            const { positions } = groups[i]!
            for (const [j, wire] of wiresOf(reply, positions.length).entries()) wires[positions[j]!] = wire
          }
          return wires
        },
      )
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

  #saveAll(lease: Lease, savings: readonly Saving[]): Promise<void> {
    return this.#askEach(
      lease,
      savings.map(([key], i) => ({ keys: [toWellFormed(key)], positions: [i] })),
      (client, { keys, positions }) => set(client, keys[0]!, savings[positions[0]!]!),
      (replies) => {
        for (const reply of replies) if (reply !== undefined) done(reply)
      },
    )
  }

  #remove(lease: Lease, names: Argument[]): Promise<number> {
    return this.#askEach(
      lease,
      groupsOf(lease.client, names),
      (client, { keys }) => this.#unlink(client, keys),
      (counts) => sumOf(counts.map((count) => (count === undefined ? 0 : countOf(count)))),
    )
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

function set(client: RedisClient, name: string, [, wire, ttlMs]: Saving): Promise<'OK'> {
  const value = argumentOf(wire)
  return ttlMs === null ? client.set(name, value) : client.set(name, value, 'PX', Math.ceil(ttlMs))
}

const asIs = <T>(answer: T): T => answer
