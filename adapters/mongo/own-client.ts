import { Link, type LinkTools } from './client-lease.ts'
import { NoAnswer } from './failure.ts'
import { Rest } from './idle-timer.ts'
import { closeClient, type MongoClient } from './mongodb.ts'

/** What becomes of a link that we opened. */
export interface LinkWatcher {
  /** The server answers on it. */
  up(link: OwnLink): void
  /** It is over. The failure is one that tells of the server, and not of this connection only. */
  down(link: OwnLink, wasUp: boolean, failure: Error | undefined): void
}

/** The part of the driver's view of its servers that is looked at. */
interface Topology {
  readonly servers: ReadonlyMap<string, { readonly error: Error | null }>
}

/**
 * A link over a client of our own. The driver mends what it can: a primary that has moved, a connection of several that broke.
 * When it reaches no server any more, or one does not answer, the link is over, and the next verb opens another: the driver
 * alone would look for a lost server only twice a second, and let everybody wait for it.
 */
export class OwnLink extends Link {
  readonly #client: MongoClient
  readonly #watcher: LinkWatcher
  readonly #rest: Rest
  readonly #connected: Promise<unknown>
  #closing: Promise<void> | undefined
  #isUp = false

  constructor(client: MongoClient, tools: LinkTools, watcher: LinkWatcher) {
    super(client, tools)
    this.#client = client
    this.#watcher = watcher
    this.#rest = new Rest(() => this.isIdle && this.#end(new Error('the connection was not needed'), undefined))
    // Two of the driver's many events; where nobody listens, it says nothing.
    client.on('topologyDescriptionChanged', ({ newDescription }) => this.#look(newDescription))
    this.#connected = this.#connect()
    this.#connected.catch(() => {})
  }

  override ask<T>(verb: (link: this) => Promise<T>): Promise<T> {
    if (this.#isUp) return super.ask(verb)
    const after = async (): Promise<T> => {
      await this.#connected
      return verb(this)
    }
    return super.ask(after)
  }

  override end(): void {
    super.end()
    if (this.isIdle && this.reason === undefined) this.#rest.begin()
  }

  override giveUp(reason: Error): void {
    const tellsOfServer = !this.#isUp || reason instanceof NoAnswer
    this.#end(reason, tellsOfServer ? reason : undefined)
  }

  override close(): Promise<void> {
    this.#end(new Error('the cache was closed'), undefined)
    return this.#closing ?? Promise.resolve()
  }

  async #connect(): Promise<void> {
    try {
      await this.#client.connect()
    } catch (error) {
      this.giveUp(error as Error)
    }
    if (this.reason !== undefined) {
      // It may have been over before the driver had anything to close.
      void closeClient(this.#client, this.tools.ms)
      throw this.reason
    }
    this.#isUp = true
    this.#watcher.up(this)
  }

  /** It is over when no server of the view is left that could be asked. */
  #look({ servers }: Topology): void {
    const errors = Array.from(servers.values(), ({ error }) => error)
    const known = errors.filter((error) => error !== null)
    if (known.length === 0 || known.length < errors.length) return
    this.giveUp(known.length === 1 ? known[0]! : new AggregateError(known))
  }

  /** What is under way on it fails. Ending it again changes nothing. */
  #end(reason: Error, failure: Error | undefined): void {
    if (this.reason !== undefined) return
    this.reason = reason
    const wasUp = this.#isUp
    this.#isUp = false
    this.#rest.end()
    this.#closing = closeClient(this.#client, this.tools.ms)
    this.#watcher.down(this, wasUp, failure)
  }
}
