/** The verbs on one key that are under way. */
interface Lane {
  /** The last write. */
  writer: Promise<void> | undefined
  /** The reads that came after it. */
  readonly readers: Set<Promise<void>>
  users: number
}

/**
 * Lets verbs on one key take effect in the order of their calls. The driver sends what is asked at the same time over several
 * connections, where the later may be the faster; so a write waits for what was asked of its keys before it, and a read for
 * the last write. Verbs on different keys never wait for each other.
 */
export class Turns {
  readonly #lanes = new Map<string, Lane>()
  readonly #scans = new Set<Promise<void>>()
  #sweep: Promise<void> | undefined

  /** Reads keys, after what is written to them. */
  read<T>(keys: readonly string[], job: () => Promise<T>): Promise<T> {
    return this.#take(keys, false, job)
  }

  /** Writes to keys, after what is read from them or written to them. */
  write<T>(keys: readonly string[], job: () => Promise<T>): Promise<T> {
    return this.#take(keys, true, job)
  }

  /** Reads any keys, after all that is written. */
  async scan<T>(job: () => Promise<T>): Promise<T> {
    const before = [this.#sweep, ...Array.from(this.#lanes.values(), ({ writer }) => writer)]
    const { ended, end } = ending()
    this.#scans.add(ended)
    try {
      await Promise.all(before)
      return await job()
    } finally {
      end()
      this.#scans.delete(ended)
    }
  }

  /** Writes to any keys: after all that came before, and before all that comes after. */
  async sweep<T>(job: () => Promise<T>): Promise<T> {
    const before = [
      this.#sweep,
      ...this.#scans,
      ...Array.from(this.#lanes.values(), ({ writer, readers }) => [writer, ...readers]).flat(),
    ]
    const { ended, end } = ending()
    this.#sweep = ended
    try {
      await Promise.all(before)
      return await job()
    } finally {
      end()
      if (this.#sweep === ended) this.#sweep = undefined
    }
  }

  async #take<T>(keys: readonly string[], isWrite: boolean, job: () => Promise<T>): Promise<T> {
    const lanes = Array.from(new Set(keys), (key) => [key, this.#enter(key)] as const)
    const before = lanes.flatMap(([, { writer, readers }]) => (isWrite ? [writer, ...readers] : [writer]))
    before.push(this.#sweep)
    const { ended, end } = ending()
    for (const [, lane] of lanes) {
      if (!isWrite) lane.readers.add(ended)
      else lane.writer = ended
    }
    try {
      if (before.some(isUnderWay)) await Promise.all(before)
      return await job()
    } finally {
      end()
      for (const [key, lane] of lanes) this.#leave(key, lane, ended)
    }
  }

  #enter(key: string): Lane {
    const lane = this.#lanes.get(key) ?? { writer: undefined, readers: new Set(), users: 0 }
    lane.users++
    this.#lanes.set(key, lane)
    return lane
  }

  #leave(key: string, lane: Lane, ended: Promise<void>): void {
    lane.readers.delete(ended)
    if (lane.writer === ended) lane.writer = undefined
    if (--lane.users === 0) this.#lanes.delete(key)
  }
}

const isUnderWay = (ended: Promise<void> | undefined): boolean => ended !== undefined

/** A promise that something has ended, which never says how. */
function ending(): { readonly ended: Promise<void>; readonly end: () => void } {
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { ended, end }
}
