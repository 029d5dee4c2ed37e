import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import { AdapterError } from '../../lib/core/errors.ts'
import { shared } from '../../lib/core/process-state.ts'
import type { Wire } from '../../lib/core/types.ts'

/**
 * Memcached can neither list nor remove the keys of a prefix, so a cache is cleared by changing its keys: each ends with the
 * generation of its prefix, a random name that the server keeps under a reserved key. `clear` puts a new name there; nobody
 * finds what was stored before, and memcached evicts it in time.
 *
 * Reading the name at every verb would double their cost, so it is remembered for a second. The promises:
 * - In the thread that clears, and in the workers of its bridges, `clear` holds at once, for every cache on that server with
 *   that prefix: a verb that is called after it never uses the old name.
 * - In other threads and processes it holds within a second. What they write in that second may be lost with the rest, and
 *   until then they may read what was there before.
 * - A lost name (evicted, or the server restarted) is replaced by a new one, never by an earlier one: cleared entries do
 *   not come back. A conditional store makes processes that replace it at the same time agree.
 * - A prefix that begins with another is a prefix of its own: clearing the shorter one leaves it as it was.
 * - Every server keeps a generation of its own, so that the death of one affects no other. `clear` changes all of them, and
 *   throws if it could not reach one, whose keys are then as they were; the others are cleared.
 */
export interface Reserved {
  /** Reads the name. `since` is the time from which its deadline counts. */
  load(since: number): Promise<VersionedWire>
  /** Stores a name if the reserved key has not changed. */
  compareAndSave(version: unknown, name: string, since: number): Promise<boolean>
  /** Stores a name in any case. */
  save(name: string, since: number): Promise<void>
}

/** How long a generation is remembered, in ms. */
const REMEMBERED_MS = 1000
const NAME = /^[\w-]{12}$/
const ATTEMPTS = 5

/** The key under which a generation is kept. Stored keys end with `@` and twelve letters, none of which is an `@`, so none equals it. */
export function reservedKey(encodedPrefix: string): string {
  return `${encodedPrefix}@generation`
}

/**
 * Counts the clears of a thread and the workers of its bridges, in memory that they share: a name that was read before the
 * last clear is read again. So the synchronous and the asynchronous cache over one server see each other's clears at once.
 */
const clears = shared('memcached.clears', () => ({ counter: new Int32Array(new SharedArrayBuffer(4)) }))

/** The memory of the counter, for the worker of a bridge. */
export function clearCounter(): SharedArrayBuffer {
  return clears.counter.buffer as SharedArrayBuffer
}

/** Counts in the memory of another thread from now on: the one on the other side of a bridge. */
export function shareClearCounter(memory: SharedArrayBuffer): void {
  clears.counter = new Int32Array(memory)
}

function countClears(): number {
  return Atomics.load(clears.counter, 0)
}

interface Memo {
  readonly name: string
  readonly until: number
  /** How many clears there had been when the name was read. */
  readonly clears: number
}

/** The names that this thread remembers, by server and prefix. */
const memos = shared('memcached.generations', () => new Map<string, Memo>())
const MANY_MEMOS = 1000

interface Waiting {
  /** Continues with the end of the keys. */
  readonly go: (suffix: string) => void
  readonly refuse: (error: unknown) => void
  /** Whether it wants a new generation. */
  readonly wipes: boolean
  /** The time from which its deadline counts, by `performance.now()`. */
  readonly since: number
  /** How many clears there had been when it came: it must not get a name from before them. */
  readonly clears: number
}

/** The generation of one prefix on one server. Verbs that need it continue at once, or wait in order while it is read. */
export class Generation {
  readonly #id: string
  readonly #reserved: Reserved
  readonly #queue: Waiting[] = []

  constructor(id: string, reserved: Reserved) {
    this.#id = id
    this.#reserved = reserved
  }

  /** Whether nobody waits. */
  get isIdle(): boolean {
    return this.#queue.length === 0
  }

  /** Calls `go` with the end of the keys as soon as it is known and everyone before has continued. */
  enter(since: number, go: (suffix: string) => void, refuse: (error: unknown) => void): void {
    const name = this.isIdle ? this.#remembered() : undefined
    name === undefined ? this.#wait({ go, refuse, wipes: false, since, clears: countClears() }) : go(suffixOf(name))
  }

  /** Begins a new generation, after everyone who waits and before everyone who comes. */
  wipe(): Promise<void> {
    const since = performance.now()
    return new Promise((resolve, refuse) =>
      this.#wait({ go: () => resolve(), refuse, wipes: true, since, clears: countClears() }),
    )
  }

  /** Reads the name again at the next occasion. */
  forget(): void {
    memos.delete(this.#id)
  }

  #wait(waiting: Waiting): void {
    if (this.#queue.push(waiting) === 1) void this.#serve()
  }

  async #serve(): Promise<void> {
    while (this.#queue.length > 0) {
      try {
        await this.#serveFirst()
      } catch (error) {
        for (const { refuse } of this.#queue.splice(0)) refuse(error)
      }
    }
  }

  async #serveFirst(): Promise<void> {
    const queue = this.#queue
    const { wipes, since } = queue[0]!
    if (wipes) {
      const suffix = suffixOf(await this.#renew(since))
      return queue.shift()!.go(suffix)
    }
    const { name, clears } = await this.#current(since)
    // All in one go: nobody who comes now may overtake one who waits.
    while (queue[0]?.wipes === false && queue[0].clears <= clears) queue.shift()!.go(suffixOf(name))
  }

  async #renew(since: number): Promise<string> {
    const name = newName()
    await this.#reserved.save(name, since)
    return this.#remember(name, performance.now(), Atomics.add(clears.counter, 0, 1) + 1).name
  }

  async #current(since: number): Promise<Memo> {
    if (this.#remembered() !== undefined) return memos.get(this.#id)!
    const last = memos.get(this.#id)
    const asked = performance.now()
    const clears = countClears()
    try {
      const name = await this.#read(since)
      const memo = memos.get(this.#id)
      // Another cache of this thread may have read or changed it meanwhile, even after the server answered here.
      return memo === undefined || memo === last ? this.#remember(name, asked, clears) : memo
    } catch (error) {
      // For clients that keep the name on another server than the keys: the last one will do, unless it was cleared.
      const memo = memos.get(this.#id)
      if (memo === undefined || memo.clears !== countClears()) throw error
      return this.#remember(memo.name, performance.now(), memo.clears)
    }
  }

  async #read(since: number): Promise<string> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { wire, version } = await this.#reserved.load(since)
      const name = wire === undefined ? '' : textOf(wire)
      if (NAME.test(name)) return name

      const first = newName()
      if (await this.#reserved.compareAndSave(version, first, since)) return first
    }
    throw new AdapterError('The generation under which memcached keeps the keys of a prefix changes all the time.')
  }

  #remembered(): string | undefined {
    const memo = memos.get(this.#id)
    if (memo === undefined || memo.clears !== countClears() || performance.now() >= memo.until) return undefined
    return memo.name
  }

  /**
   * @param asked when the server was asked: the name may have changed since then
   * @param clears how many clears there had been by then
   */
  #remember(name: string, asked: number, clears: number): Memo {
    // Only names that are asked for again are worth their place.
    if (memos.size >= MANY_MEMOS) for (const [id, { until }] of memos) if (until < asked) memos.delete(id)
    const memo = { name, until: asked + REMEMBERED_MS, clears }
    memos.set(this.#id, memo)
    return memo
  }
}

function newName(): string {
  return randomBytes(9).toString('base64url')
}

function suffixOf(name: string): string {
  return `@${name}`
}

function textOf(wire: Wire): string {
  return typeof wire === 'string' ? wire : Buffer.from(wire).toString('latin1')
}
