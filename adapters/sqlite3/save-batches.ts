import type { Saving } from '../../lib/adapter/byte-store.ts'
import type { Flow } from '../../lib/core/flow.ts'
import { copyOf } from '../shared/failure.ts'
import type { Job, Runner, Step } from './runner.ts'
import { CHUNK } from './table.ts'

/** How entries are saved: many in one transaction, and one alone. */
export interface Saver {
  all(savings: readonly Saving[], step: Step): Flow<void>
  one(saving: Saving): Job<void>
}

/** Entries that are saved in one transaction. */
interface Batch {
  readonly savings: Saving[]
  /** The entries that could not be saved, by their index. */
  readonly failures: Map<number, unknown>
  hasBegun: boolean
  /** Its position among the operations of the runner. */
  position: number
  done: Promise<void> | undefined
}

/**
 * Group commit for an asynchronous store: entries that are saved one by one, while others wait, share a transaction. That
 * takes a tenth of the time for 20 000 at once. The order of the calls stays: a batch takes entries only as long as it is
 * the last operation that waits.
 */
export class SaveBatches {
  readonly #runner: Runner<'async'>
  readonly #saver: Saver
  #last: Batch | undefined

  constructor(runner: Runner<'async'>, saver: Saver) {
    this.#runner = runner
    this.#saver = saver
  }

  async save(saving: Saving): Promise<void> {
    const last = this.#last
    const batch = last !== undefined && this.#takesMore(last) ? this.#add(last, saving) : this.#begin(saving)
    const index = batch.savings.length - 1
    try {
      await batch.done
    } catch (error) {
      throw batch.savings.length === 1 ? error : copyOf(error)
    }
    if (batch.failures.has(index)) throw this.#runner.failure(batch.failures.get(index), 'save', saving[0])
  }

  #takesMore({ hasBegun, savings, position }: Batch): boolean {
    return !hasBegun && savings.length < CHUNK && position === this.#runner.position
  }

  #add(batch: Batch, saving: Saving): Batch {
    batch.savings.push(saving)
    return batch
  }

  #begin(saving: Saving): Batch {
    const batch: Batch = { savings: [saving], failures: new Map(), hasBegun: false, position: 0, done: undefined }
    batch.done = this.#runner.all('save', saving[0], (step) => this.#save(batch, step))
    batch.position = this.#runner.position
    this.#last = batch
    return batch
  }

  *#save(batch: Batch, step: Step): Flow<void> {
    const { savings, failures } = batch
    batch.hasBegun = true
    try {
      yield* this.#saver.all(savings, step)
    } catch (error) {
      // One by one, so that an entry that cannot be saved does not take the others with it.
      if (savings.length > 1) yield* this.#saveEach(batch, step)
      if (failures.size === savings.length || savings.length === 1) throw error
    }
  }

  *#saveEach({ savings, failures }: Batch, step: Step): Flow<void> {
    for (const [i, saving] of savings.entries()) {
      try {
        yield* step(this.#saver.one(saving))
      } catch (error) {
        failures.set(i, error)
      }
    }
  }
}
