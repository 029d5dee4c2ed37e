import { type Answer, andThen } from '../core/flow.ts'
import type { Cache, Key, SetOptions, Timeout } from '../core/types.ts'
import { resolveTtl } from '../entry/ttl.ts'
import { keyOf } from '../entry/validate.ts'
import { hashKey, typedKey } from '../key-text/index.ts'
import { escaped } from './generations.ts'
import type { MemoFailure, MemoOptions } from './types.ts'

/** A function whose arguments nobody here looks at. */
export type Fn = (...args: readonly unknown[]) => unknown

/** The key of a call's arguments. */
export type TextOf = (self: unknown, args: readonly unknown[]) => Answer<string>

/** How a function is memoised: its options, checked, and with the defaults filled in. */
export interface Recipe {
  readonly fn: Fn
  readonly cache: Cache | undefined
  readonly namespace: string
  readonly name: string
  /** Whether the name was given. */
  readonly isNamed: boolean
  /** What its entries are known by in the namespace: the name as a part of keys, and whether errors are among them. */
  readonly id: string
  readonly textOf: TextOf
  /** Whether keys are made here, so that they are there at once. */
  readonly hasOwnKeys: boolean
  /** Whether there is nothing else in them than the arguments. */
  readonly hasPlainKeys: boolean
  readonly timeout: Timeout | undefined
  readonly timeoutOf: ((...resultAndArgs: readonly unknown[]) => Timeout | undefined) | undefined
  readonly shouldCache: ((...resultAndArgs: readonly unknown[]) => boolean) | undefined
  readonly cacheErrors: ((error: unknown) => boolean) | undefined
  readonly onError: ((error: unknown, failure: MemoFailure) => void) | undefined
  /** What else `set` is told. */
  readonly rest: SetOptions
}

/** The options of which the arguments' types have been checked, and are not looked at any more. */
export type LooseOptions = Omit<MemoOptions, 'timeout' | 'key' | 'keygen' | 'shouldCache'> & {
  timeout?: Timeout | ((...args: readonly unknown[]) => Timeout | undefined) | undefined
  key?: ((...args: readonly unknown[]) => Answer<Key>) | undefined
  keygen?: ((typed: boolean, fn: Fn, ...args: readonly unknown[]) => Answer<Key>) | undefined
  shouldCache?: ((...args: readonly unknown[]) => boolean) | undefined
}

/** Checks options. Throws a `TypeError` or `RangeError` that names what is wrong. */
export function recipeOf(fn: Fn, options: LooseOptions): Recipe {
  if (typeof fn !== 'function') throw new TypeError(`Only a function can be memoised, not ${described(fn)}.`)
  const { cache, timeout, namespace, typed, key, keygen, name, shouldCache, cacheErrors, onError, ...rest } = options
  const fixed = typeof timeout === 'function' ? undefined : timeout
  resolveTtl({ ...rest, timeout: fixed }, null)
  functions({
    key,
    keygen,
    shouldCache,
    onError,
    cacheErrors: typeof cacheErrors === 'boolean' ? undefined : cacheErrors,
  })
  if (typed !== undefined && typeof typed !== 'boolean') {
    throw new TypeError(`typed must be true or false, not ${described(typed)}.`)
  }
  if (key !== undefined && keygen !== undefined) throw new TypeError('Give either key or keygen, not both.')
  const named = nameOf(fn, name)
  const hasOwnKeys = key === undefined && keygen === undefined

  return {
    fn,
    cache: cacheOf(cache),
    namespace: namespaceOf(namespace),
    name: named,
    isNamed: name !== undefined,
    id: cacheErrors ? `${escaped(named)}!` : escaped(named),
    textOf: textOf(fn, typed ?? false, key, keygen),
    hasOwnKeys,
    hasPlainKeys: hasOwnKeys,
    timeout: fixed,
    timeoutOf: typeof timeout === 'function' ? timeout : undefined,
    shouldCache,
    cacheErrors: typeof cacheErrors === 'boolean' ? (cacheErrors ? () => true : undefined) : cacheErrors,
    onError,
    rest,
  }
}

/** A namespace, if it can be one. */
export function namespaceOf(namespace = 'default'): string {
  if (typeof namespace === 'string') return namespace
  throw new TypeError(`A namespace must be text, not ${described(namespace)}.`)
}

/** A cache, if it is one; none means the default. */
export function cacheOf<C extends Cache>(cache: C | undefined): C | undefined {
  if (cache === undefined || typeof cache?.getOrSet === 'function') return cache
  throw new TypeError(`cache must be a cache, such as new MemoryCache() or asyncCached, not ${described(cache)}.`)
}

function textOf(fn: Fn, typed: boolean, key: LooseOptions['key'], keygen: LooseOptions['keygen']): TextOf {
  if (key !== undefined) return (self, args) => andThen(Reflect.apply(key, self, args), keyOf)
  if (keygen !== undefined) return (self, args) => andThen(Reflect.apply(keygen, self, [typed, fn, ...args]), keyOf)
  const defaultKey = typed ? typedKey : hashKey
  return (_, args) => defaultKey(...args)
}

function nameOf(fn: Fn, name: string = fn.name): string {
  if (typeof name !== 'string') throw new TypeError(`name must be text, not ${described(name)}.`)
  if (name !== '') return name
  throw new TypeError("An anonymous function cannot be memoised without a name: memoize(fn, { name: 'loadUser' }).")
}

function functions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, option] of Object.entries(options)) {
    if (option !== undefined && typeof option !== 'function') {
      throw new TypeError(`${name} must be a function, not ${described(option)}.`)
    }
  }
}

/** What something is, for messages. */
export function described(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`
}
