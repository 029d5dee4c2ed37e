/** What a cache answers that knows on the spot that nothing is there: a miss for `get`, with no need to ask the store. */
export const MISSING = Symbol('missing')

/** What a cache answers that cannot tell on the spot what is there: the store has to be asked. */
export const UNKNOWN = Symbol('unknown')

/** A key that is asked for again and again, beside which a cache may have what finds it sooner. */
export interface PreparedKey {
  readonly key: string
}

/** Whether a value was given, rather than one of the two above. */
export function isValue(answer: unknown): boolean {
  // What is no symbol, which most values are not, is known for a value by one comparison.
  return typeof answer !== 'symbol' || (answer !== MISSING && answer !== UNKNOWN)
}
