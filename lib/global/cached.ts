import type { Cache, RegisteredMode } from '../core/types.ts'
import { pointers } from './active.ts'
import { AsyncCacheWrapper, CacheWrapper } from './cache-wrapper.ts'

/** The global cache: forwards every verb to the current adapter, which is in memory by default. */
export const cached: CacheWrapper = /* @__PURE__ */ new CacheWrapper(pointers.sync)

/** The global cache that always returns promises. Works with any adapter, including synchronous ones. */
export const asyncCached: AsyncCacheWrapper = /* @__PURE__ */ new AsyncCacheWrapper(pointers.async)

type Verbs = Cache<RegisteredMode>

/** `cached.get` as a function. */
export const get: Verbs['get'] = /* @__PURE__ */ verb('get')
/** `cached.set` as a function. */
export const set: Verbs['set'] = /* @__PURE__ */ verb('set')
/** `cached.getOrSet` as a function. */
export const getOrSet: Verbs['getOrSet'] = /* @__PURE__ */ verb('getOrSet')
/** `cached.getOrSetAsync` as a function. */
export const getOrSetAsync: Verbs['getOrSetAsync'] = /* @__PURE__ */ verb('getOrSetAsync')
/** `cached.remove` as a function. */
export const remove: Verbs['remove'] = /* @__PURE__ */ verb('remove')
/** `cached.updateTimeout` as a function. */
export const updateTimeout: Verbs['updateTimeout'] = /* @__PURE__ */ verb('updateTimeout')
/** `cached.has` as a function. */
export const has: Verbs['has'] = /* @__PURE__ */ verb('has')

// A call can be marked as pure, a property access cannot: bundlers drop pure calls whose results nobody imports.
function verb<N extends keyof Verbs>(name: N): Verbs[N] {
  return cached[name]
}
