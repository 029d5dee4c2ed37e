import type { SetOptions, Timeout } from './contract.ts'
import { isSetOptions, tagsOf } from './input.ts'
import { defaultLife } from './settings.ts'
import { durationOf } from './timeout.ts'

/** How an entry is to live: fresh for `life` ms, and for `grace` ms more in the store; `null` for ever. */
export interface Life {
  readonly life: number | null
  readonly grace: number | null
  readonly tags: readonly string[] | undefined
}

/**
 * The life that a verb was told to give.
 * @param usual what the cache gives when it is told nothing, in ms; `undefined` for what the process does
 */
export function lifeOf(given: Timeout | SetOptions | undefined, usual: number | null | undefined): Life {
  if (!isSetOptions(given)) return { life: durationFrom(given, usual), grace: 0, tags: undefined }
  const grace = given.staleFor === undefined ? 0 : durationOf(given.staleFor, 'staleFor')
  return { life: durationFrom(given.timeout, usual), grace, tags: tagsOf(given.tags) }
}

function durationFrom(timeout: Timeout | undefined, usual: number | null | undefined): number | null {
  if (timeout !== undefined) return durationOf(timeout)
  return usual === undefined ? defaultLife() : usual
}
