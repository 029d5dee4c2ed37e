import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { CacheAdapter, type Entry, type Mode } from '../../../lib/index.ts'
import { AsyncChaosCache } from '../../../lib/testing/index.ts'
import { TwoLevelCache } from '../../../lib/wrappers/index.ts'

/** Two levels, of which the far one answers when a while has passed, and has a value already. */
async function levels(value: unknown = 'old') {
  const near = new MemoryCache()
  const far = new AsyncChaosCache()
  await far.setMany({ k: value, other: value })
  far.chaos.delay = 5
  return { near, far, cache: new TwoLevelCache(near, far) }
}

/** A synchronous store over a map. */
class SameStore extends CacheAdapter<'sync'> {
  readonly mode = 'sync'
  readonly #map: Map<string, Entry>

  constructor(map: Map<string, Entry>) {
    super()
    this.#map = map
  }

  read(key: string) {
    return this.#map.get(key)
  }

  write(key: string, entry: Entry) {
    this.#map.set(key, entry)
  }

  drop(keys: readonly string[]) {
    return keys.filter((key) => this.#map.delete(key)).length
  }

  close() {}
}

/** An asynchronous store over a map, which it shares with others without knowing them. Each verb takes two turns. */
class SlowStore extends CacheAdapter<'async'> {
  readonly mode = 'async'
  readonly #map: Map<string, Entry>

  constructor(map: Map<string, Entry>) {
    super()
    this.#map = map
  }

  override get capabilities() {
    return { ...super.capabilities, shared: true }
  }

  async read(key: string) {
    await turn()
    const entry = this.#map.get(key)
    await turn()
    return entry
  }

  async write(key: string, entry: Entry) {
    await turn()
    this.#map.set(key, entry)
    await turn()
  }

  async drop(keys: readonly string[]) {
    await turn()
    const dropped = keys.filter((key) => this.#map.delete(key)).length
    await turn()
    return dropped
  }

  async readVersioned(key: string) {
    const entry = await this.read(key)
    return { entry, version: entry }
  }

  async compareAndSet(key: string, version: unknown, entry: Entry | undefined) {
    await turn()
    const isSame = this.#map.get(key) === version
    if (isSame && entry === undefined) this.#map.delete(key)
    else if (isSame) this.#map.set(key, entry!)
    await turn()
    return isSame
  }

  async close() {}
}

/** What may happen to a key of two levels. */
const STEPS: Record<string, (cache: TwoLevelCache<Mode, 'async'>, key: string, value: number) => Promise<unknown>> = {
  get: (cache, key) => cache.get(key),
  getMany: (cache, key) => cache.getMany([key, 'a']),
  set: (cache, key, value) => cache.set(key, value),
  setMany: (cache, key, value) => cache.setMany({ [key]: value, b: value }),
  getOrSet: (cache, key, value) => cache.getOrSet(key, async () => value),
  remove: (cache, key) => cache.remove(key, 'c'),
  increment: (cache, key) => cache.increment(key),
  pull: (cache, key) => cache.pull(key),
  invalidate: async (cache, key) => await cache.invalidate(key),
}

describe('Races between two levels', () => {
  it('are won by a removal over a value that is on its way near', async () => {
    for (const removal of [
      (cache: TwoLevelCache<'sync', 'async'>) => cache.remove('k'),
      (cache: TwoLevelCache<'sync', 'async'>) => cache.remove('other', 'k'),
      (cache: TwoLevelCache<'sync', 'async'>) => cache.set('k', 'v', 0),
      (cache: TwoLevelCache<'sync', 'async'>) => cache.pull('k'),
    ]) {
      const { near, cache } = await levels()
      const read = [cache.get('k'), cache.getMany(['k'])]
      const removed = removal(cache)
      await Promise.all([...read, removed])
      expect(near.has('k')).to.equal(false)
      expect(await cache.get('k')).to.equal(undefined)
    }
  })

  it('are won by a clear, for the keys that it is about', async () => {
    const [near, far] = [new MemoryCache(), new AsyncMemoryCache()]
    await far.setMany({ 'a:k': 1, 'b:k': 2 })
    const cache = new TwoLevelCache(near, far)
    const read = cache.getMany(['a:k', 'b:k'])
    await cache.clear('a:')
    await read
    expect([...near.keys()]).to.deep.equal(['b:k'])
  })

  it('are won by a clear over what is read or written while it goes on', async () => {
    class SlowToClear extends AsyncMemoryCache {
      override async wipe(prefix: string): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, 5))
        await super.wipe(prefix)
      }
    }
    const [near, far] = [new MemoryCache(), new SlowToClear()]
    await far.set('read', 'old')
    const cache = new TwoLevelCache(near, far)
    const cleared = cache.clear()
    expect(await cache.get('read')).to.equal('old')
    await cache.set('written', 'v')
    await cleared
    expect(await cache.getMany(['read', 'written'])).to.deep.equal([undefined, undefined])
  })

  it('are won by a set over a value that is on its way near', async () => {
    const { near, cache } = await levels()
    const read = cache.get('k')
    const set = cache.set('k', 'new')
    expect(await read).to.equal('old')
    expect(near.has('k')).to.equal(false)
    await set
    expect([near.get('k'), await cache.get('k')]).to.deep.equal(['new', 'new'])
  })

  it('are won by the later of two sets, and of a set and a removal', async () => {
    const { near, far, cache } = await levels()
    await Promise.all([cache.set('k', 1), cache.set('k', 2)])
    expect([near.get('k'), await far.get('k')]).to.deep.equal([2, 2])
    await Promise.all([cache.set('k', 3), cache.remove('k')])
    expect([near.has('k'), await far.has('k')]).to.deep.equal([false, false])
  })

  it('are won by a removal through another cache over the same levels', async () => {
    for (let i = 0; i < 50; i++) {
      const { near, far, cache } = await levels()
      const other = new TwoLevelCache(near, far)
      const read = [cache.get('k'), cache.getMany(['k', 'other'])]
      await Promise.all([...read, other.remove('k')])
      expect([near.has('k'), await cache.get('k')]).to.deep.equal([false, undefined])
    }
  })

  it('are won by a removal through the synchronous twin over the same stores', async () => {
    for (let delay = 0; delay < 6; delay++) {
      const memory = new MemoryCache()
      const map = new Map<string, Entry>()
      const later = new TwoLevelCache(new AsyncMemoryCache({ store: memory.store }), new SlowStore(map))
      const now = new TwoLevelCache(memory, new SameStore(map))
      now.set('k', 'old')
      memory.clear()
      const read = later.get('k')
      for (let i = 0; i < delay; i++) await turn()
      expect(now.remove('k')).to.equal(true)
      await read
      expect([memory.has('k'), await later.get('k')], `after ${delay} turns`).to.deep.equal([false, undefined])
    }
  })

  it('are won by a removal of another process that shares both levels', async () => {
    for (let delay = 0; delay < 12; delay++) {
      const [l1, l2] = [new Map<string, Entry>(), new Map<string, Entry>()]
      // Neither level knows that there is another process.
      const process = () => new TwoLevelCache(new SlowStore(l1), new SlowStore(l2))
      const [one, other] = [process(), process()]
      await one.set('k', 'old')
      l1.clear()
      const read = other.get('k')
      for (let i = 0; i < delay; i++) await turn()
      await Promise.all([read, one.remove('k')])
      expect([l1.size, await other.get('k')], `after ${delay} turns`).to.deep.equal([0, undefined])
    }
  })

  it('are won by a set of another process that shares both levels', async () => {
    for (let delay = 0; delay < 12; delay++) {
      const [l1, l2] = [new Map<string, Entry>(), new Map<string, Entry>()]
      const process = () => new TwoLevelCache(new SlowStore(l1), new SlowStore(l2))
      const [one, other] = [process(), process()]
      await one.set('k', 'old')
      l1.clear()
      const read = other.get('k')
      for (let i = 0; i < delay; i++) await turn()
      await Promise.all([read, one.set('k', 'new')])
      expect([await one.get('k'), await other.get('k')], `after ${delay} turns`).to.deep.equal(['new', 'new'])
    }
  })

  it('do not replace what others put near meanwhile, but what has expired there', async () => {
    const { near, cache } = await levels()
    const read = cache.get('k')
    near.set('k', 'newer')
    expect(await read).to.equal('old')
    expect(near.get('k')).to.equal('newer')
  })

  it('are won by what others tell over a value that is on its way near', async () => {
    const { near, cache } = await levels()
    const read = cache.get('k')
    await cache.invalidate('k')
    expect(await read).to.equal('old')
    expect(near.has('k')).to.equal(false)
  })

  it('let those who read after a write, without having waited for it, read what was written', async () => {
    const { cache } = await levels()
    await cache.get('k')
    void cache.set('k', 'new')
    expect(await cache.get('k')).to.equal('new')
    void cache.remove('k')
    expect(await cache.get('k')).to.equal(undefined)
  })

  for (const near of ['fast', 'slow'])
    it(`leave a ${near} near level with nothing that the far one has not, however they end`, async () => {
      const step = fc.record({
        verb: fc.constantFrom(...Object.keys(STEPS)),
        key: fc.constantFrom('a', 'b', 'c'),
        value: fc.nat(9),
      })
      const history = fc.array(step, { minLength: 2, maxLength: 25 })
      const property = fc.asyncProperty(history, fc.integer(), async (steps, seed) => {
        let random = seed >>> 0
        const chance = () => {
          random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
          return random / 2 ** 32
        }
        const far = new AsyncChaosCache({ delay: [0, 2], random: chance })
        const level: CacheAdapter =
          near === 'fast' ? new MemoryCache() : new AsyncChaosCache({ delay: [0, 2], random: chance })
        const cache = new TwoLevelCache(level, far)
        const asked: unknown[] = []
        for (const { verb, key, value } of steps) {
          const asking = STEPS[verb]!(cache, key, value)
          if (value === 0) await asking
          asked.push(asking)
        }
        await Promise.all(asked)
        for (const key of ['a', 'b', 'c']) {
          const kept = await level.get(key)
          if (kept !== undefined) expect(kept, key).to.equal(await far.get(key))
        }
      })
      await fc.assert(property, { numRuns: 150 })
    })
})
