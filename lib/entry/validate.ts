import { CacheNotFound, ConfigError } from '../core/errors.ts'
import type { BackendErrorPolicy, Entries, Key, SetOptions, Timeout } from '../core/types.ts'

/** A key as the text that it is. Throws a `TypeError` for what can be no key. */
export function keyOf(key: Key): string {
  if (typeof key === 'string') return key
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key)
  throw new TypeError(`A key must be a string, number, bigint or boolean, not ${key === null ? 'null' : typeof key}.`)
}

/** Says that nothing is under a key. */
export function missing(key: Key): never {
  throw new CacheNotFound(keyOf(key))
}

/** Keys and values, however they were given: as pairs, a Map or a record. */
export function pairsOf(entries: Entries): [string, unknown][] {
  if (typeof entries !== 'object' || entries === null) {
    throw new TypeError(`Entries must be pairs, a Map or a record, not ${entries === null ? 'null' : typeof entries}.`)
  }
  const pairs = Symbol.iterator in entries ? entries : Object.entries(entries)
  return Array.from(pairs as Iterable<readonly [Key, unknown]>, ([key, value]) => [keyOf(key), value])
}

/** A step of `increment`: a safe integer. */
export function integer(by: number): number {
  if (typeof by !== 'number') throw new TypeError(`The step of increment must be a number, not ${typeof by}.`)
  if (!Number.isSafeInteger(by)) throw new RangeError(`The step of increment must be a safe integer, not ${by}.`)
  return by
}

const SET_OPTIONS: readonly string[] = ['timeout', 'tags', 'staleFor'] satisfies (keyof SetOptions)[]

/**
 * Whether options were given rather than a timeout. Other objects, a Date or an array say, are left to be refused as timeouts;
 * an option that there is not throws a `TypeError`.
 */
export function isSetOptions(given: Timeout | SetOptions | undefined): given is SetOptions {
  if (typeof given !== 'object' || given === null) return false
  const prototype = Object.getPrototypeOf(given)
  if (prototype !== Object.prototype && prototype !== null) return false

  const unknown = Object.keys(given).find((name) => !SET_OPTIONS.includes(name))
  if (unknown === undefined) return true
  throw new TypeError(`There is no option ${JSON.stringify(unknown)}. Known are: ${SET_OPTIONS.join(', ')}.`)
}

/** The tags of an entry: names, or none. */
export function tagsOf(tags: readonly string[] | undefined): readonly string[] | undefined {
  if (tags === undefined) return undefined
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) {
    throw new TypeError('tags must be an array of strings.')
  }
  return tags.length === 0 ? undefined : [...tags]
}

const POLICIES: readonly BackendErrorPolicy[] = ['bypass', 'miss', 'throw']

export function policyOf(policy: BackendErrorPolicy = 'bypass'): BackendErrorPolicy {
  if (POLICIES.includes(policy)) return policy
  throw new ConfigError(`onBackendError must be one of ${POLICIES.join(', ')}, not ${JSON.stringify(policy)}.`)
}

export function prefixOf(prefix: string): string {
  if (typeof prefix === 'string') return prefix
  throw new ConfigError(`prefix must be text, not ${prefix === null ? 'null' : typeof prefix}.`)
}
