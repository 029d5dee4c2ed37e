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

  it('hold with clocks that jump forwards and backwards, up to the year 9999', () => {
    const last = Date.UTC(9999, 11, 31)
    const timeouts = fc.oneof(
      fc.constant(null),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 400 * DAY }),
      fc.integer({ min: 40 * DAY, max: 60 * DAY }),
    )
    const jumps = fc.oneof(
      fc.nat(1000),
      fc.integer({ min: -60 * DAY, max: 60 * DAY }),
      fc.integer({ min: -400 * DAY, max: 4000 * DAY }),
    )
    const verbs = fc.constantFrom('set', 'set', 'add', 'updateTimeout', 'none')
    const steps = fc.array(fc.tuple(verbs, fc.nat(4), timeouts, fc.nat(30 * DAY), jumps), { maxLength: 40 })
    fc.assert(
      fc.property(steps, fc.constantFrom(1.7e12, last - 100 * DAY), (steps, start) => {
        const clock = new FakeClock(start)
        const cache = new MemoryCache({ clock })
        const model = new Map<string, { deadline: number; hasPassed: boolean }>()
        for (const [verb, number, timeout, stale, jump] of steps) {
          const key = String(number)
          const ttl = timeout === null ? null : (`${timeout}ms` as const)
          const deadline = timeout === null ? Number.POSITIVE_INFINITY : clock.now() + timeout
          const before = model.get(key)
          if (verb === 'set') cache.set(key, key, { timeout: ttl, staleFor: stale % 2 === 0 ? 0 : `${stale}ms` })
          if (verb === 'add' && !before?.hasPassed) expect(cache.add(key, key, ttl)).to.equal(before === undefined)
          if (verb === 'updateTimeout' && before?.hasPassed === false) cache.updateTimeout(key, ttl)
          const isWritten =
            verb === 'set' ||
            (verb === 'add' && before === undefined) ||
            (verb === 'updateTimeout' && before?.hasPassed === false)
          if (isWritten) model.set(key, { deadline, hasPassed: false })

          clock.advance(Math.min(jump, last - clock.now()))
          for (const [key, entry] of model) {
            if (clock.now() >= entry.deadline) entry.hasPassed = true
            // What has expired may be gone, also for a clock that is put back.
            else if (entry.hasPassed) continue
            const value = entry.hasPassed ? undefined : key
            const left = entry.deadline === Number.POSITIVE_INFINITY ? null : (entry.deadline - clock.now()) / 1000
            expect(cache.ttl(key), `ttl of ${key}`).to.equal(entry.hasPassed ? undefined : left)
            expect(cache.has(key)).to.equal(!entry.hasPassed)
            expect(cache.getMany([key])).to.deep.equal([value])
            expect(cache.get(key)).to.equal(value)
          }
        }
      }),
      { numRuns: 400 },
    )
  })

  it('keep an entry without a limit, however long nothing was written', () => {
    const clock = new FakeClock(1.7e12)
    const cache = new MemoryCache({ clock })
    const expired: string[] = []
    cache.on('expire', ({ key }) => expired.push(key!))
    cache.set('a', 1, null)
    for (const days of [43.5, 6, 1, 1000]) {
      clock.advance(days * DAY)
      expect(cache.getMany(['a'])).to.deep.equal([1])
      expect(cache.get('a')).to.equal(1)
      expect(cache.getOrSet('a', 2)).to.equal(1)
      expect(cache.remove('b')).to.equal(false)
    }
    expect(expired).to.deep.equal([])
  })

  it('let an entry without a limit go after the timeout that it was given later', async () => {
    const clock = new FakeClock(1.7e12)
    const cache = new MemoryCache({ clock })
    cache.set('a', 1, null)
    cache.updateTimeout('a', 60)
    expect(cache.policy().entry('a')).to.deep.include({ expires: clock.now() + 60_000, until: clock.now() + 60_000 })
    clock.advance(60_000)
    expect(cache.getMany(['a'])).to.deep.equal([undefined])
    expect(cache.stats().size).to.equal(0)
  })

  it('let add and increment replace an entry that has expired and is kept to be served stale', () => {
    for (const days of [0, 5, 7, 19, 43.5, 60]) {
      const clock = new FakeClock(1.7e12)
      const cache = new MemoryCache({ clock })
      for (const key of ['a', 'b']) cache.set(key, 7, { timeout: 1, staleFor: '100d' })
      clock.advance(1000 + days * DAY)
      cache.set('other', 1)
      expect(cache.add('a', 1)).to.equal(true)
      expect(cache.increment('b')).to.equal(1)
      expect(cache.getMany(['a', 'b'])).to.deep.equal([1, 1])
    }
  })
})
