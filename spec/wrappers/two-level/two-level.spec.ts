import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../adapters/memory/index.ts'
import { CacheNotFound, ConnectionFailed } from '../../../lib/core/errors.ts'
import { AsyncChaosCache, ChaosCache, FakeClock } from '../../../lib/testing/index.ts'
import { PrefixedCache, StatsCache, TwoLevelCache, type TwoLevelOptions } from '../../../lib/wrappers/index.ts'

const down = () => new ConnectionFailed('The server is down.')

/** A far level that is slow and counts what it is asked, behind a near level in memory. */
function levels(options?: TwoLevelOptions) {
  const clock = new FakeClock()
  const near = new MemoryCache({ clock, prefix: 'near:' })
  const far = new AsyncChaosCache({ error: down }, { clock, prefix: 'far:' })
  return { clock, near, far, cache: new TwoLevelCache(near, far, options) }
}

describe('TwoLevelCache', () => {
  it('is synchronous when both levels are', () => {
    const [sync, async] = [() => new MemoryCache(), () => new AsyncMemoryCache()]
    expect(new TwoLevelCache(sync(), sync()).mode).to.equal('sync')
    expect(new TwoLevelCache(sync(), async()).mode).to.equal('async')
    expect(new TwoLevelCache(async(), sync()).mode).to.equal('async')
    expect(new TwoLevelCache(async(), sync()).set('k', 'v')).to.be.instanceOf(Promise)
    expect(() => new TwoLevelCache(new Map() as unknown as MemoryCache, sync())).to.throw(TypeError, /wraps an adapter/)
  })

  it('reads L1, then L2, and keeps in L1 what it finds there', async () => {
    const { near, far, cache } = levels()
    await far.set('k', 'v')
    expect(await cache.get('k')).to.equal('v')
    expect(near.get('k')).to.equal('v')
    far.calls.read = 0
    expect(await cache.get('k')).to.equal('v')
    expect(await cache.getOrSet('k', () => 'made')).to.equal('v')
    expect(await cache.has('k')).to.equal(true)
    expect(far.calls.read).to.equal(0)
    expect(await cache.get('missing')).to.equal(undefined)
  })

  it('answers a near hit with a promise that is settled already', async () => {
    const { cache } = levels()
    await cache.set('k', 'v')
    const order: string[] = []
    const asked = cache.get('k').then(() => order.push('hit'))
    const tick = Promise.resolve().then(() => order.push('tick'))
    await Promise.all([asked, tick])
    expect(order).to.deep.equal(['hit', 'tick'])
  })

  it('keeps entries in L1 for the TTL that is left', async () => {
    const { clock, near, far, cache } = levels()
    await far.set('k', 'v', 10)
    clock.advance(4000)
    await cache.get('k')
    expect([near.ttl('k'), await cache.ttl('k')]).to.deep.equal([6, 6])
    clock.advance(6000)
    expect(await cache.get('k')).to.equal(undefined)
  })

  it('keeps entries in L1 no longer than nearTimeout, and answers the real TTL', async () => {
    const { clock, near, far, cache } = levels({ nearTimeout: 2 })
    await cache.set('k', 'v', 60)
    expect([near.ttl('k'), await cache.ttl('k')]).to.deep.equal([2, 60])
    await cache.set('ever', 'v', null)
    expect([near.ttl('ever'), await cache.ttl('ever')]).to.deep.equal([2, null])
    await far.set('k', 'changed', 60)
    clock.advance(1999)
    expect(await cache.get('k')).to.equal('v')
    clock.advance(1)
    expect(await cache.get('k')).to.equal('changed')
    expect([near.ttl('k'), await cache.ttl('k')]).to.deep.equal([2, 58])
    await cache.set('brief', 'v', 1)
    expect([near.ttl('brief'), await cache.ttl('brief')]).to.deep.equal([1, 1])
  })

  it('asks L2 only for those keys of many that L1 does not have', async () => {
    const { near, far, cache } = levels()
    await far.setMany({ a: 1, b: 2, c: 3 })
    await cache.get('b')
    far.calls.read = 0
    expect(await cache.getMany(['a', 'b', 'missing', 'c'])).to.deep.equal([1, 2, undefined, 3])
    expect(far.calls.read).to.equal(3)
    expect([near.get('a'), near.get('c'), near.has('missing')]).to.deep.equal([1, 3, false])
  })

  it('writes to both, far first', async () => {
    const { near, far, cache } = levels()
    far.chaos.delay = 5
    const set = cache.set('k', 'v', 60)
    expect(near.has('k')).to.equal(false)
    await set
    expect([near.get('k'), await far.get('k')]).to.deep.equal(['v', 'v'])
    await cache.setMany({ a: 1, b: 2 })
    expect([near.getMany(['a', 'b']), await far.getMany(['a', 'b'])]).to.deep.equal([
      [1, 2],
      [1, 2],
    ])
  })

  it('removes and clears at both', async () => {
    const { near, far, cache } = levels()
    await cache.setMany({ a: 1, b: 2, c: 3 })
    expect(await cache.remove('a', 'b')).to.equal(true)
    expect(await cache.remove('a')).to.equal(false)
    expect([near.getMany(['a', 'b']), await far.getMany(['a', 'b'])]).to.deep.equal([
      [undefined, undefined],
      [undefined, undefined],
    ])
    const [one, other] = [new MemoryCache(), new MemoryCache()]
    const both = new TwoLevelCache(one, other)
    both.setMany({ 'a:1': 1, b: 2 })
    both.clear('a:')
    expect([[...one.keys()], [...other.keys()]]).to.deep.equal([['b'], ['b']])
    both.clear()
    expect([[...one.keys()], [...other.keys()]]).to.deep.equal([[], []])
  })

  it('decides far what changes an entry, whatever is near', async () => {
    const { near, far, cache } = levels()
    await cache.set('n', 1)
    await far.set('n', 10)
    expect(await cache.increment('n')).to.equal(11)
    expect([near.get('n'), await far.get('n')]).to.deep.equal([11, 11])

    await far.set('n', 20, 5)
    expect(await cache.updateTimeout('n', 60)).to.equal(20)
    expect([near.get('n'), near.ttl('n'), await far.ttl('n')]).to.deep.equal([20, 60, 60])

    await far.remove('n')
    expect(await cache.get('n')).to.equal(20)
    expect(await cache.add('n', 30)).to.equal(true)
    expect(near.get('n')).to.equal(30)
    await far.set('n', 40)
    expect(await cache.pull('n')).to.equal(40)
    expect([near.has('n'), await far.has('n')]).to.deep.equal([false, false])
    near.set('n', 'only near')
    expect(await cache.updateTimeout('n', 60).catch((error: unknown) => error)).to.be.instanceOf(CacheNotFound)
  })

  it('forgets near what others say has changed', async () => {
    const { near, far, cache } = levels()
    await cache.setMany({ a: 1, b: 2, 3: 3 })
    await far.setMany({ a: 10, b: 20, 3: 30 })
    await cache.invalidate('a')
    expect(await cache.getMany(['a', 'b', 3])).to.deep.equal([10, 2, 3])
    await cache.invalidate(['b', 3], 'a')
    expect(near.has('b')).to.equal(false)
    expect(await cache.getMany(['a', 'b', 3])).to.deep.equal([10, 20, 30])
    expect(await far.has('b')).to.equal(true)
  })

  it('counts look-ups per level, and hits and misses of users for itself', async () => {
    const { far, cache } = levels()
    await far.set('k', 'v')
    await cache.get('k')
    await cache.get('k')
    await cache.get('missing')
    const { hits, misses, near, far: below } = cache.stats()
    expect([hits, misses]).to.deep.equal([2, 1])
    expect(near).to.include({ hits: 1, misses: 2 })
    expect(below).to.include({ hits: 1, misses: 1 })
  })

  it('has the stats of what its levels are', async () => {
    const near = new StatsCache(new MemoryCache())
    const cache = new TwoLevelCache(near, new StatsCache(new PrefixedCache(new AsyncMemoryCache(), 'a:')))
    await cache.set('k', 'v')
    await cache.get('k')
    await cache.remove('k')
    expect(cache.stats().near).to.include({ hits: 1, writes: 1, removes: 1, reads: 1 })
    expect(cache.stats().far).to.include({ hits: 0, writes: 1, removes: 1, reads: 0 })
  })
})

describe('A far level that fails', () => {
  it('throws to the caller, and leaves nothing of the key in L1', async () => {
    const { near, far, cache } = levels()
    await cache.setMany({ a: 1, b: 2, c: 3 })
    far.chaos.failures = 1
    for (const ask of [
      () => cache.set('a', 2),
      () => cache.remove('b'),
      () => cache.increment('c'),
      () => cache.get('d'),
    ]) {
      expect(await ask().catch((error: unknown) => error)).to.be.instanceOf(ConnectionFailed)
    }
    expect([near.has('a'), near.has('b')]).to.deep.equal([false, false])
    expect(await cache.get('c')).to.equal(3)
    expect(cache.stats().backendError).to.equal(4)
  })

  it('is an event in a resilient cache, which goes on with L1 alone', async () => {
    const { near, far, cache } = levels({ resilient: true })
    const told: unknown[] = []
    cache.on('backendError', ({ key, error }) => told.push(key, (error as Error).constructor))
    await cache.set('k', 'v')
    await cache.set('n', 1)
    far.chaos.failures = 1
    expect(await cache.get('k')).to.equal('v')
    expect(await cache.get('missing')).to.equal(undefined)
    expect(told).to.deep.equal(['missing', ConnectionFailed])
    expect(await cache.getMany(['k', 'missing'])).to.deep.equal(['v', undefined])
    expect(await cache.getOrSet('made', () => 'here')).to.equal('here')
    expect(near.get('made')).to.equal('here')
    await cache.set('k', 'newer')
    expect(await cache.get('k')).to.equal('newer')
    expect([await cache.increment('n', 5), await cache.get('n')]).to.deep.equal([6, 6])
    expect([await cache.add('n', 0), await cache.pull('n'), await cache.add('n', 7)]).to.deep.equal([false, 6, true])
    expect(await cache.remove('k')).to.equal(true)
    expect(await cache.remove('k')).to.equal(false)
    expect(await cache.has('k')).to.equal(false)
  })

  it('brings nothing back afterwards that a resilient cache changed meanwhile', async () => {
    const { near, far, cache } = levels({ resilient: true })
    await cache.setMany({ removed: 'old', replaced: 'old', incremented: 1, kept: 'same' })
    far.chaos.failures = 1
    await cache.remove('removed')
    await cache.set('replaced', 'new')
    await cache.increment('incremented')
    far.chaos.failures = 0
    near.clear()
    expect(await cache.getMany(['removed', 'replaced', 'incremented', 'kept'])).to.deep.equal([
      undefined,
      undefined,
      undefined,
      'same',
    ])
    const { drop } = far.calls
    await cache.get('removed')
    expect(far.calls.drop).to.equal(drop)
  })

  it('does so in a synchronous cache too', () => {
    const far = new ChaosCache({ failures: 1 })
    const cache = new TwoLevelCache(new MemoryCache(), far, { resilient: true })
    cache.set('k', 'v')
    expect([cache.get('k'), cache.get('other'), cache.remove('k')]).to.deep.equal(['v', undefined, true])
    expect(cache.stats().backendError).to.be.above(2)
  })
})
