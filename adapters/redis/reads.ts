import { AdapterError } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'

interface Waiting {
  readonly key: string
  readonly resolve: (wire: Wire | undefined) => void
  readonly reject: (error: unknown) => void
}

/** So many keys are asked for together at most: the server has something to do while more come in. */
const TOGETHER = 64

/**
 * Asks for all that is read in one tick by one command: a command for each costs ioredis twice as much as the answer
 * does. What else is sent must come after it, so that verbs take effect in the order of their calls: see `flush`.
 */
export class Reads {
  readonly #one: (key: string) => Promise<Wire | undefined>
  readonly #many: (keys: string[]) => Promise<(Wire | undefined)[]>
  #waiting: Waiting[] = []

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
    if (this.#waiting.length === 0) process.nextTick(this.flush)
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ key, resolve, reject }) >= TOGETHER) this.flush()
    })
  }

  /** Sends what has been asked for so far. A property, so that it can be handed to `nextTick` as it is. */
  readonly flush = (): void => {
    const waiting = this.#waiting
    if (waiting.length === 0) return
    this.#waiting = []
    if (waiting.length === 1) void this.#ask(waiting[0]!)
    else void this.#askTogether(waiting)
  }

  async #ask({ key, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await this.#one(key))
    } catch (error) {
      reject(error)
    }
  }

  async #askTogether(waiting: readonly Waiting[]): Promise<void> {
    try {
      const wires = await this.#many(waiting.map(({ key }) => key))
      for (let i = 0; i < waiting.length; i++) waiting[i]!.resolve(wires[i])
    } catch (error) {
      for (const { reject } of waiting) reject(anew(error))
    }
  }
}

/** The same failure for another caller, who may add facts of its own. */
function anew(error: unknown): unknown {
  if (!(error instanceof AdapterError)) return error
  const { message, adapter, cause } = error
  return new (error.constructor as typeof AdapterError)(message, { adapter, cause })
}
