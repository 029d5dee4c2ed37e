import { Deadlines } from '../../core/deadlines.ts'
import { CacheError, LockError } from '../../core/errors.ts'
import { type Answer, type Flow, isPromise, run, wait } from '../../core/flow.ts'
import { quoted } from '../../core/quoted.ts'
import { waitFor } from '../../single-flight/deadlock.ts'
import { DelegatingLoads } from '../../single-flight/delegating-loads.ts'
import type { Load, Loads } from '../../single-flight/loads.ts'

/** Lets go of a lock. */
export type Release = () => void

/** What a `LockedFlights` is made with. */
export interface LockedFlightsOptions {
  /** How long to wait for others, in ms; `null` for ever. */
  readonly ms: number | null
  /** A key of the store as the user spells it. */
  spelled(id: string): string
  /** Takes the lock of a key among processes. */
  elsewhere(id: string): Answer<Release | undefined>
}

/** Somebody who wants to change a key. */
interface Asking {
  gaveUp: boolean
}

/**
 * Flights over a store, with which changes of a key wait for its maker too, and nobody waits for ever. What is made and
 * changed is known to all who stand over that store, locked or not.
 */
export class LockedFlights extends DelegatingLoads {
  readonly #options: LockedFlightsOptions
  readonly #deadlines: Deadlines | undefined

  constructor(loads: Loads, options: LockedFlightsOptions) {
    super(loads)
    this.#options = options
    this.#deadlines = options.ms === null ? undefined : new Deadlines(options.ms)
  }

  /** Nobody waits for ever. */
  override promiseOf(load: Load): Promise<unknown> {
    const value = super.promiseOf(load)
    return this.#deadlines === undefined ? value : this.#deadlines.guard(value, () => this.#late(load.id))
  }

  /** The turn of who wants to change a key: in the order of asking, after the maker that is at work on it. */
  override *lockKey(id: string): Flow<Release> {
    const done = yield* wait(this.#guarded(id, { gaveUp: false }))
    try {
      const release = yield* wait(this.#options.elsewhere(id))
      if (release === undefined) return done
      return () => {
        release()
        done()
      }
    } catch (error) {
      done()
      throw error
    }
  }

  #guarded(id: string, asking: Asking): Answer<Release> {
    const turn = run(this.#wait(id, asking))
    if (!isPromise(turn) || this.#deadlines === undefined) return turn
    return this.#deadlines.guard(turn, () => {
      asking.gaveUp = true
      return this.#late(id)
    })
  }

  *#wait(id: string, asking: Asking): Flow<Release> {
    for (;;) {
      yield* this.#landing(id, asking)
      const done = yield* wait(run(this.inner.lockKey(id)))
      // A maker may have begun meanwhile. Others go first, rather than wait for both.
      if (asking.gaveUp || !this.#isBusy(id)) return asking.gaveUp ? this.#leave(done) : done
      done()
    }
  }

  /** Waits for the maker that is at work on a key. */
  *#landing(id: string, asking: Asking): Flow<void> {
    while (!asking.gaveUp) {
      const load = this.find(id)
      const stopWaiting = load && this.#mayWaitFor(load)
      if (stopWaiting === undefined) return
      try {
        yield* wait(load!.promise!().catch(() => {}))
      } finally {
        stopWaiting()
      }
    }
  }

  #isBusy(id: string): boolean {
    const load = this.find(id)
    const stopWaiting = load && this.#mayWaitFor(load)
    stopWaiting?.()
    return stopWaiting !== undefined
  }

  /** Begins to wait for a maker, unless it is the one that asks, or waits for it: then it goes first. */
  #mayWaitFor(load: Load): Release | undefined {
    try {
      return waitFor(load, this.#options.spelled(load.id))
    } catch (error) {
      if (error instanceof CacheError && error.code === 'E_RECURSION') return undefined
      throw error
    }
  }

  /** Nobody is there any more to take the turn. */
  #leave(done: Release): Release {
    done()
    return done
  }

  #late(id: string): LockError {
    const key = quoted(this.#options.spelled(id))
    return new LockError(
      `Others have been busy with ${key} for more than ${this.#options.ms} ms. Wait longer by the option timeout.`,
    )
  }
}
