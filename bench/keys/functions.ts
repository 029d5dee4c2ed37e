import { fullHashKey, hashJsonKey, hashKey, jsonKey } from '../../lib/key-text/index.ts'
import { peer } from '../data.ts'
import type { Contestant, Figure, Loop, Part } from '../part.ts'

/** Keys of the arguments of a function: as text that can be read, and as a hash. */

const COUNT = 1000

/** Arguments, as many lists of them as are gone through in turn. */
const ARGUMENTS: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  'a number': lists((i) => [i]),
  'a string': lists((i) => [`user:${i}:profile`]),
  'a string and a number': lists((i) => [`user:${i}:profile`, i]),
  'an object': lists((i) => [
    { tenant: `tenant:${i}`, limit: i, filter: { status: ['open', 'late'], since: '2024-01-01' }, deep: true },
  ]),
  'an object of 10 KB': lists((i) => [
    {
      page: i,
      rows: Array.from({ length: 100 }, (_, id) => ({ id, name: `name of ${id}`, tags: ['a', 'b'], ok: true })),
    },
  ]),
}

// Parsed values have flat, internalized strings, like most arguments of functions.
function lists(make: (i: number) => unknown[]): unknown[][] {
  return JSON.parse(JSON.stringify(Array.from({ length: COUNT }, (_, i) => make(i))))
}

function contestant(load: () => Promise<(...args: readonly unknown[]) => string>): Contestant {
  return async () => {
    const keyOf = await load()
    const loops = Object.entries(ARGUMENTS).map(([name, lists]): [string, Loop] => [name, loopOf(keyOf, lists)])
    return Object.fromEntries(loops)
  }
}

function loopOf(keyOf: (...args: readonly unknown[]) => string, lists: readonly (readonly unknown[])[]): Loop {
  const [first, second] = lists
  if (keyOf(...first!) === keyOf(...second!)) throw new Error('Two lists of arguments have the same key.')
  return (times) => {
    let length = 0
    for (let i = 0; i < times; i++) length += keyOf(...lists[i % COUNT]!).length
    if (length === 0) throw new Error('There are no keys.')
  }
}

/** One that takes a single value: what a memoizing library gives it is the list of the arguments. */
function ofList(load: () => Promise<(list: readonly unknown[]) => string>): Contestant {
  return contestant(async () => {
    const keyOf = await load()
    return (...args) => keyOf(args)
  })
}

type Stringify = (value: unknown) => string

const TEXTS: Readonly<Record<string, Contestant>> = {
  jsonKey: contestant(async () => jsonKey),
  hashKey: contestant(async () => hashKey),
  'JSON.stringify, not canonical': ofList(async () => JSON.stringify),
  'safe-stable-stringify': ofList(async () => (await peer<{ default: Stringify }>('safe-stable-stringify')).default),
  'fast-json-stable-stringify': ofList(
    async () => (await peer<{ default: Stringify }>('fast-json-stable-stringify')).default,
  ),
  'ohash serialize': ofList(async () => (await peer<{ serialize: Stringify }>('ohash')).serialize),
}

const HASHES: Readonly<Record<string, Contestant>> = {
  hashJsonKey: contestant(async () => hashJsonKey),
  fullHashKey: contestant(async () => fullHashKey),
  'ohash hash': ofList(async () => (await peer<{ hash: Stringify }>('ohash')).hash),
  'object-hash': ofList(async () => (await peer<{ default: Stringify }>('object-hash')).default),
}

/** Ours, and whom each is measured against. */
const RIVALS: readonly (readonly [string, string])[] = [
  ...Object.keys(TEXTS)
    .slice(2)
    .map((other) => ['hashKey', other] as const),
  ...Object.keys(HASHES)
    .slice(2)
    .map((other) => ['hashJsonKey', other] as const),
]

export const part: Part = {
  title: 'Keys of arguments',
  clock: 'processor',
  contestants: { ...TEXTS, ...HASHES },
  figures: (of) =>
    Object.keys(ARGUMENTS).flatMap((loop) =>
      RIVALS.map(
        ([ours, other]): Figure => ({
          what: `${ours} of ${loop}: to ${other}`,
          value: of(ours, loop) / of(other, loop),
        }),
      ),
    ),
}
