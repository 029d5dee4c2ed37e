import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../adapters/memory/index.ts'
import { LockError } from '../../lib/core/errors.ts'
import type { Cache } from '../../lib/core/types.ts'
import { AsyncChaosCache } from '../../lib/testing/index.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'
import { LockedCache, PrefixedCache, StatsCache } from '../../lib/wrappers/index.ts'

/** A loader that finishes when it is told to. */
function slowMaker() {
  let begin = () => {}
  let finish = (_value: unknown) => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const value = new Promise<unknown>((resolve) => {
    finish = resolve
  })
  const make = async () => {
    begin()
    return await value
  }
  return { make, begun, finish: (v: unknown) => finish(v) }
}

/** A store that is slow, and knows no atomic changes. */
const slow = () => new AsyncChaosCache({ delay: [0, 3] })

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    return error
  }
}

const STACKS: Record<string, (cache: LockedCache<'async'>) => Cache<'async'>> = {
  itself: (cache) => cache,
  'a stack around it': (cache) => new StatsCache(new PrefixedCache(cache, 'a:')),
}

describe('LockedCache', () => {
  for (const [name, around] of Object.entries(STACKS)) {
    it(`lets one at a time change a key, in ${name}`, async () => {
      const cache = around(new LockedCache(slow()))
      const sums = await Promise.all(Array.from({ length: 30 }, () => cache.increment('n')))
      expect(sums).to.deep.equal(Array.from({ length: 30 }, (_, i) => i + 1))
      const added = await Promise.all(['a', 'b', 'c'].map((value) => cache.add('k', value)))
      expect(added).to.deep.equal([true, false, false])
      const pulled = await Promise.all([cache.pull('k'), cache.pull('k'), cache.pull('k')])
      expect(pulled).to.deep.equal(['a', undefined, undefined])
    })

    it(`lets changes wait for a load of the key, in ${name}`, async () => {
      const cache = around(new LockedCache(slow()))
      const { make, begun, finish } = slowMaker()
      const made = cache.getOrSet('n', make)
      await begun
      const changed = [cache.increment('n'), cache.increment('n', 10), cache.updateTimeout('n', 60), cache.pull('n')]
      await cache.set('other', 1)
      finish(100)
      expect(await made).to.equal(100)
      expect(await Promise.all(changed)).to.deep.equal([101, 111, 111, 111])
    })
  }

  it('shares one load among callers', async () => {
    const cache = new LockedCache(slow())
    let made = 0
    const make = async () => {
      made++
      await sleep(5)
      return made
    }
    expect(await Promise.all([1, 2, 3].map(() => cache.getOrSet('k', make)))).to.deep.equal([1, 1, 1])
  })

  it('lets removals and sets win over what is being made, at once', async () => {
    const cache = new LockedCache(slow())
    const { make, begun, finish } = slowMaker()
    const made = cache.getOrSet('k', make)
    await begun
    await cache.set('k', 'newer')
    expect(await cache.get('k')).to.equal('newer')
    expect(await cache.remove('k')).to.equal(true)
    expect(await cache.getOrSet('k', () => 'new')).to.equal('new')
    finish('old')
    expect(await made).to.equal('old')
    expect(await cache.get('k')).to.equal('new')
  })

  it('lets a loader use its own key without waiting', async () => {
    const cache = new LockedCache(slow(), { wait: 5 })
    const value = await cache.getOrSet('k', async () => {
      await cache.set('k', 1)
      await cache.increment('k')
      await sleep(1)
      await Promise.all([cache.increment('k'), cache.updateTimeout('k', 60)])
      return await cache.pull('k')
    })
    expect(value).to.equal(3)
  })

  it('does not deadlock loaders that wait for each other', async () => {
    const cache = new LockedCache(slow(), { wait: 5 })
    const countAt = (other: string) => async () => {
      await sleep(5)
      return await cache.increment(other)
    }
    const values = await Promise.all([cache.getOrSet('a', countAt('b')), cache.getOrSet('b', countAt('a'))])
    // One goes straight on, and the other counts on from what it has made.
    expect(values.sort()).to.deep.equal([1, 2])
  })

  it('lets a loader change its key while others wait for it', async () => {
    const cache = new LockedCache(slow(), { wait: 5 })
    const { make, begun, finish } = slowMaker()
    const made = cache.getOrSet('k', async () => {
      await make()
      return (await cache.increment('own')) + (await cache.increment('k'))
    })
    await begun
    const waiting = [cache.increment('k', 10), cache.increment('k', 10)]
    finish(undefined)
    expect(await made).to.equal(2)
    // A change by the loader itself is newer than its result.
    expect(await Promise.all(waiting)).to.deep.equal([11, 21])
  })

  it('throws LockError after waiting too long, and works afterwards', async () => {
    const cache = new LockedCache(new AsyncMemoryCache(), { wait: '30ms' })
    const { make, begun, finish } = slowMaker()
    const made = cache.getOrSet('k', make)
    await begun
    const waiting = [cache.increment('k'), cache.pull('k'), cache.getOrSet('k', () => 'mine')]
    for (const error of await Promise.all(waiting.map(failureOf))) {
      expect(error).to.be.instanceOf(LockError).with.property('code', 'E_LOCK')
      expect((error as Error).message).to.match(/"k" for more than 30 ms/)
    }
    finish(5)
    expect(await made).to.equal(5)
    expect(await cache.increment('k')).to.equal(6)
    expect(await cache.pull('k')).to.equal(6)
  })

  it('stops waiting for a load that never ends once it has given up', async () => {
    const memory = new AsyncMemoryCache()
    const cache = new LockedCache(memory, { wait: '10ms' })
    void cache.getOrSet('k', () => new Promise(() => {}))
    expect(await failureOf(cache.increment('k'))).to.be.instanceOf(LockError)
    let asked = 0
    const { loads } = coreOf(memory)
    const find = loads.find.bind(loads)
    loads.find = (id) => {
      asked++
      return find(id)
    }
    await sleep(40)
    expect(asked).to.be.at.most(1)
  })

  it('knows what is made by others over the same store, and they know what is made here', async () => {
    const memory = new AsyncMemoryCache()
    const cache = new LockedCache(memory)
    const first = slowMaker()
    const outside = memory.getOrSet('k', first.make)
    await first.begun
    const sum = cache.increment('k')
    const joined = cache.getOrSet('k', () => 'mine')
    first.finish(1)
    expect(await Promise.all([outside, joined, sum])).to.deep.equal([1, 1, 2])

    await cache.remove('k')
    const second = slowMaker()
    const inside = cache.getOrSet('k', second.make)
    await second.begun
    await memory.remove('k')
    second.finish('old')
    expect([await inside, await memory.get('k')]).to.deep.equal(['old', undefined])
  })

  it('stands in the same line for a lock as the cache that it wraps', async () => {
    const memory = new AsyncMemoryCache()
    const held = await new LockedCache(memory).lock('report')
    expect(await failureOf(memory.lock('report'))).to.be.instanceOf(LockError)
    await held.release()
    await (await memory.lock('report')).release()
  })

  it('does nothing in a synchronous cache', () => {
    const memory = new MemoryCache()
    const cache = new LockedCache(memory)
    expect(coreOf(cache).loads).to.equal(coreOf(memory).loads)
    expect([cache.increment('n'), cache.increment('n'), cache.getOrSet('n', () => 0)]).to.deep.equal([1, 2, 2])
  })

  it('leaves the TTL of entries to the wrapped adapter', async () => {
    const cache = new LockedCache(new AsyncMemoryCache({ timeout: 60 }), { wait: 1 })
    await cache.set('k', 'v')
    expect(await cache.ttl('k')).to.be.within(59, 60)
    expect(() => new LockedCache(new MemoryCache(), { wait: 'soon' as '1s' })).to.throw(TypeError)
  })
})
