import type { StoreContext } from '../../lib/adapter/byte-store.ts'
import { Deadlines } from '../../lib/core/deadlines.ts'
import type { CacheError } from '../../lib/core/errors.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { Breaker } from '../shared/breaker.ts'
import { isCluster, type RedisClient } from './client.ts'
import { Link, type LinkTools } from './client-lease.ts'
import { failureOf, isOutage, isReply, says } from './failure.ts'
import { checkInstalled, newClient } from './ioredis.ts'
import { checkClient, nameOf, type RedisStoreOptions, urlOf } from './options.ts'
import { OwnLink } from './own-client.ts'
import { Burst } from './write-coalescer.ts'

/**
 * The connection of a store, over all its lives. It opens when a verb needs it, and again when one needs it after it broke.
 * While the server is known to be down, verbs are refused at once, but for one now and then, which tries anew. Every failure
 * leaves it as a typed error.
 */
export class Connection {
  readonly #options: RedisStoreOptions
  readonly #context: StoreContext
  readonly #url: string | undefined
  readonly #server: string
  readonly #tools: LinkTools
  readonly #breaker = new Breaker()
  #link: Link | undefined
  #closing: Promise<unknown> | undefined

  constructor(options: RedisStoreOptions, context: StoreContext) {
    if (options.client === undefined) checkInstalled(context.adapter)
    else checkClient(options)
    const ms = operationTimeoutOf(options.operationTimeout)
    this.#options = options
    this.#context = context
    this.#url = options.client === undefined ? urlOf(options) : undefined
    this.#server = nameOf(options)
    this.#tools = { ms, deadlines: new Deadlines(ms), burst: new Burst() }
  }

  /**
   * Runs a verb on the link that stands, or on a new one. What Redis answers for nothing, `null`, and for done, `'OK'`, is
   * `undefined` here.
   * @param instead what to answer to a failure, or to throw
   * @param link the one that the verb has begun on
   */
  // The only async function around a command, so that it does all of this: each one costs 0.2 µs of 3 at concurrency 256.
  async use<T>(
    verb: (link: Link) => Promise<T | 'OK' | null>,
    instead: (failure: CacheError) => T = thrown,
    link = this.#open(),
  ): Promise<T> {
    link.begin()
    try {
      const answer = await verb(link)
      this.#worked()
      return (answer === null || answer === 'OK' ? undefined : answer) as T
    } catch (error) {
      return instead(this.#failure(link, error))
    } finally {
      link.end()
    }
  }

  /** Closes what we opened, after the verbs that are under way, but not later than an operation may take. */
  async close(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    if (link !== undefined) this.#closing = Promise.all([this.#closing, leave(link, this.#tools.deadlines)])
    await this.#closing
  }

  #open(): Link {
    const refusal = this.#breaker.refusal()
    if (refusal !== undefined) throw failureOf(refusal, this.#server, this.#context.adapter)
    this.#link ??= this.#newLink()
    return this.#link
  }

  #newLink(): Link {
    const { client, options } = this.#options
    if (client !== undefined) return new Link(client, this.#tools)

    return new OwnLink(newClient(this.#url, options, this.#tools.ms, this.#context.adapter), this.#tools, {
      up: () => {
        this.#context.emit('connect')
        this.#worked()
      },
      down: (link, wasUp, failure) => {
        if (this.#link === link) this.#link = undefined
        if (failure !== undefined) this.#breaker.failed(failure)
        if (wasUp) this.#context.emit('disconnect')
      },
    })
  }

  #worked(): void {
    if (this.#breaker.worked()) this.#context.emit('recover')
  }

  #failure(link: Link, error: unknown): CacheError {
    // When a connection breaks, ioredis tells its commands no more than that; the reason has been told to the link.
    const origin = (isOutage(error) && link.reason) || error
    if (!(link instanceof OwnLink)) this.#learn(link.client, origin)
    // It was the master, or its address is another's by now: a new connection finds the one that is.
    if (says(origin, 'READONLY')) link.giveUp(origin)
    return failureOf(origin, this.#server, this.#context.adapter)
  }

  /** What a failure on the caller's client tells of the server. A link of our own knows by itself. */
  #learn(client: RedisClient, error: unknown): void {
    if (isReply(error) && !isOutage(error)) this.#worked()
    // One node of a Cluster may be down, or about to be replaced: the others are asked on.
    else if (isOutage(error) && (!isCluster(client) || isDown(client, error))) this.#breaker.failed(error as Error)
  }
}

function thrown(failure: CacheError): never {
  throw failure
}

function isDown(cluster: RedisClient, error: unknown): boolean {
  return cluster.status !== 'ready' || String(error).includes('CLUSTERDOWN')
}

async function leave(link: Link, deadlines: Deadlines): Promise<void> {
  await link.idle(deadlines)
  link.close()
}
