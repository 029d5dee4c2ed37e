import { performance } from 'node:perf_hooks'
import { isDeepStrictEqual } from 'node:util'
import type { StoreContext } from '../../../lib/adapter/byte-store.ts'
import { CallerSpin } from '../caller-spin.ts'
import type { Description, StoreEvent, Target, Verb } from '../protocol.ts'
import { account } from './blocking.ts'
import { Thread } from './thread.ts'

/** The channels of this thread: one for each target that is in use. */
const channels = new Set<Channel>()

/** The channel to a target, for one more user of it. */
export function join(target: Target, user: StoreContext): Channel {
  const channel = [...channels].find((open) => isDeepStrictEqual(open.target, target)) ?? new Channel(target)
  channels.add(channel)
  channel.users.add(user)
  return channel
}

/** The worker that the stores of one target share. It is started at the first request, and again if it has ended. */
export class Channel {
  readonly target: Target
  readonly users = new Set<StoreContext>()
  readonly #spin = new CallerSpin()
  #thread: Thread | undefined
  /** The first request is over. It loads the client and connects, which says nothing about how much a thread is blocked. */
  #isWarm = false
  /** The user whose request is pending. */
  #asking: StoreContext | undefined

  constructor(target: Target) {
    this.target = target
  }

  /** The description of the store in the worker. */
  get description(): Description {
    return this.#running().description
  }

  /** Asks the store, and waits for the answer for at most `limit` ms. */
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

  /** Removes a user; after the last one the store is closed, and the thread ends. */
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
      // A store that does not close properly ends with its thread.
      user.emit('error', undefined, { error, verb: 'close' })
    } finally {
      thread.end()
    }
  }

  #running(): Thread {
    if (this.#thread === undefined || this.#thread.isOver)
      this.#thread = new Thread(this.target, (event) => this.#emit(event))
    return this.#thread
  }

  /** Emits an event about a key to the user whose request caused it, any other to all. */
  #emit([event, key, facts]: StoreEvent): void {
    const users = key !== undefined && this.#asking !== undefined ? [this.#asking] : [...this.users]
    for (const user of users) user.emit(event, key, facts as never)
  }
}
