import { types } from 'node:util'
import { type Answer, andThen } from '../core/flow.ts'
import type { Cache, GetOrSetOptions, Key, LoadOptions, SetOptions, Timeout } from '../core/types.ts'
import { durationOf } from '../entry/timeout.ts'
import { resolveTtl } from '../entry/ttl.ts'
import { keyOf } from '../entry/validate.ts'
import { hashKey, typedKey } from '../key-text/index.ts'
import { escaped } from './generations.ts'
import type { MemoFailure, MemoOptions } from './types.ts'
import type { Fn } from './wrapping.ts'

/** Makes the part of a key that stands for the arguments of a call. */
export type KeyText = (self: unknown, args: readonly unknown[]) => Answer<string>

/** A predicate or choice about a result, given the result and the arguments. */
type About<T> = (...resultAndArgs: readonly unknown[]) => Answer<T>

/** How a function is memoized: its options, checked, with the defaults filled in. */
export interface Recipe {
  readonly fn: Fn
  readonly cache: Cache | undefined
  /** `null`: keys are what the option `key` gives, and nothing else. */
  readonly namespace: string | null
  /** The name for messages and keys: the option, else the function's own. */
  readonly name: string
  /** True if the name was given, so that all functions of that name in the namespace share their results. */
  readonly isNamed: boolean
  /** True if a second function under the name is worth a warning. */
  readonly reportsCollisions: boolean
  /** The part of keys that stands for the function. */
  readonly id: string
  readonly keyText: KeyText
  /** True if keys are made here, so that they are there at once. */
  readonly hasOwnKeys: boolean
  /** True if keys depend on the arguments alone. */
  readonly hasPlainKeys: boolean
  readonly timeout: Timeout | undefined
  readonly timeoutFor: About<Timeout | undefined> | undefined
  readonly shouldCache: About<boolean> | undefined
  readonly cacheErrors: MemoOptions['cacheErrors']
  readonly onError: ((error: unknown, failure: MemoFailure) => void) | undefined
  /** The other options of `set`. */
  readonly setOptions: SetOptions
  /** The other options of `getOrSet`. */
  readonly loadOptions: LoadOptions
}

/** The options without the types of the function's arguments. */
export type LooseOptions = Omit<MemoOptions, 'timeout' | 'key' | 'keygen' | 'shouldCache'> & {
  timeout?: Timeout | About<Timeout | undefined> | undefined
  key?: ((...args: readonly unknown[]) => Answer<Key>) | undefined
  keygen?: ((typed: boolean, fn: Fn, ...args: readonly unknown[]) => Answer<Key>) | undefined
  shouldCache?: About<boolean> | undefined
}

/** Checks options. Throws a `TypeError` or `RangeError` that names the wrong one. */
export function recipeOf(fn: Fn, options: LooseOptions): Recipe {
  if (typeof fn !== 'function') throw new TypeError(`Only a function can be memoized, not ${described(fn)}.`)
  if (types.isGeneratorFunction(fn)) {
    throw new TypeError(
      `The generator function "${fn.name}" cannot be memoized: its first caller would use up the iterator. ` +
        'Memoize a function that returns an array.',
    )
  }
  const { cache, timeout, namespace, typed, key, keygen, name, shouldCache, cacheErrors, onError, ...rest } = options
  const fixed = typeof timeout === 'function' ? undefined : timeout
  resolveTtl({ ...rest, timeout: fixed, cacheErrors: errorsOf(cacheErrors) }, null, undefined, 'getOrSet')
  const { until, tags, staleFor, jitter, ...loadOptions } = rest
  functions({ key, keygen, shouldCache, onError })
  if (typed !== undefined && typeof typed !== 'boolean') {
    throw new TypeError(`typed must be true or false, not ${described(typed)}.`)
  }
  if (key !== undefined && keygen !== undefined) throw new TypeError('Give either key or keygen, not both.')
  const hasOwnKeys = key === undefined && keygen === undefined
  if (namespace === null && hasOwnKeys) {
    throw new TypeError(
      'namespace: null stores results under the very key that key gives: give the option key as well.',
    )
  }
  const named = nameOf(fn, name)

  return {
    fn,
    cache: cacheOf(cache),
    namespace: namespace === null ? null : namespaceOf(namespace),
    name: named,
    isNamed: name !== undefined,
    reportsCollisions: true,
    id: escaped(named),
    keyText: keyTextOf(fn, typed ?? false, key, keygen),
    hasOwnKeys,
    hasPlainKeys: hasOwnKeys,
    timeout: fixed,
    timeoutFor: typeof timeout === 'function' ? timeout : undefined,
    shouldCache,
    cacheErrors,
    onError,
    setOptions: { until, tags, staleFor, jitter },
    loadOptions,
  }
}

/** Checks the option `cacheErrors`. */
function errorsOf(option: LooseOptions['cacheErrors']): GetOrSetOptions['cacheErrors'] {
  if (typeof option === 'function' || option === undefined || typeof option === 'boolean') return option as never
  durationOf(option, 'cacheErrors')
  return option
}

/** Checks a namespace. */
export function namespaceOf(namespace = 'default'): string {
  if (typeof namespace === 'string') return namespace
  throw new TypeError(`A namespace must be text, not ${described(namespace)}.`)
}

/** Checks a cache; `undefined` stands for the default one. */
export function cacheOf<C extends Cache>(cache: C | undefined): C | undefined {
  if (cache === undefined || typeof cache?.getOrSet === 'function') return cache
  throw new TypeError(`cache must be a cache, such as new MemoryCache() or asyncCached, not ${described(cache)}.`)
}

function keyTextOf(fn: Fn, typed: boolean, key: LooseOptions['key'], keygen: LooseOptions['keygen']): KeyText {
  if (key !== undefined) return (self, args) => andThen(Reflect.apply(key, self, args), keyOf)
  if (keygen !== undefined) return (self, args) => andThen(Reflect.apply(keygen, self, [typed, fn, ...args]), keyOf)
  const defaultKey = typed ? typedKey : hashKey
  return (_, args) => defaultKey(...args)
}

function nameOf(fn: Fn, name: string | undefined): string {
  if (name === undefined) return typeof fn.name === 'string' && fn.name !== '' ? fn.name : 'anonymous'
  if (typeof name === 'string' && name !== '') return name
  throw new TypeError(`name must be text that is not empty, not ${name === '' ? "''" : described(name)}.`)
}

function functions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, option] of Object.entries(options)) {
    if (option !== undefined && typeof option !== 'function') {
      throw new TypeError(`${name} must be a function, not ${described(option)}.`)
    }
  }
}

/** The kind of a value, for messages. */
export function described(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`
}
