import { expect } from 'chai'
import type { Store } from '../../lib/core/types.ts'
import { systemNow } from '../../lib/entry/clock.ts'
import { newEntry } from '../../lib/entry/entry.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'
import { PrefixedCache, StatsCache } from '../../lib/wrappers/index.ts'
import { ADAPTERS, letGo } from '../wrappers/adapters.ts'

const KEYS = Array.from({ length: 700 }, (_, i) => `k${i}`)

for (const [name, open] of Object.entries(ADAPTERS).filter(([name]) => !name.includes('Memory'))) {
  describe(`The values that getOrSetMany loads, over ${name}`, () => {
    after(() => letGo())

    it('are stored, except where another process stored something meanwhile', async () => {
      const cache = await open({ prefix: 'store-many:' })
      const others = coreOf(cache)
      // Another process: a write of the store itself does not invalidate the loads of this one.
      const load = async (missing: string[]) => {
        await others.write(`${cache.prefix}k7`, newEntry('theirs', 60_000, systemNow()))
        await others.write(`${cache.prefix}k8`, newEntry('expired', 1, systemNow() - 1000))
        return missing.map((key) => `our ${key}`)
      }
      const loadNow = (missing: string[]) => {
        void others.write(`${cache.prefix}k7`, newEntry('theirs', 60_000, systemNow()))
        return missing.map((key) => `our ${key}`)
      }
      const values = await cache.getOrSetMany(KEYS, cache.mode === 'sync' ? (loadNow as never) : load)
      expect(values).to.deep.equal(KEYS.map((key) => `our ${key}`))
      const expected = KEYS.map((key) => (key === 'k7' ? 'theirs' : `our ${key}`))
      expect(await cache.getMany(KEYS)).to.deep.equal(expected)
      await cache.remove(...KEYS)
      await cache.close()
    })

    it('take one call of the store, also under wrappers', async () => {
      const cache = await open({ prefix: 'store-many:' })
      const calls = watched(coreOf(cache), ['addMany', 'compareAndSet', 'write'])
      const stack = new StatsCache(new PrefixedCache(cache, 'p:'))
      await stack.getOrSetMany(KEYS, ((missing: string[]) => missing) as never)
      expect(calls).to.deep.equal(['addMany'])
      await stack.remove(...KEYS)
      await cache.close()
    })
  })
}

/** The names of the verbs of a store that are called from now on. */
function watched(store: Store, verbs: readonly string[]): string[] {
  const calls: string[] = []
  const members = store as unknown as Record<string, (...args: unknown[]) => unknown>
  for (const verb of verbs) {
    const call = members[verb]!
    members[verb] = (...args) => {
      calls.push(verb)
      return call.apply(store, args)
    }
  }
  return calls
}
