import { Deadlines } from '../../core/deadlines.ts'
import { CacheError, LockError } from '../../core/errors.ts'
import { type Answer, type Flow, isPromise, run, wait } from '../../core/flow.ts'
import { quoted } from '../../core/quoted.ts'
import type { Cache, Mode, Timeout } from '../../core/types.ts'
import { durationOf } from '../../entry/timeout.ts'
import { waitFor } from '../../single-flight/deadlock.ts'
import type { Load, Loads } from '../../single-flight/loads.ts'
import { DelegatingLoads } from '../../single-flight/loads.ts'
import { ForwardingCache } from '../base/forwarding.ts'
import { checkOptions, type WrapperOptions } from '../base/wrapped.ts'

/** Options of a `LockedCache`. */
export interface LockedOptions extends WrapperOptions {
  /** Longest time that a verb waits for others at its key, before it throws `LockError`; `null` for no limit. @default '30s' */
  wait?: Timeout | undefined
}

/** Frees a lock. */
type Release = () => void

/**
 * Serializes loads and changes of a key in this process. `increment`, `decrement`, `add`, `pull` and `updateTimeout` wait
 * for each other, in the order in which they were called, and for a load of `getOrSet` on the same key. Callers of a value
 * that is being loaded share it. Waiting for longer than `wait` throws `LockError`. Calls that a loader makes for its own
 * key do not wait, and neither does a call that would wait for one that waits for it, so there are no deadlocks.
 *
 * `set`, `remove` and `clear` do not wait: they win over a load.
 *
 * It works at any place in a stack. In a synchronous cache nothing can run in between, so it does nothing there.
 */
export class LockedCache<M extends Mode = Mode> extends ForwardingCache<M> {
  static override readonly name: string = 'LockedCache'
  readonly #waitMs: number | null
  #loads: LockedLoads | undefined

  constructor(inner: Cache<M>, options: LockedOptions = {}) {
    checkOptions(options, ['wait'], 'LockedCache')
    const { wait = '30s', ...rest } = options
    super(inner, rest)
    this.#waitMs = durationOf(wait, 'wait')
  }

  protected override get loads(): Loads {
    if (this.mode === 'sync') return super.loads
    this.#loads ??= new LockedLoads(super.loads, this.#waitMs, this.prefix)
    return this.#loads
  }
}

/** A call that wants to change a key. */
interface Attempt {
  gaveUp: boolean
}

/** Loads of a store with which changes of a key also wait for its load, and nothing waits for longer than the limit. */
class LockedLoads extends DelegatingLoads {
  readonly #waitMs: number | null
  readonly #prefix: string
  readonly #deadlines: Deadlines | undefined

  constructor(loads: Loads, waitMs: number | null, prefix: string) {
    super(loads)
    this.#waitMs = waitMs
    this.#prefix = prefix
    this.#deadlines = waitMs === null ? undefined : new Deadlines(waitMs)
  }

  override promiseOf(load: Load): Promise<unknown> {
    const value = super.promiseOf(load)
    return this.#deadlines === undefined ? value : this.#deadlines.guard(value, () => this.#tooLate(load.id))
  }

  /** Locks a key for a change, in the order of the calls, after the load of the key. */
  override *lockKey(id: string): Flow<Release> {
    return yield* wait(this.#guarded(id, { gaveUp: false }))
  }

  #guarded(id: string, attempt: Attempt): Answer<Release> {
    const lock = run(this.#lock(id, attempt))
    if (!isPromise(lock) || this.#deadlines === undefined) return lock
    return this.#deadlines.guard(lock, () => {
      attempt.gaveUp = true
      return this.#tooLate(id)
    })
  }

  *#lock(id: string, attempt: Attempt): Flow<Release> {
    for (;;) {
      yield* this.#afterLoad(id, attempt)
      const release = yield* wait(run(this.inner.lockKey(id)))
      if (attempt.gaveUp) release()
      // A load may have started meanwhile. Let others go first rather than hold the lock while waiting for it.
      if (attempt.gaveUp || !this.#isLoading(id)) return release
      release()
    }
  }

  *#afterLoad(id: string, attempt: Attempt): Flow<void> {
    while (!attempt.gaveUp) {
      const load = this.find(id)
      const stopWaiting = load && this.#startWaiting(load)
      if (stopWaiting === undefined) return
      try {
        yield* wait(load!.promise!().catch(() => {}))
      } finally {
        stopWaiting()
      }
    }
  }

  #isLoading(id: string): boolean {
    const load = this.find(id)
    const stopWaiting = load && this.#startWaiting(load)
    stopWaiting?.()
    return stopWaiting !== undefined
  }

  /** Starts to wait for a load, unless its loader is the caller, or waits for it: then the caller goes first. */
  #startWaiting(load: Load): Release | undefined {
    try {
      return waitFor(load)
    } catch (error) {
      if (error instanceof CacheError && error.code === 'E_RECURSION') return undefined
      throw error
    }
  }

  #tooLate(id: string): LockError {
    return new LockError(
      `Others have been busy with ${quoted(this.#keyOf(id))} for more than ${this.#waitMs} ms. Allow more by the option wait.`,
    )
  }

  #keyOf(id: string): string {
    return id.slice(this.#prefix.length)
  }
}
