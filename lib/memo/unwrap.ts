import { shared } from '../core/process-state.ts'

/** The functions behind those that were put in front of them, for every copy of this package in the process. */
const originals = shared('memo.originals', () => new WeakMap<object, object>())

/** Remembers what a function stands in front of. */
export function remember<F extends object>(fn: F, original: object): F {
  originals.set(fn, original)
  return fn
}

/** The function behind a memoised one; any other is its own. */
export function originalOf<F extends object>(fn: F): F {
  return (originals.get(fn) as F | undefined) ?? fn
}
