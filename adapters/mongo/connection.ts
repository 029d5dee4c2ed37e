import type { StoreContext } from '../../lib/adapter/byte-store.ts'
import { Deadlines } from '../../lib/core/deadlines.ts'
import type { CacheError } from '../../lib/core/errors.ts'
import { operationTimeoutOf } from '../../lib/entry/timeout.ts'
import { Breaker } from '../shared/breaker.ts'
import { Link, type LinkTools } from './client-lease.ts'
import { failureOf, isOutage, isReply } from './failure.ts'
import { checkInstalled, newClient } from './mongodb.ts'
import { checkClient, type MongoStoreOptions, nameOf, placeOf, urlOf } from './options.ts'
import { OwnLink } from './own-client.ts'

/**
 * The connection of a store, over all its lives. It opens when a verb needs it, and again when one needs it after it broke or
 * rested. While the server is known to be down, verbs are refused at once, but for one now and then, which tries anew. Every
 * failure leaves it as a typed error.
 */
export class Connection {
  readonly #options: MongoStoreOptions
  readonly #context: StoreContext
  readonly #server: string
  readonly #tools: LinkTools
  readonly #breaker = new Breaker()
  #link: Link | undefined
  #closing: Promise<unknown> | undefined
  #isIndexed = false

  constructor(options: MongoStoreOptions, context: StoreContext) {
    if (options.client === undefined) checkInstalled(context.adapter)
    else checkClient(options)
    const ms = operationTimeoutOf(options.operationTimeout)
    this.#options = options
    this.#context = context
    this.#server = nameOf(options)
    this.#tools = { ms, deadlines: new Deadlines(ms), place: placeOf(options) }
  }

  /** Runs a verb on the link that stands, or on a new one. */
  async use<T>(verb: (link: Link) => Promise<T>): Promise<T> {
    const link = this.#open()
    link.begin()
    try {
      const answer = await link.ask(verb)
      this.#worked()
      return answer
    } catch (error) {
      throw this.#failure(link, error)
    } finally {
      link.end()
    }
  }

  /** Closes what we opened, after the verbs that are under way, but not later than an operation may take. */
  async close(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    if (link !== undefined) this.#closing = Promise.all([this.#closing, this.#leave(link)])
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
    if (client !== undefined) {
      const link = new Link(client, this.#tools)
      void this.#makeIndex(link)
      return link
    }

    return new OwnLink(newClient(urlOf(this.#options), options, this.#tools.ms, this.#context.adapter), this.#tools, {
      up: (link) => {
        this.#context.emit('connect')
        this.#worked()
        void this.#makeIndex(link)
      },
      down: (link, wasUp, failure) => {
        if (this.#link === link) this.#link = undefined
        if (failure !== undefined) this.#breaker.failed(failure)
        if (wasUp) this.#context.emit('disconnect')
      },
    })
  }

  /**
   * Has the server delete what has expired. Nobody waits for it, because a collection that is there already may be large; a user
   * without the right to it uses the cache all the same, and is told.
   */
  async #makeIndex(link: Link): Promise<void> {
    if (this.#isIndexed) return
    this.#isIndexed = true
    link.begin()
    try {
      await link.collection.createIndex({ until: 1 }, { expireAfterSeconds: 0 })
    } catch (error) {
      // The next link tries again.
      this.#isIndexed = false
      if (isReply(error) && !isOutage(error)) {
        this.#isIndexed = true
        const failure = failureOf(error, this.#server, this.#context.adapter)
        this.#context.emit('error', undefined, { error: failure, verb: 'connect' })
      }
    } finally {
      link.end()
    }
  }

  async #leave(link: Link): Promise<void> {
    await link.idle(this.#tools.deadlines)
    const closed = link.close().then(() => undefined)
    await this.#tools.deadlines.guard(closed, () => new Error()).catch(() => {})
  }

  #worked(): void {
    if (this.#breaker.worked()) this.#context.emit('recover')
  }

  #failure(link: Link, error: unknown): CacheError {
    // When a client is closed, the driver tells its operations no more than that; the reason has been told to the link.
    const origin = (isOutage(error) && link.reason) || error
    if (!(link instanceof OwnLink)) this.#learn(origin)
    return failureOf(origin, this.#server, this.#context.adapter)
  }

  /** What a failure on the caller's client tells of the server. A link of our own knows by itself. */
  #learn(error: unknown): void {
    if (isOutage(error)) this.#breaker.failed(error as Error)
    else if (isReply(error)) this.#worked()
  }
}
