import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache, type RemovalCause } from '../../../adapters/memory/index.ts'
import type { FailureEvent } from '../../../lib/core/events.ts'
import { FakeClock } from '../../../lib/testing/index.ts'

type Notice = [key: string, value: unknown, cause: RemovalCause]

describe('A removal listener of MemoryCache', () => {
  it('is told of every removal once, with its cause', () => {
    const clock = new FakeClock()
    const told: Notice[] = []
    const onRemoval = (...notice: Notice): void => void told.push(notice)
    const cache = new MemoryCache({ maxEntries: 2, policy: 'fifo', clock, onRemoval })
    cache.set('a', 1)
    cache.set('a', 2)
    cache.remove('a')
    cache.set('b', 3, 1)
    clock.advance(1000)
    cache.get('b')
    for (const key of ['c', 'd', 'e']) cache.set(key, key)
    cache.pull('d')
    cache.clear()
    cache.set('f:g', 4)
    cache.clear('f:')
    expect(told).to.deep.equal([
      ['a', 1, 'replaced'],
      ['a', 2, 'explicit'],
      ['b', 3, 'expired'],
      ['c', 'c', 'evicted'],
      ['d', 'd', 'explicit'],
      ['e', 'e', 'cleared'],
      ['f:g', 4, 'cleared'],
    ])
    expect(cache.stats().removals).to.deep.equal({ explicit: 2, replaced: 1, expired: 1, evicted: 1, cleared: 2 })
  })

  it('takes what had expired for expired, whatever it goes for', () => {
    const clock = new FakeClock()
    const told: string[] = []
    const cache = new MemoryCache({ clock, onRemoval: (key, _value, cause) => told.push(`${key} ${cause}`) })
    for (const key of ['a', 'b', 'c']) cache.set(key, key, 1)
    clock.advance(1000)
    cache.remove('a')
    cache.clear()
    expect(told).to.have.members(['a expired', 'b expired', 'c expired'])
  })

  it('is not told when the same value stays', () => {
    const told: string[] = []
    const cache = new MemoryCache({ onRemoval: (key) => told.push(key) })
    const value = {}
    cache.set('k', value)
    cache.set('k', value)
    cache.updateTimeout('k', 5)
    expect(told).to.deep.equal([])
  })

  it('may use the cache, which is in order', () => {
    const cache = new MemoryCache({ maxEntries: 3 })
    const told: string[] = []
    cache.onRemoval((key, _value, cause) => {
      told.push(key)
      expect(cache.stats().size).to.be.at.most(3)
      if (cause === 'explicit') cache.set(`${key} again`, 1)
      if (told.length < 50) cache.set(`more ${told.length}`, 1)
    })
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, 1)
    cache.remove('d')
    expect(new Set(told).size).to.equal(told.length)
    expect(cache.stats().size).to.equal(3)
  })

  it('fails as an event, at once or later, and never at the caller', async () => {
    const failures: FailureEvent[] = []
    const cache = new AsyncMemoryCache()
    cache.on('error', (event) => failures.push(event))
    cache.onRemoval(() => {
      throw new Error('at once')
    })
    cache.onRemoval(async () => {
      throw new Error('later')
    })
    await cache.set('k', 1)
    await cache.remove('k')
    await null
    expect(failures.map(({ key, verb, error }) => [key, verb, (error as Error).message])).to.deep.equal([
      ['k', 'onRemoval', 'at once'],
      ['k', 'onRemoval', 'later'],
    ])
  })

  it('is told of keys as its cache spells them, and of those only', () => {
    const told: string[] = []
    const store = new MemoryCache().store
    const [a, b] = [new MemoryCache({ store, prefix: 'a:' }), new MemoryCache({ store, prefix: 'b:' })]
    a.onRemoval((key) => told.push(key))
    a.set('k', 1)
    b.set('k', 2)
    b.remove('k')
    a.remove('k')
    expect(told).to.deep.equal(['k'])
  })

  it('is told no more when it was taken away', () => {
    const told: string[] = []
    const cache = new MemoryCache()
    const stop = cache.onRemoval((key) => told.push(key))
    cache.set('a', 1)
    cache.remove('a')
    stop()
    cache.set('b', 1)
    cache.remove('b')
    expect(told).to.deep.equal(['a'])
  })

  it('gets values as users have them', () => {
    const told: unknown[] = []
    const cache = new MemoryCache({ isolation: 'coder', onRemoval: (_key, value) => told.push(value) })
    cache.set('k', new Date(5))
    cache.remove('k')
    expect(told).to.deep.equal([new Date(5)])
  })
})
