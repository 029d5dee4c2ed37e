import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { VersionedWire } from '../../lib/adapter/byte-store.ts'
import { AdapterError } from '../../lib/core/errors.ts'
import { shared } from '../../lib/core/process-state.ts'
import type { Wire } from '../../lib/core/types.ts'
import { clearsHere } from './clears.ts'

/**
 * Memcached can neither list nor remove the keys of a prefix, so a cache there is emptied by changing its keys: each ends
 * with the generation of its prefix, a random name that the server keeps under a reserved key. Who clears puts a new name
 * there; what was stored before is found by nobody any more, and memcached makes room of it.
 *
 * Asking for the name at every verb would double their cost, so it is remembered for a second. The promises:
 * - In the thread that clears, and in the workers of its bridges, `clear` holds at once, for every cache on that server with
 *   that prefix.
 * - In other threads and processes it holds within a second. What they write in that second may be lost with the rest, and
 *   until then they may read what was there before.
 * - A lost name (evicted, or the server restarted) is replaced by a new one, never by an earlier one: cleared entries do
 *   not come back. `add` makes processes that replace it at the same time agree.
 * - A prefix that begins with another is a prefix of its own: clearing the shorter one leaves it as it was.
 * - Every server keeps a generation of its own, so that the death of one concerns no other. `clear` changes all of them, and
 *   throws when it could not reach one, whose keys are then as they were; the others are cleared.
 */
export interface Reserved {
  /** What is there. `since` tells how long somebody has been waiting for it already. */
  look(since: number): Promise<VersionedWire>
  /** Puts a name there if that is still the case. */
  exchange(version: unknown, name: string, since: number): Promise<boolean>
  /** Puts a name there in any case. */
  put(name: string, since: number): Promise<void>
}

/** For so long a generation is taken to be what it was, in ms. */
const REMEMBERED = 1000
const NAME = /^[\w-]{12}$/
const ATTEMPTS = 5

/** The key under which a generation is kept. Stored keys end with `@` and twelve letters, none of which is an `@`: none is like it. */
export function reservedKey(encodedPrefix: string): string {
  return `${encodedPrefix}@generation`
}

interface Memo {
  readonly name: string
  readonly until: number
  /** How many clears there had been. */
  readonly clears: number
}

/** What this thread remembers, by server and prefix. */
const memos = shared('memcached.generations', () => new Map<string, Memo>())
const MANY_MEMOS = 1000

interface Waiting {
  /** Goes on, with what ends the keys. */
  readonly go: (suffix: string) => void
  readonly refuse: (error: unknown) => void
  /** Whether it wants a new generation. */
  readonly wipes: boolean
  /** When it was asked for, as `performance.now()` tells it. */
  readonly since: number
}

/** The generation of one prefix on one server, as a gate: what needs it passes at once, or waits in line while it is asked for. */
export class Generation {
  readonly #id: string
  readonly #reserved: Reserved
  readonly #clears = clearsHere()
  readonly #line: Waiting[] = []

  constructor(id: string, reserved: Reserved) {
    this.#id = id
    this.#reserved = reserved
  }

  /** Whether nobody waits. */
  get isIdle(): boolean {
    return this.#line.length === 0
  }

  /** Goes on, with what ends the keys, as soon as that is known and everybody before has gone. */
  pass(since: number, go: (suffix: string) => void, refuse: (error: unknown) => void): void {
    const name = this.isIdle ? this.#remembered() : undefined
    name === undefined ? this.#queue({ go, refuse, wipes: false, since }) : go(suffixOf(name))
  }

  /** Begins a new generation, behind everybody who waits and before everybody who comes. */
  wipe(): Promise<void> {
    const since = performance.now()
    return new Promise((resolve, refuse) => this.#queue({ go: () => resolve(), refuse, wipes: true, since }))
  }

  /** Asks again at the next occasion. */
  forget(): void {
    memos.delete(this.#id)
  }

  #queue(waiting: Waiting): void {
    if (this.#line.push(waiting) === 1) void this.#serve()
  }

  async #serve(): Promise<void> {
    while (this.#line.length > 0) {
      try {
        await this.#serveFirst()
      } catch (error) {
        for (const { refuse } of this.#line.splice(0)) refuse(error)
      }
    }
  }

  async #serveFirst(): Promise<void> {
    const { wipes, since } = this.#line[0]!
    const suffix = suffixOf(wipes ? await this.#renew(since) : (this.#remembered() ?? (await this.#ask(since))))
    if (wipes) return this.#line.shift()!.go(suffix)
    // All in one go: nobody who comes now may overtake one who waits.
    while (this.#line[0]?.wipes === false) this.#line.shift()!.go(suffix)
  }

  async #renew(since: number): Promise<string> {
    const name = newName()
    await this.#reserved.put(name, since)
    return this.#remember(name, performance.now(), this.#clears.add())
  }

  async #ask(since: number): Promise<string> {
    const last = memos.get(this.#id)
    const asked = performance.now()
    const clears = this.#clears.count
    try {
      const name = await this.#current(since)
      const memo = memos.get(this.#id)
      // Another cache of this thread has learned or changed it meanwhile, perhaps after the server answered here.
      return memo === undefined || memo === last ? this.#remember(name, asked, clears) : memo.name
    } catch (error) {
      // Better the last that was known than nothing: this is for clients that keep it on another server than the keys.
      const memo = memos.get(this.#id)
      if (memo === undefined) throw error
      return this.#remember(memo.name, performance.now(), clears)
    }
  }

  async #current(since: number): Promise<string> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { wire, version } = await this.#reserved.look(since)
      const name = wire === undefined ? '' : textOf(wire)
      if (NAME.test(name)) return name

      const first = newName()
      if (await this.#reserved.exchange(version, first, since)) return first
    }
    throw new AdapterError('The generation under which memcached keeps the keys of a prefix changes all the time.')
  }

  #remembered(): string | undefined {
    const memo = memos.get(this.#id)
    if (memo === undefined || memo.clears !== this.#clears.count || performance.now() >= memo.until) return undefined
    return memo.name
  }

  /** @param asked when the server was asked for it: it may have changed from then on */
  /** @param asked and clears: when the name was asked for, and how many clears there had been by then */
  #remember(name: string, asked: number, clears: number): string {
    // Only what is asked for again is worth its place.
    if (memos.size >= MANY_MEMOS) for (const [id, { until }] of memos) if (until < asked) memos.delete(id)
    memos.set(this.#id, { name, until: asked + REMEMBERED, clears })
    return name
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
