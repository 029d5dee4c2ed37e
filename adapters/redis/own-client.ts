import { Link, type LinkTools } from './client-lease.ts'
import { causeOf, isOutage, NoAnswer, says } from './failure.ts'
import type { Redis } from './ioredis.ts'

/** What becomes of a link that we opened. */
export interface LinkWatcher {
  /** The server answers on it. */
  up(): void
  /** It is over. The failure is one that tells of the server, and not of this connection only. */
  down(link: OwnLink, wasUp: boolean, failure: Error | undefined): void
}

/** A link over a client of our own, which serves for one connection: when it breaks, the next verb opens another. */
export class OwnLink extends Link<Redis> {
  readonly #watcher: LinkWatcher
  readonly #waiting: (() => void)[] = []
  #isUp = false

  constructor(client: Redis, tools: LinkTools, watcher: LinkWatcher) {
    super(client, tools)
    this.#watcher = watcher
    // Someone has to listen, or ioredis writes to the console. What it calls an error always means this connection is lost.
    client.on('error', (error: Error) => this.giveUp(error))
    client.once('end', () => this.giveUp(new Error('the connection was closed')))
    // The deadline of what is under way keeps the process alive, the connection by itself does not.
    client.once('connect', () => client.stream.unref())
    client.connect().catch(() => {})
    this.#greet()
  }

  /** Before the server has answered the greeting, what is asked waits, and is sent in its order. */
  override ask<T>(send: (client: Redis) => Promise<T>): Promise<T> {
    if (this.#isUp) return super.ask(send)
    const sent = async (): Promise<T> => {
      if (this.reason !== undefined) throw this.reason
      return send(this.client)
    }
    return super.ask(() => new Promise((resolve) => this.#waiting.push(() => resolve(sent()))))
  }

  override giveUp(error: Error): void {
    // What the server says of the connection must not be taken for its answer to an operation.
    const reason = isOutage(error) ? error : new Error(`it says: ${error.message}`, { cause: causeOf(error) })
    const tellsOfServer = !this.#isUp || reason instanceof NoAnswer
    this.#end(reason, tellsOfServer ? reason : undefined)
  }

  override close(): void {
    this.#end(new Error('the cache was closed'), undefined)
  }

  /** The answer proves that the server is a Redis which takes our password and has loaded its data. */
  async #greet(): Promise<void> {
    try {
      const answer = await super.ask((client) => client.ping())
      if (answer !== 'PONG') throw new Error(`it answers PING with ${JSON.stringify(answer)}`)
    } catch (error) {
      // A user without the right to PING has been heard all the same.
      if (!says(error, 'NOPERM')) return this.giveUp(error as Error)
    }
    // That the server refuses the database comes before its answer to PING, but ioredis may tell of it a little later.
    await new Promise(setImmediate)
    if (this.reason !== undefined) return

    this.#isUp = true
    this.#sendWaiting()
    this.#watcher.up()
  }

  /** What is under way on it fails. Ending it again changes nothing. */
  #end(reason: Error, failure: Error | undefined): void {
    if (this.reason !== undefined) return
    this.reason = reason
    const wasUp = this.#isUp
    this.#isUp = false
    this.client.disconnect()
    this.#sendWaiting()
    this.#watcher.down(this, wasUp, failure)
  }

  #sendWaiting(): void {
    this.tools.burst.hold(this.client)
    for (const send of this.#waiting.splice(0)) send()
  }
}
