import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemoryCache, type Cache } from '../../lib/index.ts'
import { clearNamespaces, memoize } from '../../lib/memo/index.ts'
import { AsyncChaosCache } from '../../lib/testing/index.ts'

/** A chance that is the same at every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    return state / 2 ** 32
  }
}

/** Says that it is shared, so that generations are read from it. */
class SharedChaosCache extends AsyncChaosCache {
  override get capabilities() {
    return { ...super.capabilities, shared: true }
  }
}

/**
 * Many callers call memoized functions, remove results and clear for a while. A result tells when its making began: nobody may be
 * given one from before a removal or clear that was over before the call.
 */
async function race(caches: readonly Cache[], seed: number): Promise<number> {
  const random = seeded(seed)
  let now = 0
  let calls = 0
  const since = new Map<number, number>()
  const over = (key: number, began: number): unknown => since.set(key, Math.max(since.get(key) ?? 0, began))
  const make = async (_key: number): Promise<number> => {
    const began = ++now
    await sleep(random() * 4)
    return began
  }
  const functions = caches.map((cache) => memoize(make, { cache, name: 'make', onError() {} }))

  const step = async (): Promise<void> => {
    const fn = functions[Math.floor(random() * functions.length)]!
    const key = Math.floor(random() * 3)
    const bar = since.get(key) ?? 0
    const began = ++now
    const choice = random()
    if (choice < 0.7) {
      calls++
      expect(await fn(key), `a result for ${key} from before ${bar}`).to.be.at.least(bar)
    } else if (choice < 0.8) {
      await fn.cacheDel(key)
      over(key, began)
    } else {
      await (choice < 0.9 ? fn.clear() : clearNamespaces(caches[Math.floor(random() * caches.length)]!, 'default'))
      for (const each of [0, 1, 2]) over(each, began)
    }
  }
  const worker = async (): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      await sleep(random() * 3)
      // A removal that fails promises nothing.
      await step().catch((error) => {
        if (error.code !== 'E_ADAPTER') throw error
      })
    }
  }
  await Promise.all(Array.from({ length: 12 }, worker))
  return calls
}

describe('Memoized functions under a race', () => {
  const stores: Record<string, () => Cache[]> = {
    'in memory': () => [new AsyncMemoryCache()],
    'in a store that processes share': () => [new SharedChaosCache({ delay: [0, 2] })],
    'in a store that fails now and then': () => [new SharedChaosCache({ delay: [0, 2], failures: 0.05 })],
  }
  for (const [name, open] of Object.entries(stores)) {
    for (const seed of [1, 2, 3]) {
      it(`return nothing from before a removal or clear: ${name}, seed ${seed}`, async () => {
        expect(await race(open(), seed)).to.be.above(300)
      })
    }
  }
})
