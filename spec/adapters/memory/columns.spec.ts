import { expect } from 'chai'
import fc from 'fast-check'
import { MemoryCache } from '../../../adapters/memory/index.ts'
import { FakeClock } from '../../../lib/testing/index.ts'

const DAY = 86_400_000

describe('The times of entries in memory', () => {
  it('are exact, however far ahead a deadline is, and however long the cache has been running', () => {
    const lives = fc.oneof(fc.integer({ min: 1, max: 200 * DAY }), fc.integer({ min: 1, max: 1000 }))
    const steps = fc.array(fc.tuple(fc.nat(9), lives, fc.oneof(fc.nat(1000), fc.nat(20 * DAY))), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (steps) => {
        const clock = new FakeClock(1.7e12)
        const cache = new MemoryCache({ clock })
        const deadlines = new Map<number, number>()
        for (const [key, life, wait] of steps) {
          cache.set(key, key, `${life}ms`)
          deadlines.set(key, clock.now() + life)
          clock.advance(wait)
          for (const [key, deadline] of deadlines) {
            const left = (deadline - clock.now()) / 1000
            expect(cache.ttl(key)).to.equal(left > 0 ? left : undefined)
            expect(cache.get(key)).to.equal(left > 0 ? key : undefined)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('are told as they were, also with a grace, tags, and a clock that is put back', () => {
    const clock = new FakeClock(1.7e12)
    const cache = new MemoryCache({ clock })
    cache.set('a', 1, { timeout: 400 * 86_400, staleFor: 60, tags: ['t'] })
    const facts = cache.policy().entry('a')!
    expect(facts).to.deep.include({
      created: clock.now(),
      expires: clock.now() + 400 * DAY,
      until: clock.now() + 400 * DAY + 60_000,
      tags: ['t'],
    })
    clock.advance(-100 * DAY)
    cache.set('b', 2, 60)
    expect(cache.ttl('b')).to.equal(60)
    expect(cache.ttl('a')).to.equal(500 * 86_400)
    clock.advance(60_000)
    expect([cache.get('a'), cache.get('b')]).to.deep.equal([1, undefined])
  })

  it('keep the age of an entry for days, and never make it older than it is', () => {
    const clock = new FakeClock(1.7e12)
    const cache = new MemoryCache({ clock })
    cache.set('k', 1, null)
    clock.advance(6 * DAY)
    cache.set('l', 1)
    expect(cache.policy().ageOf('k')).to.equal(6 * 86_400)
    clock.advance(100 * DAY)
    cache.set('l', 1)
    expect(cache.policy().ageOf('k')).to.be.within(6 * 86_400, 106 * 86_400)
    expect(cache.get('k')).to.equal(1)
  })
})
