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

/** A call to several keys of which only some failed. */
export class PartialFailure extends Error {
  /** The keys that failed. */
  readonly failedKeys: readonly string[]

  constructor(cause: unknown, failedKeys: readonly string[]) {
    super('some keys failed', { cause })
    this.failedKeys = failedKeys
  }
}

/**
 * All answers, in order; if some failed, a `PartialFailure` with the keys of those, or the first failure if all did.
 * @param keysOf the keys that the answer of that index is about
 */
export async function settleByKey<T>(
  answers: readonly Promise<T>[],
  keysOf: (index: number) => readonly string[],
): Promise<T[]> {
  const settled = await Promise.allSettled(answers)
  const failed = settled.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))
  if (failed.length === 0) return settled.map((answer) => (answer as PromiseFulfilledResult<T>).value)

  const { reason } = settled[failed[0]!] as PromiseRejectedResult
  if (failed.length === settled.length) throw reason
  throw new PartialFailure(reason, failed.flatMap(keysOf))
}

/** Items in pages of at most `size`, in order. */
export function pagesOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size))
}
