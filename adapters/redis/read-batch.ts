import { AdapterError } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'

interface Read {
  readonly key: string
  readonly resolve: (wire: Wire | undefined) => void
  readonly reject: (error: unknown) => void
}

/** The most keys that are read together: the server has something to do while more come in. */
const BATCH = 64

/**
 * Sends all reads of one tick as one command: a command for each costs ioredis twice as much as the answer does. Whatever
 * else is sent must come after it, so that verbs take effect in the order of their calls: see `flush`.
 */
export class ReadBatch {
  readonly #one: (key: string) => Promise<Wire | undefined>
  readonly #many: (keys: string[]) => Promise<(Wire | undefined)[]>
  #reads: Read[] = []

  /**
   * @param one reads a key
   * @param many reads several, in their order
   */
  constructor(
    one: (key: string) => Promise<Wire | undefined>,
    many: (keys: string[]) => Promise<(Wire | undefined)[]>,
  ) {
    this.#one = one
    this.#many = many
  }

  load(key: string): Promise<Wire | undefined> {
    if (this.#reads.length === 0) process.nextTick(this.flush)
    return new Promise((resolve, reject) => {
      if (this.#reads.push({ key, resolve, reject }) >= BATCH) this.flush()
    })
  }

  /** Sends the reads so far. A property, so that it can be passed to `nextTick` as it is. */
  readonly flush = (): void => {
    const reads = this.#reads
    if (reads.length === 0) return
    this.#reads = []
    if (reads.length === 1) void this.#ask(reads[0]!)
    else void this.#askTogether(reads)
  }

  async #ask({ key, resolve, reject }: Read): Promise<void> {
    try {
      resolve(await this.#one(key))
    } catch (error) {
      reject(error)
    }
  }

  async #askTogether(reads: readonly Read[]): Promise<void> {
    try {
      const wires = await this.#many(reads.map(({ key }) => key))
      for (let i = 0; i < reads.length; i++) reads[i]!.resolve(wires[i])
    } catch (error) {
      for (const { reject } of reads) reject(copyOf(error))
    }
  }
}

/** The same failure for another caller, whose own facts are added to it. */
function copyOf(error: unknown): unknown {
  if (!(error instanceof AdapterError)) return error
  const { message, adapter, cause } = error
  return new (error.constructor as typeof AdapterError)(message, { adapter, cause })
}
