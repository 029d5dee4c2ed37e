import type { Saving } from '../../lib/adapter/byte-store.ts'
import { type CacheError, PartialFailure } from '../../lib/core/errors.ts'
import { type Answer, type Flow, wait } from '../../lib/core/flow.ts'

/** Calls to many keys: pages of them, answers that are waited for together, and failures of some of them. */

/**
 * All answers, in order; if some failed, the first failure, thrown after the last answer: nothing goes on behind the
 * caller's back.
 */
export async function settleAll<T>(answers: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(answers)
  return settled.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  })
}

/** The answers about the keys of one call, by the parts in which they were asked for. */
export interface Part<T> {
  /** The positions of its keys among those of the call. */
  readonly positions: readonly number[]
  readonly answer: Promise<T>
}

/**
 * Waits for every part. Returns the answers, `undefined` for a part that failed, with the positions of the failed keys; throws
 * the first failure if all parts failed.
 */
export async function settleParts<T>(parts: readonly Part<T>[]): Promise<Settled<T>> {
  const settled = await Promise.allSettled(parts.map(({ answer }) => answer))
  const failed = settled.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))
  const reason = failed.length === 0 ? undefined : (settled[failed[0]!] as PromiseRejectedResult).reason
  if (failed.length > 0 && failed.length === parts.length) throw reason
  return {
    answers: settled.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined)),
    failed: failed.flatMap((i) => parts[i]!.positions),
    reason,
  }
}

/** What became of the parts of a call. */
export interface Settled<T> {
  readonly answers: readonly (T | undefined)[]
  readonly failed: readonly number[]
  /** The first failure. */
  readonly reason: unknown
}

/** Items in pages of at most `size`, in order. */
export function pagesOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size))
}

/** The most keys that one deadline covers. */
export const KEYS_TOGETHER = 10_000

/** One deadline covers this many values to be saved, and this many bytes of them. */
const SAVED_TOGETHER = 1000
const BYTES_TOGETHER = 8 * 1024 * 1024

/** Savings in pages, each small enough for one deadline. */
export function pagesOfSavings(savings: readonly Saving[]): Saving[][] {
  const pages: Saving[][] = []
  let bytes = 0
  for (const saving of savings) {
    const page = pages.at(-1)
    bytes += saving[1].length
    if (page !== undefined && page.length < SAVED_TOGETHER && bytes <= BYTES_TOGETHER) page.push(saving)
    else {
      pages.push([saving])
      bytes = saving[1].length
    }
  }
  return pages
}

/** Asks page by page, so that each has a deadline of its own. The failed keys of all pages make one `PartialFailure`. */
export function* inPages<K, T, R>(
  pages: readonly (readonly K[])[],
  ask: (page: readonly K[]) => Answer<T>,
  answerOf: (answers: T[]) => R,
): Flow<R> {
  const answers: T[] = []
  const failed: number[] = []
  let failure: PartialFailure | undefined
  let start = 0
  for (const page of pages) {
    try {
      answers.push(yield* wait(ask(page)))
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error
      failure ??= error
      answers.push(error.answer as T)
      for (const position of error.failed) failed.push(start + position)
    }
    start += page.length
  }
  if (failure === undefined) return answerOf(answers)
  throw new PartialFailure(failure.message, failed, answerOf(answers), { cause: failure.cause })
}

/** The failure of some keys of a call, with the answers about the others. */
export function partialFailure(cause: CacheError, failed: readonly number[], answer: unknown): PartialFailure {
  const message = `${cause.message} Some keys of the call are on other servers, which answered.`
  return new PartialFailure(message, failed, answer, { cause })
}

/** The sum of the counts of all pages. */
export function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
