import { LockError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'

/** A caller that waits for a lock in this process. */
interface Waiter {
  readonly enter: () => void
}

/** A lock that somebody in this process holds, and those behind in order. */
interface Line {
  /** Whether the holder's time is over, though no timer has said so yet: a synchronous program may never run one. */
  isOver: () => boolean
  readonly waiters: Waiter[]
}

/** How long a caller is willing to wait for a lock. */
export interface Patience {
  /** Milliseconds; `Infinity` for as long as it takes. */
  readonly ms: number
  readonly signal: AbortSignal | undefined
}

/**
 * The order in which callers of one process get a lock. Only the first in line asks the backend, so that fifty callers of
 * one process are one competitor for the other processes.
 */
export class LockQueue {
  readonly #lines = new Map<string, Line>()

  /** Enters at once: answers how to leave, or `undefined` if somebody else is in. */
  tryEnter(id: string): Exit | undefined {
    const line = this.#lines.get(id)
    if (line !== undefined && !line.isOver()) return undefined
    return this.#admit(id, line?.waiters ?? [])
  }

  /** Waits in line. Rejects with `LockError` when patience ends, or with the signal's reason. */
  enter(id: string, name: string, { ms, signal }: Patience): Promise<Exit> {
    const entered = this.tryEnter(id)
    if (entered !== undefined) return Promise.resolve(entered)
    const { waiters } = this.#lines.get(id)!
    return new Promise((resolve, reject) => {
      const timer = ms === Infinity ? undefined : setTimeout(() => leave(notHad(name)), Math.min(ms, LONGEST_TIMER))
      const abort = () => leave(signal!.reason)
      const waiter: Waiter = {
        enter: () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', abort)
          resolve(this.#admit(id, waiters))
        },
      }
      const leave = (reason: unknown) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        waiters.splice(waiters.indexOf(waiter), 1)
        reject(reason)
      }
      signal?.addEventListener('abort', abort)
      waiters.push(waiter)
    })
  }

  #admit(id: string, waiters: Waiter[]): Exit {
    const line: Line = { isOver: () => false, waiters }
    this.#lines.set(id, line)
    const leave = () => {
      if (this.#lines.get(id) !== line) return
      const next = waiters.shift()
      if (next === undefined) this.#lines.delete(id)
      else next.enter()
    }
    return Object.assign(leave, {
      overWhen(isOver: () => boolean) {
        line.isOver = isOver
      },
    })
  }
}

/** Leaves a line, once; the next one enters. */
export interface Exit {
  (): void
  /** Says how to tell that the holder's time is over. */
  overWhen(isOver: () => boolean): void
}

/** The longest time that a timer of Node holds, about 25 days. */
const LONGEST_TIMER = 2 ** 31 - 1

/** The error of a caller whose patience ended. */
export function notHad(name: string): LockError {
  return new LockError(`The lock ${quoted(name)} is held by another owner. Wait longer, or try again later.`)
}

const queues = new WeakMap<object, LockQueue>()

/** The lines over a store, which is known by an object that all caches over it share. */
export function lockQueueOf(store: object): LockQueue {
  const known = queues.get(store) ?? new LockQueue()
  queues.set(store, known)
  return known
}
