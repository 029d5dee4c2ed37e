import { asOut, type Flow, isPromise, run, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Cache, Mode, Out } from '../core/types.ts'
import { currentAsync, currentSync } from '../global/active.ts'
import { lookAlike } from './copy-function-properties.ts'
import { Failures } from './failures.ts'
import { namespaceKey, renewed } from './generations.ts'
import { inColour } from './mode.ts'
import { cacheOf, described, type Fn, namespaceOf } from './options.ts'
import { isAsyncFunction, Source } from './source.ts'
import type { MemoFailure } from './types.ts'

/** When a function clears: after it has succeeded, before it runs, or both. */
export type When = 'after' | 'before' | 'both'

/** The options of functions that clear namespaces. */
export interface ClearingOptions<C extends Cache = Cache> {
  /** Where. @default both `cached` and `asyncCached` */
  cache?: C | undefined
  /** What is cleared. @default 'default' */
  namespaces?: string | readonly string[] | undefined
  /** The same, for one. */
  namespace?: string | undefined
  /** @default 'after' */
  when?: When | undefined
  /** Told of every failure of the cache, which is no concern of the callers. @default as for `memoize` */
  onError?: ((error: unknown, failure: MemoFailure) => void) | undefined
}

/** Names of namespaces: one by one, or in arrays. */
export type Names = readonly (string | readonly string[])[]

/**
 * Forgets all that is kept for functions in these namespaces, and nothing of others: `a:b` and `ab` keep theirs when `a` is
 * cleared. It takes as long for a million results as for one. Without a cache, both `cached` and `asyncCached` are meant;
 * what is in memory is gone when the call returns.
 */
export function clearNamespaces<M extends Mode>(cache: Cache<M>, ...namespaces: Names): Out<M, void>
export function clearNamespaces(...namespaces: Names): Promise<void>
export function clearNamespaces(...given: readonly (Cache | string | readonly string[])[]): unknown {
  const [first, ...others] = given
  const isCache = typeof first === 'object' && first !== null && !Array.isArray(first)
  return isCache ? clearIn(first as Cache, others as Names) : clearDefaults(given as Names)
}

/** Clears namespaces of a cache, in its colour. */
export function clearIn<M extends Mode>(cache: Cache<M>, namespaces: Names): Out<M, void> {
  return asOut(
    inColour(
      () => cache.mode === 'async',
      cleared(() => new Source(cacheOf<Cache>(cache)).cache, namespaces),
    ),
  )
}

/** Clears namespaces of both `cached` and `asyncCached`. */
export async function clearDefaults(namespaces: Names): Promise<void> {
  const sources = currentSync() === currentAsync() ? [currentSync] : [currentSync, currentAsync]
  // All are begun before one is waited for: what can be done at once, is.
  await Promise.all(sources.map(async (source) => await run(cleared(source, namespaces))))
}

function* cleared(source: () => Cache, namespaces: Names): Flow<void> {
  yield* renewed(source(), namesOf(namespaces).map(namespaceKey))
}

/** Namespaces, if they can be. */
export function namesOf(names: Names): string[] {
  return names.flat().map((name) => namespaceOf(name))
}

/** What a function does beside what it does. */
export interface Aside {
  /** Given `this` and the arguments of the call. */
  readonly clear: (self: unknown, args: readonly unknown[]) => unknown
  readonly when: When
  readonly onError: ClearingOptions['onError']
  /** The cache; `undefined` for both faces. */
  readonly cache: Cache | undefined
}

/** Options, or names of namespaces in their place. Throws a `TypeError` for anything else. */
export function optionsFrom<O extends object>(given: readonly unknown[]): O {
  const [first = {}] = given
  if (typeof first === 'string' || Array.isArray(first)) return { namespaces: namesOf(given as Names) } as unknown as O
  if (typeof first === 'object' && first !== null) return first as O
  throw new TypeError(`Options are an object, such as { namespace: 'users' }, not ${described(first)}.`)
}

/** A function that clears namespaces when it is called: see `ClearingOptions`. */
export function clearing(fn: Fn, options: ClearingOptions): Fn {
  const { cache, namespace = 'default', namespaces = namespace, when, onError, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) {
    throw new TypeError(
      `There is no option ${quoted(unknown)}. Known are: cache, namespaces, namespace, when, onError.`,
    )
  }
  const names = namesOf([namespaces])
  const clear = cacheOf(cache) === undefined ? () => clearDefaults(names) : () => clearIn(cache!, names)
  return clearingAside(fn, { clear, when: whenOf(when), onError, cache })
}

/** A function that clears something when it is called. Its result or error is that of the function, whatever the cache does. */
export function clearingAside(fn: Fn, { clear, when, onError, cache }: Aside): Fn {
  const failures = new Failures({ name: fn.name, onError })
  const isAsync = (): boolean => isAsyncFunction(fn) || cache?.mode === 'async'

  function* clearing(self: unknown, args: readonly unknown[], isPatient: boolean): Flow<void> {
    try {
      const answer = clear(self, args)
      if (isPatient) yield* wait(answer)
      else if (isPromise(answer)) answer.catch((error) => failures.tell(error))
    } catch (error) {
      failures.tell(error)
    }
  }

  function* calling(self: unknown, args: readonly unknown[]): Flow<unknown> {
    // A synchronous function cannot wait for `asyncCached`, which is cleared beside `cached`.
    const isPatient = cache !== undefined || isAsyncFunction(fn)
    if (when !== 'after') yield* clearing(self, args, isPatient)
    const answer = Reflect.apply(fn, self, args)
    const result = yield* wait(answer)
    if (when !== 'before') yield* clearing(self, args, isPatient || isPromise(answer))
    return result
  }

  const cleared = function (this: unknown, ...args: unknown[]): unknown {
    return inColour(isAsync, calling(this, args))
  }
  return lookAlike(cleared, fn)
}

const WHEN: readonly When[] = ['after', 'before', 'both']

/** When to clear, if it can be then. */
export function whenOf(when: When = 'after'): When {
  if (WHEN.includes(when)) return when
  throw new TypeError(`when must be one of ${WHEN.join(', ')}, not ${JSON.stringify(when)}.`)
}
