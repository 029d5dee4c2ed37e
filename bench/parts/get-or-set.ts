import { createHook } from 'node:async_hooks'
import { adapterSet, asyncAdapterSet, asyncCached, cached } from '../../lib/index.ts'
import { awaiting, check, keysOf, peer, picksOf, small } from '../data.ts'
import type { Loop, Part } from '../part.ts'

/** `getOrSet` of what is there already: 1000 entries in memory with a time to live. */

const keys = keysOf(1000)
const pick = picksOf(keys)

function make(): never {
  throw new Error('Everything is there: nothing has to be made.')
}

function fill(): void {
  adapterSet('memory')
  keys.forEach((key, i) => {
    cached.set(key, small(i))
  })
}

function getOrSet(times: number): void {
  let found = 0
  for (let i = 0; i < times; i++) if (cached.getOrSet<unknown>(pick(i), make) !== undefined) found++
  check(found, times)
}

/** How many promises an operation makes. */
function promisesOf(loop: (times: number) => void): Loop {
  return (times) => {
    let promises = 0
    const count = (_id: number, type: string): void => {
      if (type === 'PROMISE') promises++
    }
    const hook = createHook({ init: count }).enable()
    loop(times)
    hook.disable()
    return promises / times
  }
}

interface Timed {
  readonly value: unknown
  readonly until: number
}

const BARE = 'an awaited resolved promise'
const LOOK_UP = 'the same of a look-up with a deadline'

export const part: Part = {
  title: 'getOrSet of what is there',
  clock: 'processor',
  contestants: {
    'cached.get': () => {
      fill()
      return {
        hit: (times) => {
          let found = 0
          for (let i = 0; i < times; i++) if (cached.get(pick(i)) !== undefined) found++
          check(found, times)
        },
      }
    },
    'cached.getOrSet': () => {
      fill()
      return { hit: getOrSet }
    },
    'cached.getOrSet, counted': () => {
      fill()
      return { 'promises per operation': promisesOf(getOrSet) }
    },
    'asyncCached.getOrSet': async () => {
      asyncAdapterSet('memory')
      await asyncCached.setMany(keys.map((key, i) => [key, small(i)] as const))
      return { hit: awaiting(pick, (key) => asyncCached.getOrSet<unknown>(key, make)) }
    },
    [BARE]: () => {
      const value = small(1)
      return { hit: awaiting(pick, () => Promise.resolve(value)) }
    },
    [LOOK_UP]: () => {
      const map = new Map(
        keys.map((key, i): [string, Timed] => [key, { value: small(i), until: Date.now() + 300_000 }]),
      )
      return {
        hit: awaiting(pick, (key) => {
          const { value, until } = map.get(key)!
          return until > Date.now() ? Promise.resolve(value) : Promise.reject(new Error('expired'))
        }),
      }
    },
    'async-cache-dedupe': async () => {
      interface Dedupe {
        define(name: string, make: (key: string) => Promise<unknown>): void
      }
      const { createCache } = await peer<{ createCache: (options: object) => Dedupe }>('async-cache-dedupe')
      const cache = createCache({ ttl: 300, storage: { type: 'memory', options: { size: 10_000 } } })
      cache.define('find', async (key) => small(keys.indexOf(key)))
      const defined = cache as unknown as { find(key: string): Promise<unknown> }
      for (const key of keys) await defined.find(key)
      return { hit: awaiting(pick, (key) => defined.find(key)) }
    },
    BentoCache: async () => {
      interface Bento {
        getOrSet(options: { key: string; ttl: string; factory: () => unknown }): Promise<unknown>
      }
      interface Package {
        BentoCache: new (options: object) => Bento
        bentostore: () => { useL1Layer(driver: unknown): unknown }
      }
      const { BentoCache, bentostore } = await peer<Package>('bentocache')
      const { memoryDriver } = await peer<{ memoryDriver: (options: object) => unknown }>('bentocache/drivers/memory')
      const stores = { memory: bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 })) }
      const bento = new BentoCache({ default: 'memory', stores })
      for (const [i, key] of keys.entries()) await bento.getOrSet({ key, ttl: '5m', factory: () => small(i) })
      return { hit: awaiting(pick, (key) => bento.getOrSet({ key, ttl: '5m', factory: make })) }
    },
  },
  figures: (of) => {
    const ours = of('asyncCached.getOrSet', 'hit')
    return [
      {
        what: 'cached.getOrSet, hit: to cached.get',
        value: of('cached.getOrSet', 'hit') / of('cached.get', 'hit'),
        atMost: 1.5,
      },
      {
        what: 'cached.getOrSet, hit: promises',
        value: of('cached.getOrSet, counted', 'promises per operation'),
        unit: 'promises',
        atMost: 0,
      },
      { what: `asyncCached.getOrSet, hit: to ${BARE}`, value: ours / of(BARE, 'hit'), atMost: 1.5 },
      { what: `asyncCached.getOrSet, hit: to ${LOOK_UP}`, value: ours / of(LOOK_UP, 'hit'), atMost: 1.5 },
      {
        what: 'asyncCached.getOrSet, hit: faster than async-cache-dedupe',
        value: of('async-cache-dedupe', 'hit') / ours,
        atLeast: 4,
      },
      { what: 'asyncCached.getOrSet, hit: faster than BentoCache', value: of('BentoCache', 'hit') / ours, atLeast: 15 },
    ]
  },
}
