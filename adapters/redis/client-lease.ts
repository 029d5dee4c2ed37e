import type { Deadlines } from '../../lib/core/deadlines.ts'
import { UnderWay } from '../shared/pending.ts'
import type { RedisClient } from './client.ts'
import { NoAnswer } from './failure.ts'
import type { Burst } from './write-coalescer.ts'

/** What all links of a connection share. */
export interface LinkTools {
  /** How long an answer may take, in ms. */
  readonly ms: number
  readonly deadlines: Deadlines
  readonly burst: Burst
}

/** A client for as long as it works, and the verbs that are under way on it. A verb takes all of its steps on one link. */
export class Link<C extends RedisClient = RedisClient> extends UnderWay {
  readonly client: C
  /** Why it is over, once it is. */
  reason: Error | undefined
  protected readonly tools: LinkTools

  constructor(client: C, tools: LinkTools) {
    super()
    this.client = client
    this.tools = tools
  }

  /** Sends a command, and gives the answer; rejects with `NoAnswer` when it does not come in time. */
  ask<T>(send: (client: C) => Promise<T>): Promise<T> {
    // The only command there is leaves at once: waiting for the end of the tick would cost it 3 %.
    if (this.underWay > 1) this.tools.burst.hold(this.client)
    return this.tools.deadlines.guard(send(this.client), this.#late)
  }

  /** Sends several commands in one write, and gives the answer to them together, which has to come in time as one does. */
  askTogether<T>(send: (client: C) => Promise<T>): Promise<T> {
    this.tools.burst.hold(this.client)
    return this.ask(send)
  }

  /** Ends it because of a failure. The caller's client is left alone: it mends itself. */
  giveUp(_reason: Error): void {}

  /** Ends it because it is not needed any more. The caller's client is left open. */
  close(): void {}

  readonly #late = (): Error => {
    const error = new NoAnswer(`did not answer within ${this.tools.ms} ms`)
    this.giveUp(error)
    return error
  }
}
