import type { DescribedStore, Saving, StoreContext, VersionedWire } from '../../lib/adapter/byte-store.ts'
import { type CacheError, CoderError } from '../../lib/core/errors.ts'
import { quoted } from '../../lib/core/quoted.ts'
import type { Capabilities, Wire } from '../../lib/core/types.ts'
import { toWellFormed } from '../../lib/entry/keys.ts'
import { type Argument, argumentOf, isCluster, mastersOf, type RedisClient } from './client.ts'
import type { Link } from './client-lease.ts'
import { Connection } from './connection.ts'
import { exchange, OTHER_TYPE } from './exchange.ts'
import { says } from './failure.ts'
import { groupsOf } from './groups.ts'
import { infoOf } from './info.ts'
import type { RedisStoreOptions } from './options.ts'
import { Reads } from './reads.ts'
import { Scan } from './scan.ts'

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
  readonly #connection: Connection
  /** Whether keys have servers of their own. */
  readonly #areApart: boolean
  readonly #reads = new Reads(
    (key) => this.#read(key, undefined),
    (keys) => this.#readMany(keys),
  )
  #hasUnlink = true

  /** Throws `MissingDependency` without ioredis, and `ConfigError` for a URL or client that is none. */
  constructor(options: RedisStoreOptions, context: StoreContext) {
    this.#context = context
    this.#connection = new Connection(options, context)
    // In a Cluster a node that fails must concern its own keys only.
    this.#areApart = options.client !== undefined && isCluster(options.client)
  }

  load(key: string): Promise<Wire | undefined> {
    return this.#areApart ? this.#read(key, undefined) : this.#reads.load(key)
  }

  save(key: string, wire: Wire, ttlMs: number | null): Promise<void> {
    return this.#inOrder().use<void>((link) => link.ask((client) => set(client, key, wire, ttlMs)))
  }

  drop(keys: readonly string[]): Promise<number> {
    const names = keys.map(toWellFormed)
    return this.#inOrder().use((link) => link.askTogether((client) => this.#remove(client, names)))
  }

  loadMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    this.#reads.flush()
    return this.#readMany(keys)
  }

  async saveMany(savings: readonly Saving[]): Promise<void> {
    await this.#inOrder().use((link) =>
      // Each in a function of its own that is async: what one throws at once does not leave the others alone.
      link.askTogether((client) => all(savings.map(async (saving) => set(client, ...saving)))),
    )
  }

  async loadVersioned(key: string): Promise<VersionedWire> {
    this.#reads.flush()
    const found = await this.#read(key, OTHER_TYPE)
    return { wire: found === OTHER_TYPE ? undefined : found, version: found }
  }

  compareAndSave(key: string, version: unknown, wire: Wire | undefined, ttlMs: number | null): Promise<boolean> {
    const name = toWellFormed(key)
    return this.#inOrder().use((link) => link.ask((client) => exchange(client, name, version, wire, ttlMs)))
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const seen = new Set<string>()
    const { link, masters } = await this.#inOrder().use(async (link) => ({ link, masters: await link.ask(mastersOf) }))
    for (const node of masters) {
      const scan = new Scan(node, prefix, link.client.options?.keyPrefix)
      while (!scan.isDone) {
        for (const { key } of await this.#inOrder().use(() => link.ask(() => scan.next()), undefined, link)) {
          // SCAN may find a key twice.
          if (seen.has(key)) continue
          seen.add(key)
          yield key
        }
      }
    }
  }

  wipe(prefix: string): Promise<void> {
    return this.#inOrder().use(async (link) => {
      const masters = await link.ask(mastersOf)
      const scans = masters.map((node) => new Scan(node, prefix, link.client.options?.keyPrefix))
      await all(scans.map((scan) => this.#wipe(link, scan)))
    })
  }

  async connect(): Promise<void> {
    await this.ping()
  }

  async ping(): Promise<void> {
    await this.#inOrder().use((link) => link.ask((client) => client.ping()))
  }

  /** What the server says by `INFO`; of a Cluster, what each master does. */
  async backendStats(): Promise<Record<string, unknown>> {
    const answers = await this.#inOrder().use((link) =>
      link.askTogether(async (client) => all((await mastersOf(client)).map(infoOf))),
    )
    return answers.length === 1 ? answers[0]! : { nodes: answers }
  }

  close(): Promise<void> {
    this.#reads.flush()
    return this.#connection.close()
  }

  /** The connection, on which what is to be read has been sent: verbs take effect in the order of the calls. */
  #inOrder(): Connection {
    this.#reads.flush()
    return this.#connection
  }

  #readMany(keys: readonly string[]): Promise<(Wire | undefined)[]> {
    const names = keys.map(toWellFormed)
    return this.#connection.use((link) => link.askTogether((client) => getMany(client, names)))
  }

  /** What is under a key. One of another type (a list, a hash...) is told of, and is then what `otherType` says. */
  #read<T extends undefined | typeof OTHER_TYPE>(key: string, otherType: T): Promise<Wire | undefined | T> {
    return this.#connection.use<Wire | undefined | T>(
      (link) => link.ask((client) => client.getBuffer(toWellFormed(key))),
      (failure) => this.#expectOtherType(failure, key, otherType),
    )
  }

  #expectOtherType<T>(failure: CacheError, key: string, otherType: T): T {
    const { cause } = failure
    if (!says(cause, 'WRONGTYPE')) throw failure
    const error = new CoderError(`The Redis key ${quoted(key)} is of another type than those of a cache.`, { cause })
    this.#context.emit('decodeError', key, { error, verb: 'get' })
    return otherType
  }

  async #remove(client: RedisClient, keys: Argument[]): Promise<number> {
    const counts = await all(groupsOf(client, keys).map((group) => this.#unlink(client, group)))
    return counts.reduce((sum, count) => sum + Number(count), 0)
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

  async #wipe(link: Link, scan: Scan): Promise<void> {
    while (!scan.isDone) {
      const page = await link.ask(() => scan.next())
      const keys = page.map(({ bytes }) => bytes)
      await link.askTogether((client) => this.#remove(client, keys))
    }
  }
}

function set(client: RedisClient, key: string, wire: Wire, ttlMs: number | null): Promise<'OK'> {
  const name = toWellFormed(key)
  const value = argumentOf(wire)
  return ttlMs === null ? client.set(name, value) : client.set(name, value, 'PX', Math.ceil(ttlMs))
}

async function getMany(client: RedisClient, names: string[]): Promise<(Wire | undefined)[]> {
  const groups = groupsOf(client, names)
  const pages = await all(groups.map((group) => client.mgetBuffer(group)))
  if (pages.length === 1) return pages[0]!.map((bytes) => bytes ?? undefined)

  const found = new Map(groups.flatMap((group, i) => group.map((name, j) => [name, pages[i]![j]] as const)))
  return names.map((name) => found.get(name) ?? undefined)
}

/** All answers; when some failed, the first failure, after the others have been answered too. */
async function all<T>(answers: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(answers)
  return settled.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  })
}
