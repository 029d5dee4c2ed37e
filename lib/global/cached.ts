import type { Cache } from '../core/types.ts'
import { currentAsync, currentSync } from './active.ts'
import { Queue } from './assignments.ts'
import { type AsyncCached, type Cached, faceOf } from './cache-wrapper.ts'

/** The verbs that the faces hand on without a look at them, beside those of the hot path. */
const OTHERS = [
  'getOrFail',
  'add',
  'getOrSetAsync',
  'updateTimeout',
  'ttl',
  'pull',
  'increment',
  'decrement',
  'getMany',
  'setMany',
  'getOrSetMany',
  'clear',
  'connect',
  'close',
  'ping',
] as const satisfies readonly (keyof Cache)[]

// The overloads of the verbs are the faces' types; what goes through here is handed on as it came.
type Args = readonly never[]
type Handed = (...args: Args) => unknown

function others(call: (verb: (typeof OTHERS)[number], args: Args) => unknown): Record<string, Handed> {
  return Object.fromEntries(OTHERS.map((verb) => [verb, (...args: Args) => call(verb, args)]))
}

// The getters of the hot path are written out, each with the name of its function, so that V8 sees through them for certain:
// those made in a loop cost from 1 to 10 ns a call more, by what else the process does (bench/face.ts).
const now = {
  get: (key: never, fallback: never, options: never) => currentSync().get(key, fallback, options),
  set: (key: never, value: unknown, timeout: never) => currentSync().set(key, value, timeout),
  getOrSet: (key: never, value: never, timeout: never) => currentSync().getOrSet(key, value, timeout),
  has: (key: never) => currentSync().has(key),
  remove: (...keys: never[]) => currentSync().remove(...keys),
}

/** The global cache: the verbs of whatever adapter is current, in memory unless another was set. */
export const cached: Cached = faceOf(
  'sync',
  {
    get get() {
      return now.get
    },
    get set() {
      return now.set
    },
    get getOrSet() {
      return now.getOrSet
    },
    get has() {
      return now.has
    },
    get remove() {
      return now.remove
    },
    ...others((verb, args) => (currentSync()[verb] as Handed)(...args)),
    keys: (prefix?: string) => currentSync().keys(prefix),
    stats: () => currentSync().stats(),
    get mode() {
      return currentSync().mode
    },
    get capabilities() {
      return currentSync().capabilities
    },
  },
  {
    cache: currentSync,
    isAsync: () => currentSync().mode === 'async',
    get: (key) => currentSync().get(key),
    assign: (key, value) => void currentSync().set(key, value),
    remove: (key) => void currentSync().remove(key),
  },
)

const queue = new Queue(currentAsync)

const later = {
  get: (key: never, fallback: never, options: never) => queue.ask((cache) => cache.get(key, fallback, options)),
  set: (key: never, value: unknown, timeout: never) => queue.ask((cache) => cache.set(key, value, timeout)),
  getOrSet: (key: never, value: never, timeout: never) => queue.ask((cache) => cache.getOrSet(key, value, timeout)),
  has: (key: never) => queue.ask((cache) => cache.has(key)),
  remove: (...keys: never[]) => queue.ask((cache) => cache.remove(...keys)),
}

/** The global cache that always answers with promises. Any adapter may be behind it, synchronous ones too. */
export const asyncCached: AsyncCached = faceOf(
  'async',
  {
    get get() {
      return later.get
    },
    get set() {
      return later.set
    },
    get getOrSet() {
      return later.getOrSet
    },
    get has() {
      return later.has
    },
    get remove() {
      return later.remove
    },
    ...others((verb, args) => queue.ask((cache) => (cache[verb] as Handed)(...args))),
    keys: (prefix?: string) => queue.each((cache) => cache.keys(prefix)),
    stats: () => currentAsync().stats(),
    mode: 'async',
    get capabilities() {
      return currentAsync().capabilities
    },
    flush: () => queue.flush(),
  },
  {
    cache: currentAsync,
    isAsync: () => true,
    get: (key) => later.get(key as never, undefined as never, undefined as never),
    assign: (key, value) => queue.assign(key, (cache) => cache.set(key, value)),
    remove: (key) => queue.assign(key, (cache) => cache.remove(key)),
  },
)
