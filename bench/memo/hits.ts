import { adapterSet, asyncAdapterSet, cached } from '../../lib/index.ts'
import { memoize } from '../../lib/memo/index.ts'
import { asking, awaiting, keysOf, peer, picksOf, type Small, small } from '../data.ts'
import type { Contestant, Loop, Part } from '../part.ts'

/**
 * Hits of memoized functions: 1000 results in memory, each with a TTL.
 *
 * At equal features the others are given what they lack: keys of all arguments that tell types apart (`JSON.stringify`), and a
 * bounded cache with an exact time to live (lru-cache). As they come, their key is the first argument alone, and they are not
 * bounded.
 */

const TTL_MS = 300_000
const keys = keysOf(1000)
const pick = picksOf(keys)

const load = (key: string, _where?: number): Small => small(key.length)
const loadLater = async (key: string): Promise<Small> => small(key.length)

type Ask = (key: string, where?: number) => unknown

function calling(ask: Ask): Loop {
  for (const key of keys) ask(key)
  return asking(pick, ask)
}

function callingWithTwo(ask: Ask): Loop {
  const askWithTwo = (key: string): unknown => ask(key, 7)
  for (const key of keys) askWithTwo(key)
  return asking(pick, askWithTwo)
}

async function callingLater(ask: Ask): Promise<Loop> {
  for (const key of keys) await ask(key)
  return awaiting(pick, ask as (key: string) => Promise<unknown>)
}

interface Lru {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  has(key: string): boolean
  delete(key: string): boolean
  memo(key: string): unknown
}

/** A bounded cache with an exact time to live, which is what the others are given. */
async function lru(memoMethod?: (key: string) => unknown): Promise<Lru> {
  const { LRUCache } = await peer<{ LRUCache: new (options: object) => Lru }>('lru-cache')
  return new LRUCache({ max: 100_000, ttl: TTL_MS, ttlResolution: 0, memoMethod })
}

type Memoizer = { default: (fn: unknown, options?: object) => Ask }
const allArguments = (args: readonly unknown[]): string => JSON.stringify(args)

const ONE = 'one argument'
const TWO = 'two arguments'
const LATER = 'one argument, a promise'

const OURS = 'memoize of polycache'
const MEMOIZE = 'memoize'
const P_MEMOIZE = 'p-memoize'
const LRU = 'memo of lru-cache'
const EQUAL = 'at equal features'
const AS_IT_COMES = 'as it comes'

const contestants: Record<string, Contestant> = {
  'cached.get': () => {
    adapterSet('memory')
    for (const key of keys) cached.set(key, load(key))
    return { [ONE]: calling((key) => cached.get(key)) }
  },
  [OURS]: () => {
    adapterSet('memory')
    return { [ONE]: calling(memoize(load)) }
  },
  [`${OURS}, two arguments`]: () => {
    adapterSet('memory')
    return { [TWO]: callingWithTwo(memoize(load)) }
  },
  [`${OURS}, a promise`]: async () => {
    asyncAdapterSet('memory')
    return { [LATER]: await callingLater(memoize(loadLater)) }
  },
  [`${MEMOIZE} ${EQUAL}`]: async () => {
    const { default: memoized } = await peer<Memoizer>('memoize')
    const options = async () => ({ maxAge: TTL_MS, cacheKey: allArguments, cache: await lru() })
    return { [ONE]: calling(memoized(load, await options())), [TWO]: callingWithTwo(memoized(load, await options())) }
  },
  [`${MEMOIZE} ${AS_IT_COMES}`]: async () => {
    const { default: memoized } = await peer<Memoizer>('memoize')
    return { [ONE]: calling(memoized(load, { maxAge: TTL_MS })) }
  },
  [`${P_MEMOIZE} ${EQUAL}`]: async () => {
    const { default: memoized } = await peer<Memoizer>('p-memoize')
    return { [LATER]: await callingLater(memoized(loadLater, { cacheKey: allArguments, cache: await lru() })) }
  },
  [`${P_MEMOIZE} ${AS_IT_COMES}`]: async () => {
    const { default: memoized } = await peer<Memoizer>('p-memoize')
    return { [LATER]: await callingLater(memoized(loadLater)) }
  },
  [`${LRU} ${EQUAL}`]: async () => {
    const cache = await lru((text) => load((JSON.parse(text) as [string])[0]))
    const memoized = (...args: unknown[]): unknown => cache.memo(allArguments(args))
    return { [ONE]: calling(memoized), [TWO]: callingWithTwo(memoized) }
  },
  [`${LRU} ${AS_IT_COMES}`]: async () => {
    const cache = await lru((key) => load(key))
    return { [ONE]: calling((key) => cache.memo(key)) }
  },
}

export const part: Part = {
  title: 'Memoized functions whose results are there',
  clock: 'processor',
  contestants,
  figures: (of) => {
    const ours = { [ONE]: OURS, [TWO]: `${OURS}, two arguments`, [LATER]: `${OURS}, a promise` }
    const faster = (name: string, loop: keyof typeof ours, atLeast?: number) => ({
      what: `${loop}: faster than ${name}`,
      value: of(name, loop) / of(ours[loop]!, loop),
      atLeast,
    })
    return [
      { what: `${ONE}: to cached.get`, value: of(OURS, ONE) / of('cached.get', ONE), atMost: 2 },
      faster(`${MEMOIZE} ${EQUAL}`, ONE, 1),
      faster(`${LRU} ${EQUAL}`, ONE, 1),
      faster(`${MEMOIZE} ${EQUAL}`, TWO, 1),
      faster(`${LRU} ${EQUAL}`, TWO, 1),
      faster(`${P_MEMOIZE} ${EQUAL}`, LATER, 1),
      faster(`${MEMOIZE} ${AS_IT_COMES}`, ONE),
      faster(`${LRU} ${AS_IT_COMES}`, ONE),
      faster(`${P_MEMOIZE} ${AS_IT_COMES}`, LATER),
    ]
  },
}
