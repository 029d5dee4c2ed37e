import { performance } from 'node:perf_hooks'
import { isDeepStrictEqual } from 'node:util'
import type { StoreContext } from '../../../lib/adapter/byte-store.ts'
import { account } from '../caller/blocking.ts'
import { Thread } from '../caller/thread.ts'
import type { Description, FarEvent, Target, Verb } from '../protocol.ts'
import { Spin } from '../spin.ts'

/** The channels of this thread: one for each target that is in use. */
const channels = new Set<Channel>()

/** The channel to a target, for a user of it more. */
export function join(target: Target, user: StoreContext): Channel {
  const channel = [...channels].find((open) => isDeepStrictEqual(open.target, target)) ?? new Channel(target)
  channels.add(channel)
  channel.users.add(user)
  return channel
}

/** What the stores of one target share: a worker, which is started at the first request, and again when it has ended. */
export class Channel {
  readonly target: Target
  readonly users = new Set<StoreContext>()
  readonly #spin = new Spin()
  #thread: Thread | undefined
  /** The first request is over: it loads the client and connects, which is no traffic that one could do otherwise. */
  #isWarm = false
  /** Whose request is under way. */
  #asking: StoreContext | undefined

  constructor(target: Target) {
    this.target = target
  }

  /** What the store in the worker says about itself. */
  get description(): Description {
    return this.#running().description
  }

  /** Asks the store, and waits for the answer for `limit` ms at most. */
  ask(user: StoreContext, verb: Verb, args: readonly unknown[], limit: number): unknown {
    const thread = this.#running()
    const start = performance.now()
    this.#asking = user
    try {
      return thread.ask(verb, args, limit, this.#spin.budget)
    } finally {
      const now = performance.now()
      this.#asking = undefined
      this.#spin.took(now - start)
      if (this.#isWarm) this.#book(user, now - start, now)
      this.#isWarm = true
    }
  }

  #book(user: StoreContext, ms: number, now: number): void {
    const share = account.book(ms, now, this.target.adapter)
    if (share !== undefined) user.emit('blocking', undefined, { share })
  }

  /** Lets a user go; with the last one the store is closed, and the thread ends. */
  leave(user: StoreContext, limit: number): void {
    if (this.users.size === 1) this.#end(user, limit)
    this.users.delete(user)
  }

  #end(user: StoreContext, limit: number): void {
    channels.delete(this)
    const thread = this.#thread
    this.#thread = undefined
    if (thread === undefined || thread.isOver) return
    try {
      thread.ask('close', [], limit, 0)
    } catch (error) {
      // What does not close in good order ends with its thread.
      user.emit('error', undefined, { error, verb: 'close' })
    } finally {
      thread.end()
    }
  }

  #running(): Thread {
    if (this.#thread === undefined || this.#thread.isOver)
      this.#thread = new Thread(this.target, (event) => this.#tell(event))
    return this.#thread
  }

  /** An event about a key is told to the one whose request brought it, any other to all. */
  #tell([event, key, facts]: FarEvent): void {
    const users = key !== undefined && this.#asking !== undefined ? [this.#asking] : [...this.users]
    for (const user of users) user.emit(event, key, facts as never)
  }
}
