import { asOut, type Flow, isPromise, run, wait } from '../core/flow.ts'
import { quoted } from '../core/quoted.ts'
import type { Cache, Mode, Out } from '../core/types.ts'
import { currentAsync, currentSync } from '../global/active.ts'
import { CacheSource, inMode, isAsyncFunction } from './cache-source.ts'
import { generationIn, ofNamespace, renew } from './generations.ts'
import { cacheOf, described, namespaceOf } from './options.ts'
import type { MemoFailure } from './types.ts'
import { CacheFailures } from './warnings.ts'
import { copyFunctionProperties, type Fn } from './wrapping.ts'

/** The moment of a clear: after the function has succeeded, before it runs, or both. */
export type When = 'after' | 'before' | 'both'

/** The options of functions that clear namespaces. */
export interface ClearingOptions<C extends Cache = Cache> {
  /** The cache that is cleared. @default both `cached` and `asyncCached` */
  cache?: C | undefined
  /** The namespaces that are cleared. @default 'default' */
  namespaces?: string | readonly string[] | undefined
  /** The same, for one. */
  namespace?: string | undefined
  /** @default 'after' */
  when?: When | undefined
  /** Receives failures of the cache, which are not thrown to the callers. @default as for `memoize` */
  onError?: ((error: unknown, failure: MemoFailure) => void) | undefined
}

/** Names of namespaces: one by one, or in arrays. */
export type Names = readonly (string | readonly string[])[]

/**
 * Forgets the results of all functions in these namespaces, in constant time. Neighbors are untouched: clearing `a` leaves
 * `a:b` and `ab`. Without a cache, it clears both `cached` and `asyncCached`; results in memory are gone when the call
 * returns.
 */
export function clearNamespaces<M extends Mode>(cache: Cache<M>, ...namespaces: Names): Out<M, void>
export function clearNamespaces(...namespaces: Names): Promise<void>
export function clearNamespaces(...given: readonly (Cache | string | readonly string[])[]): unknown {
  const [first, ...others] = given
  const isCache = typeof first === 'object' && first !== null && !Array.isArray(first)
  return isCache ? clearIn(first as Cache, others as Names) : clearDefaults(given as Names)
}

/** Clears namespaces of a cache, in its mode. */
export function clearIn<M extends Mode>(cache: Cache<M>, namespaces: Names): Out<M, void> {
  return asOut(
    inMode(
      () => cache.mode === 'async',
      cleared(() => new CacheSource(cacheOf<Cache>(cache)).cache, namespaces),
    ),
  )
}

/** Clears namespaces of both `cached` and `asyncCached`. */
export async function clearDefaults(namespaces: Names): Promise<void> {
  const sources = currentSync() === currentAsync() ? [currentSync] : [currentSync, currentAsync]
  // Both are started before either is awaited: whatever can be cleared at once, is.
  await Promise.all(sources.map(async (source) => await run(cleared(source, namespaces))))
}

function* cleared(source: () => Cache, namespaces: Names): Flow<void> {
  const names = namesOf(namespaces)
  const cache = source()
  yield* renew(
    cache,
    names.map((name) => generationIn(cache, ofNamespace(name))),
  )
}

/** Checks namespaces, and flattens them. */
export function namesOf(names: Names): string[] {
  return names.flat().map((name) => namespaceOf(name))
}

/** A clear that accompanies the calls of a function. */
export interface Clearing {
  /** Receives `this` and the arguments of the call. */
  readonly clear: (self: unknown, args: readonly unknown[]) => unknown
  readonly when: When
  readonly onError: ClearingOptions['onError']
  /** The cache; `undefined` for both `cached` and `asyncCached`. */
  readonly cache: Cache | undefined
}

/** Reads options, or names of namespaces in their place. Throws a `TypeError` for anything else. */
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
      `Unknown option ${quoted(unknown)}. Expected one of: cache, namespaces, namespace, when, onError.`,
    )
  }
  const names = namesOf([namespaces])
  const clear = cacheOf(cache) === undefined ? () => clearDefaults(names) : () => clearIn(cache!, names)
  return clearingWith(fn, { clear, when: whenOf(when), onError, cache })
}

/** A function that clears something when it is called. A failing clear changes neither its result nor its error. */
export function clearingWith(fn: Fn, { clear, when, onError, cache }: Clearing): Fn {
  const failures = new CacheFailures({ name: fn.name, onError })
  const isAsync = (): boolean => isAsyncFunction(fn) || cache?.mode === 'async'

  function* clearing(self: unknown, args: readonly unknown[], isPatient: boolean): Flow<void> {
    try {
      const answer = clear(self, args)
      if (isPatient) yield* wait(answer)
      else if (isPromise(answer)) answer.catch((error) => failures.report(error))
    } catch (error) {
      failures.report(error)
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
    return inMode(isAsync, calling(this, args))
  }
  return copyFunctionProperties(cleared, fn)
}

const WHEN: readonly When[] = ['after', 'before', 'both']

/** Checks the option `when`. */
export function whenOf(when: When = 'after'): When {
  if (WHEN.includes(when)) return when
  throw new TypeError(`when must be one of ${WHEN.join(', ')}, not ${JSON.stringify(when)}.`)
}
