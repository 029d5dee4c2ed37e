import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemoryCache } from '../../adapters/memory/index.ts'
import type { Cache } from '../../lib/core/types.ts'
import { AsyncChaosCache } from '../../lib/testing/index.ts'

/** A chance that is the same at every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    return state / 2 ** 32
  }
}

/**
 * Many callers do random things to few keys for a while. Every value tells when its making began, every removal and set when
 * it was done; whoever reads after one was done must not see a value whose making began before it was asked for.
 */
async function race(cache: Cache, seed: number): Promise<number> {
  const random = seeded(seed)
  let now = 0
  const doneSince = new Map<string, number>()
  let reads = 0

  const settled = (key: string, asked: number) => doneSince.set(key, Math.max(doneSince.get(key) ?? 0, asked))
  const judge = (key: string, value: unknown, bar: number) => {
    reads++
    if (value !== undefined) expect(value, `a value of ${key} from before ${bar}`).to.be.at.least(bar)
  }
  const make = async () => {
    const began = ++now
    await sleep(random() * 4)
    return began
  }

  const step = async (): Promise<void> => {
    const key = `k${Math.floor(random() * 3)}`
    const bar = doneSince.get(key) ?? 0
    const asked = ++now
    const choice = random()
    if (choice < 0.4) {
      judge(key, await cache.getOrSet(key, make), bar)
    } else if (choice < 0.5) {
      const [value] = await cache.getOrSetMany([key, 'k0'], (keys) => Promise.all(keys.map(make)))
      judge(key, value, bar)
    } else if (choice < 0.7) {
      judge(key, await cache.get(key), bar)
    } else if (choice < 0.85) {
      await cache.remove(key)
      settled(key, asked)
    } else if (choice < 0.95) {
      await cache.set(key, asked)
      settled(key, asked)
    } else {
      await cache.clear('k')
      for (const each of ['k0', 'k1', 'k2']) settled(each, asked)
    }
  }

  const caller = async () => {
    for (let i = 0; i < 30; i++) {
      await step()
      if (random() < 0.3) await sleep(random() * 3)
    }
  }
  await Promise.all(Array.from({ length: 8 }, caller))
  return reads
}

/** Chaos that can list, so that it can be cleared. */
class ListedChaos extends AsyncChaosCache {
  readonly #keys = new Set<string>()
  override write(...[key, entry]: Parameters<AsyncChaosCache['write']>) {
    this.#keys.add(key)
    return super.write(key, entry)
  }
  async *list(prefix: string) {
    for (const key of this.#keys) if (key.startsWith(prefix)) yield key
  }
}

describe('callers that race', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    it(`never see what was made before a removal or set that is done (seed ${seed})`, async () => {
      expect(await race(new ListedChaos({ delay: [0, 5], random: seeded(seed) }), seed)).to.be.greaterThan(50)
      expect(await race(new AsyncMemoryCache(), seed)).to.be.greaterThan(50)
    })
  }
})
