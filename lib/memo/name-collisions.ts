import { quoted } from '../core/quoted.ts'
import type { Generation } from './generations.ts'
import type { Recipe } from './options.ts'

/** Which function has a name, in a cache and namespace; `undefined` once there has been a warning. */
const claims = new WeakMap<Generation, WeakRef<object> | undefined>()

/**
 * Warns when another function is memoised under the name of one. It would be given the other's results: that is meant where the
 * name was given, and an accident where it is the function's own. The same function made anew, as closures are, is no other.
 */
export function claim(generation: Generation, { fn, isNamed, name, namespace }: Recipe): void {
  if (isNamed) return
  const claimed = claims.get(generation)
  if (!claims.has(generation)) claims.set(generation, new WeakRef(fn))
  const other = claimed?.deref()
  if (other === undefined || String(other) === String(fn)) return

  claims.set(generation, undefined)
  process.emitWarning(
    `Two functions are memoised as ${quoted(name)} in the namespace ${quoted(namespace)} of one cache, and have each other's ` +
      'results. Give one of them another name: memoize(fn, { name }).',
    { code: 'POLYCACHE_MEMO_NAME' },
  )
}
