import type { Deadlines } from '../../lib/core/deadlines.ts'
import { UnderWay } from '../shared/pending.ts'
import type { MongoClient, MongoCollection, MongoDatabase, Reading } from './client.ts'
import { NoAnswer } from './failure.ts'
import { Turns } from './key-locks.ts'
import type { Place } from './options.ts'

/** What all links of a connection share. */
export interface LinkTools {
  /** How long an answer may take, in ms. */
  readonly ms: number
  readonly deadlines: Deadlines
  readonly place: Place
}

const READING: Reading = { promoteBuffers: true, promoteValues: true, raw: false, enableUtf8Validation: false }

/** A client for as long as it works, and the verbs that are under way on it. A verb takes all of its steps on one link. */
export class Link extends UnderWay {
  readonly database: MongoDatabase
  readonly collection: MongoCollection
  readonly turns = new Turns()
  /** Why it is over, once it is. */
  reason: Error | undefined
  protected readonly tools: LinkTools

  constructor(client: MongoClient, tools: LinkTools) {
    super()
    this.tools = tools
    this.database = client.db(tools.place.database)
    this.collection = this.database.collection(tools.place.collection, READING)
  }

  /** Gives the answer of a verb; rejects with `NoAnswer` when it does not come in time, waiting for its turn included. */
  ask<T>(verb: (link: this) => Promise<T>): Promise<T> {
    return this.tools.deadlines.guard(verb(this), this.#late)
  }

  /** Ends it because of a failure. The caller's client is left alone: it mends itself. */
  giveUp(_reason: Error): void {}

  /** Ends it because it is not needed any more. The caller's client is left open. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  readonly #late = (): Error => {
    const error = new NoAnswer(`did not answer within ${this.tools.ms} ms`)
    this.giveUp(error)
    return error
  }
}
