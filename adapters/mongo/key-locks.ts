/** The pending verbs on one key. */
interface Lane {
  /** The last write. */
  writer: Promise<void> | undefined
  /** The reads that came after it. */
  readonly readers: Set<Promise<void>>
  users: number
}

/**
 * Keyed read-write locks: verbs on one key take effect in the order of their calls. The driver sends concurrent requests
 * over several connections, where the later may be the faster; so a write waits for the earlier verbs on its keys, and a
 * read for the last write. Verbs on different keys never wait for each other.
 */
export class KeyedReadWriteLock {
  readonly #lanes = new Map<string, Lane>()
  readonly #scans = new Set<Promise<void>>()
  #sweep: Promise<void> | undefined

  /** Reads keys, after the earlier writes to them. */
  read<T>(keys: readonly string[], job: () => Promise<T>): Promise<T> {
    return this.#run(keys, false, job)
  }

  /** Writes to keys, after the earlier reads and writes of them. */
  write<T>(keys: readonly string[], job: () => Promise<T>): Promise<T> {
    return this.#run(keys, true, job)
  }

  /** Reads any keys, after all earlier writes. */
  async readAll<T>(job: () => Promise<T>): Promise<T> {
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

  /** Writes to any keys: after all earlier verbs, and before all later ones. */
  async writeAll<T>(job: () => Promise<T>): Promise<T> {
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

  async #run<T>(keys: readonly string[], isWrite: boolean, job: () => Promise<T>): Promise<T> {
    const lanes = Array.from(new Set(keys), (key) => [key, this.#enter(key)] as const)
    const before = lanes.flatMap(([, { writer, readers }]) => (isWrite ? [writer, ...readers] : [writer]))
    before.push(this.#sweep)
    const { ended, end } = ending()
    for (const [, lane] of lanes) {
      if (!isWrite) lane.readers.add(ended)
      else lane.writer = ended
    }
    try {
      if (before.some((earlier) => earlier !== undefined)) await Promise.all(before)
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

/** A promise that something has ended, whether it worked or not. */
function ending(): { readonly ended: Promise<void>; readonly end: () => void } {
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { ended, end }
}
