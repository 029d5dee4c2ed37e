import { MemoryCache } from '../../lib/index.ts'
import { DebugCache, LockedCache, PrefixedCache, StatsCache, TwoLevelCache } from '../../lib/wrappers/index.ts'
import { check, keysOf, picksOf, small } from '../data.ts'
import type { Contestant, Figure, Part } from '../part.ts'

/** The time that each wrapper adds to a hit, over the cache in memory. */

const keys = keysOf(1000)
const pick = picksOf(keys)

const BARE = 'MemoryCache'

const wrappers: Record<string, (memory: MemoryCache) => Pick<MemoryCache, 'get' | 'set'>> = {
  [BARE]: (memory) => memory,
  PrefixedCache: (memory) => new PrefixedCache(memory, 'a:'),
  StatsCache: (memory) => new StatsCache(memory),
  'DebugCache, off': (memory) => new DebugCache(memory),
  LockedCache: (memory) => new LockedCache(memory),
  'TwoLevelCache, near': (memory) => new TwoLevelCache(memory, new MemoryCache()),
  'four of them': (memory) => new DebugCache(new StatsCache(new PrefixedCache(new LockedCache(memory), 'a:'))),
}

const AT_MOST: Record<string, number> = { PrefixedCache: 60, StatsCache: 15, 'DebugCache, off': 3 }

function contestant(wrap: (memory: MemoryCache) => Pick<MemoryCache, 'get' | 'set'>): Contestant {
  return () => {
    const cache = wrap(new MemoryCache())
    keys.forEach((key, i) => {
      cache.set(key, small(i))
    })
    return {
      get(times) {
        let found = 0
        for (let i = 0; i < times; i++) if (cache.get(pick(i)) !== undefined) found++
        check(found, times)
      },
    }
  }
}

export const part: Part = {
  title: 'Wrappers: what each adds to a get hit in memory',
  clock: 'processor',
  contestants: Object.fromEntries(Object.entries(wrappers).map(([name, wrap]) => [name, contestant(wrap)])),
  figures: (of) =>
    Object.keys(wrappers)
      .slice(1)
      .map(
        (name): Figure => ({
          what: `${name}: over the bare cache`,
          value: of(name, 'get') - of(BARE, 'get'),
          unit: 'ns',
          atMost: AT_MOST[name],
        }),
      ),
}
