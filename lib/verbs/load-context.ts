import { CacheError } from '../core/errors.ts'
import type { LoadContext, StaleEntry, Timeout } from '../core/types.ts'
import { durationOf } from '../entry/timeout.ts'
import { type ResolvedTtl, withTimeout } from '../entry/ttl.ts'
import { tagsOf } from '../entry/validate.ts'
import type { Load } from '../single-flight/loads.ts'

/** Thrown by `notModified()`. */
export const NOT_MODIFIED = Symbol('not modified')

/** The second argument of a loader, and what the loader said by it. */
export class Context implements LoadContext {
  readonly key: string
  readonly #load: Load
  #timeout: Timeout | undefined
  #staleMs: number | null | undefined
  #tags: readonly string[] | undefined
  #isStored = true

  constructor(key: string, load: Load) {
    this.key = key
    this.#load = load
  }

  get signal(): AbortSignal {
    this.#load.abort ??= new AbortController()
    return this.#load.abort.signal
  }

  get stale(): StaleEntry | undefined {
    const { stale } = this.#load
    return stale && { value: stale.value, created: stale.created, expires: stale.expires }
  }

  // Getters of functions: a loader may take them apart, and they cost nothing until then.

  get setTimeout(): (timeout: Timeout) => void {
    return (timeout) => {
      durationOf(timeout)
      this.#timeout = timeout
    }
  }

  get setStaleFor(): (staleFor: Timeout) => void {
    return (staleFor) => {
      this.#staleMs = durationOf(staleFor, 'staleFor')
    }
  }

  get setTags(): (...tags: string[]) => void {
    return (...tags) => {
      this.#tags = tagsOf(tags) ?? []
    }
  }

  get noStore(): () => void {
    return () => {
      this.#isStored = false
    }
  }

  get fail(): (reason: unknown) => never {
    return (reason) => {
      throw reason instanceof Error ? reason : new CacheError(`The loader failed: ${String(reason)}`, 'E_LOAD')
    }
  }

  get notModified(): () => never {
    return () => {
      if (this.#load.stale !== undefined) throw NOT_MODIFIED
      throw new CacheError('notModified() needs a stale entry, and there is none: see context.stale.', 'E_LOAD')
    }
  }

  /** How the value is to be stored; `undefined` if it is not. */
  resolve(ttl: ResolvedTtl): ResolvedTtl | undefined {
    if (!this.#isStored) return undefined
    let resolved = this.#timeout === undefined ? ttl : withTimeout(ttl, this.#timeout)
    if (this.#staleMs !== undefined) resolved = { ...resolved, staleMs: this.#staleMs }
    return this.#tags === undefined ? resolved : { ...resolved, tags: this.#tags.length === 0 ? undefined : this.#tags }
  }
}
