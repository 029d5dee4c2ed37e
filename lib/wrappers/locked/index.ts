import type { Answer } from '../../core/flow.ts'
import type { Cache, Mode, Timeout } from '../../core/types.ts'
import { durationOf } from '../../entry/timeout.ts'
import type { Loads } from '../../single-flight/loads.ts'
import { ForwardingCache } from '../base/forwarding.ts'
import type { WrapperOptions } from '../base/wrapped.ts'
import { LockedFlights, type Release } from './loads.ts'

/** The options of a `LockedCache`. */
export interface LockedOptions extends Omit<WrapperOptions, 'timeout'> {
  /** How long a verb waits for others that are busy with its key, until it throws `LockError`; `null` for ever. @default '30s' */
  timeout?: Timeout | undefined
}

/**
 * Lets one at a time make or change a key, in this process: `increment`, `decrement`, `add`, `pull` and `updateTimeout` wait for
 * each other, in the order in which they were called, and for a maker of `getOrSet` that is at work on the key; those who ask
 * for a value that is being made share it. Who waits too long gets a `LockError`. What a maker itself does with its key goes
 * straight on, and so does who would wait for one who waits for it: nobody waits in a circle.
 *
 * `set`, `remove` and `clear` do not wait: they win over what is being made.
 *
 * It works wherever it stands in a stack. In a synchronous cache nobody can come in between, and it does nothing.
 */
export class LockedCache<M extends Mode = Mode> extends ForwardingCache<M> {
  static override readonly name: string = 'LockedCache'
  readonly #ms: number | null
  #loads: LockedFlights | undefined

  constructor(inner: Cache<M>, { timeout = '30s', ...options }: LockedOptions = {}) {
    super(inner, options)
    this.#ms = durationOf(timeout)
  }

  protected override get loads(): Loads {
    if (this.mode === 'sync') return this.store.loads
    this.#loads ??= new LockedFlights(this.store.loads, {
      ms: this.#ms,
      spelled: (id) => id.slice(this.prefix.length),
      elsewhere: (id) => this.elsewhere(id),
    })
    return this.#loads
  }

  /**
   * Takes the lock of a key among processes, after that in this one, and answers how to let go of it. Nothing to take unless a
   * class overrides this: no backend has locks yet (`capabilities.locks`).
   */
  protected elsewhere(_id: string): Answer<Release | undefined> {
    return undefined
  }
}
