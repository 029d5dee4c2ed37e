import { adapterSet, type Cache, cached, MemoryCache } from '../../lib/index.ts'
import { check, keysOf, picksOf, small } from '../data.ts'
import type { Contestant, Loops, Part } from '../part.ts'

/** The cost of `cached` over the adapter behind it: over one that does next to nothing, and over the one in memory. */

const keys = keysOf(1000)
const pick = picksOf(keys)

function bare(): Cache<'sync'> {
  const map = new Map(keys.map((key, i) => [key, small(i)]))
  const cache = { mode: 'sync', get: (key: string) => map.get(key), set: () => {}, close: () => {} }
  return cache as unknown as Cache<'sync'>
}

function memory(): Cache<'sync'> {
  const cache = new MemoryCache()
  keys.forEach((key, i) => {
    cache.set(key, small(i))
  })
  return cache
}

function loopOver(cache: Pick<Cache<'sync'>, 'get'>): Loops {
  return {
    get(times) {
      let found = 0
      for (let i = 0; i < times; i++) if (cache.get(pick(i)) !== undefined) found++
      check(found, times)
    },
  }
}

function contestants(name: string, adapter: () => Cache<'sync'>): Record<string, Contestant> {
  return {
    [name]: () => loopOver(adapter()),
    [`cached over ${name}`]: () => {
      adapterSet(adapter())
      return loopOver(cached)
    },
    [`cached over ${name}, used as a dictionary before`]: () => {
      adapterSet(adapter())
      for (const key of keys) if (cached[key] === undefined && !(key in cached)) cached[key] = 0
      return loopOver(cached)
    },
  }
}

export const part: Part = {
  title: 'cached.get, over the get of its adapter',
  clock: 'processor',
  contestants: { ...contestants('a bare Map', bare), ...contestants('MemoryCache', memory) },
  figures: (of) =>
    ['a bare Map', 'MemoryCache'].flatMap((adapter) =>
      ['', ', used as a dictionary before'].map((before) => ({
        what: `cached.get over ${adapter}${before}: over the adapter's own`,
        value: of(`cached over ${adapter}${before}`, 'get') - of(adapter, 'get'),
        unit: 'ns',
        atMost: 5,
      })),
    ),
}
