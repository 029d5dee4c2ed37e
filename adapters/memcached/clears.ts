import { shared } from '../../lib/core/process-state.ts'

/**
 * How often something was cleared, in memory that the workers of a bridge share with the thread that started them: what was
 * remembered before the last clear is asked for again, so that the two caches over one server see each other's clears at once.
 */
export class Clears {
  /** The memory itself, to be handed to a worker. */
  readonly memory: SharedArrayBuffer
  readonly #counter: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#counter = new Int32Array(memory)
  }

  get count(): number {
    return Atomics.load(this.#counter, 0)
  }

  /** Counts one more, and answers how many there are. */
  add(): number {
    return Atomics.add(this.#counter, 0, 1) + 1
  }
}

const here = shared('memcached.clears', () => ({ clears: new Clears(new SharedArrayBuffer(4)) }))

/** The clears of this thread, and of those that share the memory with it. */
export function clearsHere(): Clears {
  return here.clears
}

/** Counts in the memory of another thread from now on: that of the caches on the other side of a bridge. */
export function shareClears(memory: SharedArrayBuffer): void {
  here.clears = new Clears(memory)
}
