import { AdapterError, CoderError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import type { Generation } from './generations.ts'
import type { Recipe } from './options.ts'

/** Counts and reports failures of the cache, which the callers of a function do not see. */
export class CacheFailures {
  readonly #recipe: Pick<Recipe, 'name' | 'onError'>
  #count = 0
  #isWarned = false

  constructor(recipe: Pick<Recipe, 'name' | 'onError'>) {
    this.#recipe = recipe
  }

  get count(): number {
    return this.#count
  }

  report(error: unknown): void {
    this.#count++
    const { name, onError } = this.#recipe
    try {
      if (onError !== undefined) onError(error, { name })
      else if (!hasEvent(error)) this.#warn(error)
    } catch (thrownByListener) {
      this.#warn(thrownByListener)
    }
  }

  #warn(error: unknown): void {
    if (this.#isWarned) return
    this.#isWarned = true
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    warn('POLYCACHE_MEMO', `The function ${quoted(this.#recipe.name)} ran without its cache. ${reason}`)
  }
}

/** True if a failure has been counted by an event of the cache where it happened. */
function hasEvent(error: unknown): boolean {
  return error instanceof AdapterError || error instanceof CoderError
}

let isUnnamedReported = false

/** Warns once per process that a function without a name keeps its results to itself in a store that others share. */
export function reportUnnamed(name: string): void {
  if (isUnnamedReported) return
  isUnnamedReported = true
  warn(
    'POLYCACHE_MEMO_UNNAMED',
    `The results of the memoized function ${quoted(name)} are in a store that processes share, but it has no name to ` +
      "share them under: only this function in this process finds them. Give it one: memoize(fn, { name: 'Users.find' }).",
  )
}

/** The function that uses a name, by the generation of that name; `undefined` once a collision has been reported. */
const users = new WeakMap<Generation, WeakRef<object> | undefined>()

/** Warns once when two functions use one name in a cache and namespace: each gets the other's results. */
export function reportNameCollision(generation: Generation, { fn, name, namespace }: Recipe): void {
  const user = users.get(generation)
  if (!users.has(generation)) users.set(generation, new WeakRef(fn))
  const other = user?.deref()
  if (other === undefined || other === fn) return

  users.set(generation, undefined)
  warn(
    'POLYCACHE_MEMO_NAME',
    `Two functions are memoized under the name ${quoted(name)} in the namespace ${quoted(namespace ?? '')} of one cache, ` +
      "and get each other's results. Give one of them another name.",
  )
}

function warn(code: string, message: string): void {
  process.emitWarning(message, { code })
}
