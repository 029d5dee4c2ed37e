import type { Timeout } from '../core/types.ts'
import type { Recipe } from './options.ts'

/** What is stored where errors are kept too; elsewhere it is the result itself. */
export type Box = { readonly value: unknown } | { readonly error: unknown }

/** A result in the form in which a function's results are stored. */
export function packed({ cacheErrors }: Recipe, result: unknown): unknown {
  return cacheErrors === undefined ? result : ({ value: result } satisfies Box)
}

/** The result in what was stored; an error that was stored is thrown. */
export function unpacked({ cacheErrors }: Recipe, kept: unknown): unknown {
  if (cacheErrors === undefined) return kept
  const box = kept as Box
  if ('error' in box) throw box.error
  return box.value
}

/** How long what was made is to live: `undefined` for as long as the options say, `false` when it is not to be kept. */
export function timeoutOf(recipe: Recipe, kept: unknown, args: readonly unknown[]): Timeout | false | undefined {
  const { cacheErrors, shouldCache, timeoutOf } = recipe
  if (cacheErrors !== undefined && 'error' in (kept as Box)) return undefined
  const result = unpacked(recipe, kept)
  if (shouldCache !== undefined && !shouldCache(result, ...args)) return false
  return timeoutOf?.(result, ...args)
}
