import type { CacheAdapter } from '../../lib/adapter/cache-adapter.ts'
import type { Cache, Mode } from '../../lib/core/types.ts'
import { conforms } from '../../lib/testing/index.ts'
import { AutoPrefixedCache, DebugCache, LockedCache, PrefixedCache, StatsCache } from '../../lib/wrappers/index.ts'
import { ADAPTERS, letGo } from './adapters.ts'

/** The wrappers that stand over one cache, each as it is used. */
const WRAPPERS: Record<string, <M extends Mode>(inner: CacheAdapter<M>) => Cache<M>> = {
  PrefixedCache: (inner) => new PrefixedCache(inner, 'a*:'),
  AutoPrefixedCache: (inner) => new AutoPrefixedCache(inner, { name: 'auto' }),
  StatsCache: (inner) => new StatsCache(inner),
  LockedCache: (inner) => new LockedCache(inner),
  'DebugCache, on': (inner) => new DebugCache(inner, { log: () => {}, redact: false }),
}

for (const [wrapper, wrap] of Object.entries(WRAPPERS)) {
  for (const [name, make] of Object.entries(ADAPTERS)) {
    describe(`${wrapper} over ${name}`, () => conforms(async (options) => wrap(await make(options)), { values: false }))
  }
}

after(letGo)
