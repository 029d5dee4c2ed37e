import { mock } from 'node:test'
import FakeTimers from '@sinonjs/fake-timers'
import { expect } from 'chai'
import { AsyncMemoryCache, MemoryCache } from '../../../lib/index.ts'

/** Timers and a clock that a test moves itself. */
interface Fake {
  /** Moves the time on, and lets the timers go off that are due. */
  tick(ms: number): void
  /** Sets the time alone. */
  set(now: number): void
  restore(): void
}

const START = Date.UTC(2026, 10, 20)

/** The ways in which people fake time, as their libraries do it by default. */
const FAKES: Record<string, () => Fake> = {
  'fake timers of sinon': () => {
    const clock = FakeTimers.install({ now: START })
    return {
      tick: (ms) => clock.tick(ms),
      set: (now) => clock.setSystemTime(now),
      restore: () => clock.uninstall(),
    }
  },
  // What `jest.useFakeTimers()` does: see `packages/jest-fake-timers/src/modernFakeTimers.ts` of jest 29 and 30.
  'fake timers of jest': () => {
    const clock = FakeTimers.withGlobal(globalThis).install({
      now: START,
      loopLimit: 100_000,
      shouldClearNativeTimers: true,
      toFake: [
        'Date',
        'hrtime',
        'nextTick',
        'performance',
        'queueMicrotask',
        'setImmediate',
        'clearImmediate',
        'setInterval',
        'clearInterval',
        'setTimeout',
        'clearTimeout',
      ],
    })
    return {
      tick: (ms) => clock.tick(ms),
      set: (now) => clock.setSystemTime(now),
      restore: () => clock.uninstall(),
    }
  },
  'mock timers of node:test': () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'], now: START })
    return {
      tick: (ms) => mock.timers.tick(ms),
      set: (now) => mock.timers.setTime(now),
      restore: () => mock.timers.reset(),
    }
  },
  'a Date.now of one’s own': () => {
    const { now } = Date
    let time = START
    Date.now = () => time
    return {
      tick: (ms) => {
        time += ms
      },
      set: (now) => {
        time = now
      },
      restore: () => {
        Date.now = now
      },
    }
  },
}

for (const [name, install] of Object.entries(FAKES)) {
  const hasTimers = name.includes('timers')

  describe(`the cache in memory under ${name}`, () => {
    let fake: Fake

    beforeEach(() => {
      fake = install()
    })

    afterEach(() => fake.restore())

    it('lets entries expire by the time of the test, to the millisecond', () => {
      const cache = new MemoryCache()
      cache.set('k', 'v', 60)
      fake.tick(59_999)
      expect(cache.get('k')).to.equal('v')
      expect(cache.ttl('k')).to.equal(0.001)
      fake.tick(1)
      expect(cache.get('k')).to.equal(undefined)
    })

    it('has them live on when they are used, where that is asked for', () => {
      const cache = new MemoryCache({ touchOnGet: true })
      cache.set('k', 'v', 10)
      for (let i = 0; i < 5; i++) {
        fake.tick(9000)
        expect(cache.get('k')).to.equal('v')
      }
      fake.tick(10_000)
      expect(cache.get('k')).to.equal(undefined)
    })

    it('makes a value again when its time is over, and answers without a tick', async () => {
      const cache = new AsyncMemoryCache()
      let made = 0
      const ask = (): Promise<number> => cache.getOrSet('k', async () => ++made, 60)
      expect(await Promise.all([ask(), ask()])).to.deep.equal([1, 1])
      fake.tick(60_000)
      expect(await ask()).to.equal(2)
    })

    it('works in a cache that was there before', () => {
      fake.restore()
      const cache = new MemoryCache()
      cache.set('forever', 1, null)
      cache.set('before', 1, 60)
      fake = install()
      cache.set('k', 'v', 60)
      fake.tick(60_000)
      expect([cache.get('k'), cache.get('forever')]).to.deep.equal([undefined, 1])
    })

    it('goes by the real time again when the faked one is gone', () => {
      const cache = new MemoryCache()
      cache.set('k', 'v', 60)
      fake.tick(3_000_000)
      fake.restore()
      cache.set('real', 1, 60)
      expect(cache.ttl('real')).to.be.within(1, 60)
      cache.set('over', 1, 0.001)
      const end = performance.now() + 5
      while (performance.now() < end);
      expect(cache.get('over')).to.equal(undefined)
    })

    if (hasTimers) {
      it('lets entries expire by a coarse clock too, once its timer has gone off', () => {
        const cache = new MemoryCache({ clock: 'coarse' })
        fake.tick(10)
        cache.set('k', 'v', 60)
        fake.tick(59_999)
        expect(cache.get('k')).to.equal('v')
        fake.tick(2)
        expect(cache.get('k')).to.equal(undefined)
      })

      it('goes on with a coarse clock when the faked timers are gone', async () => {
        const cache = new MemoryCache({ clock: 'coarse' })
        fake.tick(10)
        cache.set('k', 'v', 60)
        fake.restore()
        await new Promise((resolve) => setTimeout(resolve, 5))
        cache.set('real', 1, 60)
        expect(cache.ttl('real')).to.be.within(1, 60)
        cache.set('over', 1, 0.001)
        await new Promise((resolve) => setTimeout(resolve, 10))
        expect(cache.get('over')).to.equal(undefined)
      })

      it('takes what has expired without being asked, when the time has come', () => {
        const cache = new MemoryCache()
        const gone: string[] = []
        cache.on('expire', ({ key }) => gone.push(key!))
        cache.set('a', 1, 60)
        cache.set('b', 1, 60)
        fake.tick(61_000)
        expect(gone.sort()).to.deep.equal(['a', 'b'])
        expect(cache.store.size).to.equal(0)
      })

      it('takes what has expired by the real time, too, when the faked timers are gone', async () => {
        const cache = new MemoryCache()
        cache.set('a', 1, 60)
        fake.restore()
        cache.set('b', 1, 0.02)
        cache.set('c', 1, 300)
        const end = performance.now() + 5000
        while ([...cache.store.keys('')].includes('b')) {
          if (performance.now() > end) expect.fail('nothing was taken')
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      })
    }

    it('sees when the time alone is set', () => {
      const cache = new MemoryCache()
      cache.set('k', 'v', 60)
      fake.set(START + 60_000)
      expect(cache.get('k')).to.equal(undefined)
    })
  })
}

describe('The sweep of the cache in memory', () => {
  it('goes on when its timer fires early repeatedly, as timers do by up to 1 ms', () => {
    const timers = FakeTimers.install({ now: START, toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let reading = START
      const cache = new MemoryCache({ clock: () => reading })
      cache.set('k', 'v', 60)
      for (const age of [59_981, 59_990, 59_999]) {
        reading = START + age
        timers.next()
        expect(cache.store.size).to.equal(1)
      }
      reading = START + 60_000
      timers.next()
      expect(cache.store.size).to.equal(0)
    } finally {
      timers.uninstall()
    }
  })

  it('ends when a clock stands still while timers fire', () => {
    const timers = FakeTimers.install({ now: START, toFake: ['setTimeout', 'clearTimeout'] })
    try {
      new MemoryCache({ clock: () => START }).set('k', 'v', 60)
      expect(timers.runAll()).to.be.a('number')
    } finally {
      timers.uninstall()
    }
  })
})
