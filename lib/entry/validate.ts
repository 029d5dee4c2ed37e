import { CacheNotFound, ConfigError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import type {
  AdapterOptions,
  BackendErrorPolicy,
  Entries,
  GetOrSetOptions,
  Key,
  SetOptions,
  Timeout,
} from '../core/types.ts'
import { storedTag } from './entry.ts'
import { LOAD_OPTIONS } from './load-options.ts'

/** Converts a key to text. Throws a `TypeError` for a type that cannot be a key. */
export function keyOf(key: Key): string {
  if (typeof key === 'string') return key
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key)
  throw new TypeError(`A key must be a string, number, bigint or boolean, not ${key === null ? 'null' : typeof key}.`)
}

/** Throws `CacheNotFound`. */
export function missing(key: Key): never {
  throw new CacheNotFound(keyOf(key))
}

/** Converts pairs, a Map or a record to pairs of text and value. */
export function pairsOf(entries: Entries, text: (key: Key) => string = keyOf): [string, unknown][] {
  if (typeof entries !== 'object' || entries === null) {
    throw new TypeError(`Entries must be pairs, a Map or a record, not ${entries === null ? 'null' : typeof entries}.`)
  }
  const pairs = Symbol.iterator in entries ? entries : Object.entries(entries)
  return Array.from(pairs as Iterable<readonly [Key, unknown]>, ([key, value]) => [text(key), value])
}

/** Converts keys to text. A string is refused, although it is an iterable of letters. */
export function keysOf(keys: Iterable<Key>, text: (key: Key) => string = keyOf): string[] {
  if (typeof keys !== 'object' || keys === null || !(Symbol.iterator in keys)) {
    throw new TypeError(
      `Keys must be an array or another iterable of keys, not ${keys === null ? 'null' : typeof keys}.`,
    )
  }
  return Array.from(keys, text)
}

/** Validates the step of `increment`. */
export function finite(by: number): number {
  if (typeof by !== 'number') throw new TypeError(`The step of increment must be a number, not ${typeof by}.`)
  if (!Number.isFinite(by)) throw new RangeError(`The step of increment must be a finite number, not ${by}.`)
  return by
}

/** The names of the options of a stored value. */
export const SET_OPTIONS: readonly string[] = [
  'timeout',
  'until',
  'tags',
  'staleFor',
  'jitter',
] satisfies (keyof SetOptions)[]

/** The names of the options of `getOrSet`. */
export const GET_OR_SET_OPTIONS: readonly string[] = [...SET_OPTIONS, ...LOAD_OPTIONS]

/**
 * Returns the options that a verb received; `undefined` for a timeout. Other objects (a Date, an array) count as invalid
 * timeouts, which fail later. An unknown option throws a `TypeError`.
 */
export function optionsIn(given: Timeout | GetOrSetOptions | undefined, verb: string): GetOrSetOptions | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const prototype = Object.getPrototypeOf(given)
  if (prototype !== Object.prototype && prototype !== null) return undefined

  const message = unknownOption(given, verb === 'getOrSet' ? GET_OR_SET_OPTIONS : SET_OPTIONS, verb)
  if (message !== undefined) throw new TypeError(message)
  return given
}

/** The names of the options of every adapter, for `refuseUnknownOptions`. */
export const ADAPTER_OPTIONS: readonly string[] = [
  'prefix',
  'timeout',
  'onBackendError',
  'coder',
  'coders',
  'isolation',
  'clock',
  'touchOnGet',
  'version',
  'fence',
  'waitUntil',
  'tagTtl',
  'staleFor',
  'jitter',
  ...LOAD_OPTIONS,
] satisfies (keyof AdapterOptions)[]

/** The names of the options of every wrapper. */
export const WRAPPER_OPTIONS: readonly string[] = [
  'prefix',
  'timeout',
  'onBackendError',
  'version',
  'fence',
  'waitUntil',
  'tagTtl',
  'staleFor',
  'jitter',
  ...LOAD_OPTIONS,
] satisfies (keyof AdapterOptions)[]

/** Option names of other libraries, the equivalent option here, and a remark about the difference. */
const ELSEWHERE: readonly [names: RegExp, option: string, remark: string][] = [
  [
    /^(ttl|maxage|expir\w*|expires?in|px|ex|lifetime|duration|(ttl|maxage)_?(ms|s|sec|seconds))$/i,
    'timeout',
    ", in seconds or with a unit: timeout: 300, timeout: '5m'",
  ],
  [/^(max|maxsize|maxitems|maxkeys|maxlength|capacity|limit|lrusize|size)$/i, 'maxEntries', ''],
  [/^(keyprefix|namespace)$/i, 'prefix', ''],
  [/^(grace\w*|stale|stalettl|staleiferror|allowstale)$/i, 'staleFor', ", in seconds or with a unit: staleFor: '1h'"],
  [/^(stalewhilerevalidate|allowstalewhilerevalidate)$/i, 'swr', ', with staleFor: how long'],
]

/**
 * Throws a `ConfigError` for the first unknown option, and suggests the nearest known one.
 * @param given the options; symbols are ignored
 * @param known the names of all valid options
 * @param owner the class or function that takes them
 */
export function refuseUnknownOptions(given: object, known: readonly string[], owner: string): void {
  const message = unknownOption(given, known, owner)
  if (message !== undefined) throw new ConfigError(message)
}

/** Returns a message about the first unknown option; `undefined` if all are known. */
export function unknownOption(given: object, known: readonly string[], owner: string): string | undefined {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const [, option, remark] = ELSEWHERE.find(([names, option]) => names.test(name) && known.includes(option)) ?? []
    const nearest = option ?? nearestOf(name, known)
    const wayOut = nearest === undefined ? `Expected: ${known.join(', ')}.` : `Did you mean ${nearest}${remark ?? ''}?`
    return `${owner} has no option ${quoted(name)}. ${wayOut}`
  }
}

/** Returns the name with the smallest edit distance, if it is small enough. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3))
  const ranked = known.map((other) => ({ other, changes: changesBetween(name.toLowerCase(), other.toLowerCase()) }))
  const [best] = ranked.sort((a, b) => a.changes - b.changes)
  return best !== undefined && best.changes <= most ? best.other : undefined
}

/** Levenshtein distance: the number of letters to insert, delete or replace. */
function changesBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const replaced = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[other.length]!
}

/** Validates tags and returns their stored form; `undefined` for none. */
export function tagsOf(tags: readonly string[] | undefined): readonly string[] | undefined {
  if (tags === undefined) return undefined
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) {
    throw new TypeError('tags must be an array of strings.')
  }
  return tags.length === 0 ? undefined : tags.map(storedTag)
}

const POLICIES: readonly BackendErrorPolicy[] = ['bypass', 'miss', 'throw']

export function policyOf(policy: BackendErrorPolicy = 'bypass'): BackendErrorPolicy {
  if (POLICIES.includes(policy)) return policy
  throw new ConfigError(`onBackendError must be one of ${POLICIES.join(', ')}, not ${JSON.stringify(policy)}.`)
}

export function prefixOf(prefix: string): string {
  if (typeof prefix === 'string') return prefix
  throw new ConfigError(`prefix must be a string, not ${prefix === null ? 'null' : typeof prefix}.`)
}

/** Returns the version as a part of the prefix. */
export function versionOf(version: string | number | undefined): string {
  if (version === undefined || version === '') return ''
  if (typeof version === 'string' || typeof version === 'number') return `v${version}:`
  throw new ConfigError(`version must be a string or a number, not ${version === null ? 'null' : typeof version}.`)
}
