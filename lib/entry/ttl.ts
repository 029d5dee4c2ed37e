import type { SetOptions, Timeout } from '../core/types.ts'
import { defaultLife } from './settings.ts'
import { durationOf } from './timeout.ts'
import { isSetOptions, tagsOf } from './validate.ts'

/** How an entry is to live: fresh for `life` ms, and for `grace` ms more in the store; `null` for ever. */
export interface Life {
  readonly life: number | null
  readonly grace: number | null
  readonly tags: readonly string[] | undefined
  /** Has the last word on what `getOrSet` made. */
  readonly keeper?: Keeper | undefined
}

/** Says what becomes of a value that was made: what memoised functions tell `getOrSet` beside its options. */
export interface Keeper {
  /** How long a value is to live; `undefined` for as long as the options say, `false` when it is not to be kept. */
  timeoutOf?(value: unknown): Timeout | false | undefined
  /** Told of a failure of the cache, which is no concern of the caller then, whatever `onBackendError` says. */
  failed(error: unknown): void
}

/** Where options have their keeper. A symbol, so that it is no option of anybody else. */
export const KEEPER = Symbol('keeper')

/**
 * The life that a verb was told to give.
 * @param usual what the cache gives when it is told nothing, in ms; `undefined` for what the process does
 */
export function lifeOf(given: Timeout | SetOptions | undefined, usual: number | null | undefined): Life {
  if (given === undefined) return usualLife(usual === undefined ? defaultLife() : usual)
  if (!isSetOptions(given)) return { life: durationFrom(given, usual), grace: 0, tags: undefined }
  const grace = given.staleFor === undefined ? 0 : durationOf(given.staleFor, 'staleFor')
  const { [KEEPER]: keeper } = given as { readonly [KEEPER]?: Keeper }
  return { life: durationFrom(given.timeout, usual), grace, tags: tagsOf(given.tags), keeper }
}

let lastUsual: Life = { life: null, grace: 0, tags: undefined }

/** The life of who is told nothing: mostly the same one again, so that it is not made anew for every entry. */
function usualLife(life: number | null): Life {
  if (lastUsual.life !== life) lastUsual = { life, grace: 0, tags: undefined }
  return lastUsual
}

/** The life of a value that was made, or `undefined` when it is not to be kept. */
export function lifeOfMade(value: unknown, life: Life): Life | undefined {
  const timeout = life.keeper?.timeoutOf?.(value)
  if (timeout === undefined) return life
  return timeout === false ? undefined : { ...life, life: durationOf(timeout) }
}

function durationFrom(timeout: Timeout | undefined, usual: number | null | undefined): number | null {
  if (timeout !== undefined) return durationOf(timeout)
  return usual === undefined ? defaultLife() : usual
}
