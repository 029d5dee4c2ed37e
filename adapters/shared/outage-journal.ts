import { PartialFailure } from '../../lib/core/errors.ts'
import { type Answer, type Flow, isPromise, run, wait } from '../../lib/core/flow.ts'
import type { Mode } from '../../lib/core/types.ts'
import { systemNow } from '../../lib/entry/clock.ts'
import { pagesOf } from './settle-all.ts'

/** The most keys that are remembered one by one. */
const MOST_KEYS = 10_000
/** The most keys that are removed by one request. */
const PAGE = 1000
/** After a replay that failed, keys that it does not concern wait this long for the next attempt, in ms. */
const PAUSE_MS = 500

/** The store on which a journal is replayed. */
export interface ReplayTarget {
  readonly mode: Mode
  drop(keys: readonly string[]): Answer<unknown>
  wipe(prefix: string): Answer<unknown>
}

/**
 * The removals that a backend did not take while it was down. Without them it would serve removed values when it is back.
 *
 * They are replayed before the first access to a key that they concern, and each only once: later removals, and removals
 * that worked after all, replace earlier ones. Beyond a bound the whole prefix of the cache counts as cleared. A cache
 * without a prefix must not clear a store that others use: there, entries from before that moment count as missing.
 */
export class OutageJournal {
  readonly #prefix: string
  /** What was removed, with a mark of the removal: one that came during a replay stays for the next. */
  readonly #keys = new Map<string, number>()
  readonly #prefixes = new Map<string, number>()
  #mark = 0
  #running: Promise<void> | undefined
  #pausedUntil = 0
  /** Entries that were created until then count as missing, in ms since the epoch. */
  clearedUntil = Number.NEGATIVE_INFINITY

  /** @param prefix the whole prefix of the caches that use it */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  get isEmpty(): boolean {
    return this.#keys.size === 0 && this.#prefixes.size === 0
  }

  /** Keys could not be removed. */
  removed(keys: readonly string[]): void {
    const mark = ++this.#mark
    for (const key of keys) this.#keys.set(key, mark)
    if (this.#keys.size <= MOST_KEYS) return
    if (this.#prefix === '') this.clearedUntil = systemNow()
    else this.cleared(this.#prefix)
    this.#keys.clear()
  }

  /** A prefix could not be cleared. */
  cleared(prefix: string): void {
    this.#prefixes.set(prefix, ++this.#mark)
    for (const key of this.#keys.keys()) if (key.startsWith(prefix)) this.#keys.delete(key)
  }

  /** Keys, or all keys under a prefix, have been removed after all. */
  settled(keys: readonly string[], prefix?: string): void {
    for (const key of keys) this.#keys.delete(key)
    if (prefix === undefined) return
    for (const key of this.#keys.keys()) if (key.startsWith(prefix)) this.#keys.delete(key)
    for (const other of this.#prefixes.keys()) if (other.startsWith(prefix)) this.#prefixes.delete(other)
  }

  /** Whether a removal of one of these keys is still to be replayed. */
  concerns(keys: readonly string[]): boolean {
    const prefixes = [...this.#prefixes.keys()]
    return keys.some((key) => this.#keys.has(key) || prefixes.some((prefix) => key.startsWith(prefix)))
  }

  /** Whether a removal of any key under a prefix is still to be replayed. */
  concernsPrefix(prefix: string): boolean {
    const overlaps = (other: string): boolean => other.startsWith(prefix) || prefix.startsWith(other)
    return [...this.#prefixes.keys()].some(overlaps) || [...this.#keys.keys()].some((key) => key.startsWith(prefix))
  }

  /**
   * Replays the removals. Concurrent callers share one replay; a synchronous one cannot wait for it, and does its own.
   * Throws if some could not be replayed, which then stay.
   */
  replay(target: ReplayTarget): Answer<void> {
    if (this.#running !== undefined && target.mode === 'async') return this.#running
    const replay = run(this.#replayOn(target))
    if (!isPromise(replay)) return undefined
    this.#running = this.#finish(replay)
    return this.#running
  }

  /** Replays the removals, then runs a verb. */
  *before<T>(target: ReplayTarget, verb: () => Answer<T>): Flow<T> {
    yield* wait(this.replay(target))
    return yield* wait(verb())
  }

  /**
   * Replays the removals, then runs a verb on many keys, which takes their positions. If the replay fails, the keys whose
   * removals are still to come fail, by a `PartialFailure` with the answer for the others.
   */
  *beforeMany<T>(
    target: ReplayTarget,
    keys: readonly string[],
    verb: (positions: readonly number[]) => Answer<T>,
  ): Flow<T> {
    const positions = keys.map((_, i) => i)
    try {
      yield* wait(this.replay(target))
    } catch (error) {
      const failed = positions.filter((i) => this.concerns([keys[i]!]))
      if (failed.length === keys.length) throw error
      const living = positions.filter((i) => !failed.includes(i))
      let answers: unknown
      try {
        answers = yield* wait(verb(living))
      } catch (partial) {
        if (!(partial instanceof PartialFailure)) throw partial
        answers = partial.answer
        failed.push(...partial.failed.map((i) => living[i]!))
      }
      const answer = Array.isArray(answers) ? positions.map((i) => answers[living.indexOf(i)]) : undefined
      failed.sort((a, b) => a - b)
      throw new PartialFailure((error as Error).message, failed, answer, { cause: error })
    }
    return yield* wait(verb(positions))
  }

  /** Replays the removals on behalf of a key that they do not concern, which neither waits for them nor fails by them. */
  replayAside(target: ReplayTarget): void {
    if (systemNow() < this.#pausedUntil) return
    this.#pausedUntil = systemNow() + PAUSE_MS
    try {
      const replay = this.replay(target)
      if (isPromise(replay)) replay.catch(() => {})
    } catch {
      // They stay in the journal, and the failure has been counted by the breaker.
    }
  }

  async #finish(replay: Promise<void>): Promise<void> {
    try {
      await replay
    } finally {
      this.#running = undefined
    }
  }

  *#replayOn(target: ReplayTarget): Flow<void> {
    const prefixes = [...this.#prefixes]
    const keys = [...this.#keys]
    for (const [prefix, mark] of prefixes) {
      yield* wait(target.wipe(prefix))
      forget(this.#prefixes, prefix, mark)
    }
    let failure: unknown
    for (const page of pagesOf(keys, PAGE)) {
      let failed: readonly number[] = []
      try {
        yield* wait(target.drop(page.map(([key]) => key)))
      } catch (error) {
        if (!(error instanceof PartialFailure)) throw error
        failure = error
        failed = error.failed
      }
      for (const [i, [key, mark]] of page.entries()) if (!failed.includes(i)) forget(this.#keys, key, mark)
    }
    if (failure !== undefined) throw failure
  }
}

function forget(marks: Map<string, number>, name: string, mark: number): void {
  if (marks.get(name) === mark) marks.delete(name)
}

const ofStores = new Map<string, WeakRef<OutageJournal>>()

/** The journal of a store, shared by the caches of this process that have the prefix there. */
export function journalOf(identity: object | string, prefix: string): OutageJournal {
  if (typeof identity !== 'string') return new OutageJournal(prefix)
  const name = JSON.stringify([identity, prefix])
  const journal = ofStores.get(name)?.deref() ?? new OutageJournal(prefix)
  ofStores.set(name, new WeakRef(journal))
  for (const [other, reference] of ofStores) if (reference.deref() === undefined) ofStores.delete(other)
  return journal
}

/** Keys that are listed after a replay. */
export function* listedAfter(replay: () => unknown, keys: () => unknown): Generator<string, void, undefined> {
  replay()
  yield* keys() as Iterable<string>
}

/** `listedAfter` for an asynchronous store. */
export async function* listedLater(
  replay: () => unknown,
  keys: () => unknown,
): AsyncGenerator<string, void, undefined> {
  await replay()
  yield* keys() as AsyncIterable<string>
}
