import { AdapterError, CoderError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import type { Recipe } from './options.ts'

/** Tells of failures of the cache that are no concern of the caller. */
export class Failures {
  readonly #recipe: Pick<Recipe, 'name' | 'onError'>
  #count = 0
  #isWarned = false

  constructor(recipe: Pick<Recipe, 'name' | 'onError'>) {
    this.#recipe = recipe
  }

  get count(): number {
    return this.#count
  }

  tell(error: unknown): void {
    this.#count++
    const { name, onError } = this.#recipe
    try {
      if (onError !== undefined) onError(error, { name })
      else if (!hasEvent(error)) this.#warn(error)
    } catch (ofListener) {
      this.#warn(ofListener)
    }
  }

  #warn(error: unknown): void {
    if (this.#isWarned) return
    this.#isWarned = true
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    process.emitWarning(`The function ${quoted(this.#recipe.name)} ran without its cache. ${reason}`, {
      code: 'POLYCACHE_MEMO',
    })
  }
}

/** Whether a failure is counted, and told to those who listen, where it happens. */
function hasEvent(error: unknown): boolean {
  return error instanceof AdapterError || error instanceof CoderError
}
