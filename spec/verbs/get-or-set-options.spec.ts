import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import {
  AsyncMemoryCache,
  type Cache,
  CacheAdapter,
  CacheTimeout,
  type Entry,
  MemoryCache,
  NotFound,
  SchemaError,
} from '../../lib/index.ts'
import { FakeClock } from '../../lib/testing/index.ts'

async function failureOf(promise: unknown): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** A store that answers later. */
class SlowCache extends CacheAdapter<'async'> {
  readonly mode = 'async'
  readonly #map = new Map<string, Entry>()

  async read(key: string) {
    await sleep(1)
    return this.#map.get(key)
  }
  async write(key: string, entry: Entry) {
    this.#map.set(key, entry)
  }
  async drop(keys: readonly string[]) {
    return keys.filter((key) => this.#map.delete(key)).length
  }
  async close() {}
}

const failing = async () => {
  throw new Error('the source is down')
}

const caches: Record<string, (clock: FakeClock) => Cache> = {
  'a synchronous cache': (clock) => new MemoryCache({ clock }),
  'an asynchronous cache': (clock) => new AsyncMemoryCache({ clock }),
  'a cache that keeps copies': (clock) => new AsyncMemoryCache({ clock, isolation: 'coder' }),
  'a slow store': (clock) => new SlowCache({ clock }),
}

for (const [name, make] of Object.entries(caches)) {
  describe(`getOrSet of ${name}`, () => {
    let clock: FakeClock
    let cache: Cache
    beforeEach(() => {
      clock = new FakeClock()
      cache = make(clock)
    })

    const stored = async () => {
      await cache.set('k', { n: 1 }, { timeout: 10, staleFor: 60 })
      clock.advance(11_000)
    }
    const told = (event: 'stale' | 'refresh' | 'refreshError') => {
      const reasons: unknown[] = []
      cache.on(event, (facts) => reasons.push('reason' in facts ? facts.reason : facts.key))
      return reasons
    }

    it('serves a stale entry at once with swr, and refreshes it once in the background', async () => {
      await stored()
      const [stale, refresh] = [told('stale'), told('refresh')]
      let runs = 0
      const load = async () => ({ n: 1 + ++runs })
      const options = { swr: true, timeout: 10, staleFor: 60 }
      const values = await Promise.all([1, 2, 3].map(async () => await cache.getOrSet('k', load, options)))
      expect(values).to.deep.equal([{ n: 1 }, { n: 1 }, { n: 1 }])
      await cache.idle()
      expect([runs, await cache.get('k'), refresh]).to.deep.equal([1, { n: 2 }, ['k']])
      expect(stale).to.include('swr')
    })

    it('serves a stale entry when the loader fails, and leaves the loader alone for the throttle', async () => {
      await stored()
      const stale = told('stale')
      let runs = 0
      const load = async () => {
        runs++
        return await failing()
      }
      for (let i = 0; i < 3; i++) expect(await cache.getOrSet('k', load)).to.deep.equal({ n: 1 })
      expect([runs, stale]).to.deep.equal([1, ['error', 'error', 'error']])
      clock.advance(11_000)
      await cache.getOrSet('k', load)
      expect([runs, await cache.has('k'), await cache.get('k')]).to.deep.equal([2, false, undefined])
      expect(await failureOf(cache.getOrSet('k', load, { staleFor: 0 }))).to.be.instanceOf(Error)
      clock.advance(60_000)
      expect(await failureOf(cache.getOrSet('k', load))).to.be.instanceOf(Error)
    })

    it('reads a stale entry with get only when it is asked for', async () => {
      await stored()
      expect(await cache.get('k', 'none')).to.equal('none')
      expect(await cache.get('k', 'none', { stale: true })).to.deep.equal({ n: 1 })
    })

    it('gives failSafeDefault when there is nothing stale', async () => {
      expect(await cache.getOrSet('k', failing, { failSafeDefault: 'default' })).to.equal('default')
      expect(await cache.has('k')).to.equal(false)
    })

    it('gives the stale entry after softTimeout, and stores what the loader gives later', async () => {
      await stored()
      const load = async () => {
        await sleep(30)
        return { n: 2 }
      }
      const options = { softTimeout: '5ms', timeout: 10 } as const
      expect(await cache.getOrSet('k', load, options)).to.deep.equal({ n: 1 })
      await cache.idle()
      expect(await cache.get('k')).to.deep.equal({ n: 2 })
    })

    it('throws CacheTimeout after hardTimeout, and stores what the loader gives later', async () => {
      const load = async () => {
        await sleep(30)
        return 'late'
      }
      expect(await failureOf(cache.getOrSet('k', load, { hardTimeout: '5ms' }))).to.be.instanceOf(CacheTimeout)
      await cache.idle()
      expect(await cache.get('k')).to.equal('late')
    })

    it('lets one caller leave by its signal, and aborts the loader when the last one has left', async () => {
      let aborted = false
      const [first, second] = [new AbortController(), new AbortController()]
      const load = async (_: string, { signal }: { signal: AbortSignal }) => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        await sleep(40)
        return 'v'
      }
      const one = failureOf(cache.getOrSet('k', load, { signal: first.signal }))
      const other = failureOf(cache.getOrSet('k', load, { signal: second.signal }))
      await sleep(10)
      first.abort(new Error('first left'))
      expect(String(await one)).to.equal('Error: first left')
      expect(aborted).to.equal(false)
      second.abort(new Error('second left'))
      expect(String(await other)).to.equal('Error: second left')
      expect(aborted).to.equal(true)
    })

    it('refreshes a fresh entry ahead of its expiry', async () => {
      const options = { timeout: 10, refreshAhead: 0.5 }
      let runs = 0
      const load = async () => ++runs
      await cache.getOrSet('k', load, options)
      clock.advance(6000)
      expect(await cache.getOrSet('k', load, options)).to.equal(1)
      await cache.idle()
      expect([await cache.get('k'), runs]).to.deep.equal([2, 2])
    })

    it('remembers NotFound for negativeTimeout, as an entry that is missing for every other verb', async () => {
      let runs = 0
      const load = async () => {
        runs++
        throw new NotFound()
      }
      const options = { negativeTimeout: 5 }
      for (let i = 0; i < 3; i++) expect(await cache.getOrSet('k', load, options)).to.equal(undefined)
      expect([runs, await cache.has('k'), await cache.get('k', 'none')]).to.deep.equal([1, false, 'none'])
      clock.advance(6000)
      await cache.getOrSet('k', async () => NotFound.instance, options)
      expect(await cache.getOrSet('k', load)).to.equal(undefined)
      expect(runs).to.equal(1)
    })

    it('remembers errors for cacheErrors, which other verbs do not see', async () => {
      let runs = 0
      const load = async () => {
        runs++
        return await failing()
      }
      for (let i = 0; i < 3; i++) {
        const asked = (async () => await cache.getOrSet('k', load, { cacheErrors: 5 }))()
        expect(String(await failureOf(asked))).to.equal('Error: the source is down')
      }
      expect([runs, await cache.has('k')]).to.deep.equal([1, false])
    })

    it('loads again for a reader with maxAge or forceFresh, and keeps the entry if that fails', async () => {
      await cache.set('k', 1)
      clock.advance(5000)
      expect(await cache.getOrSet('k', async () => 2, { maxAge: 10 })).to.equal(1)
      expect(await cache.getOrSet('k', async () => 2, { maxAge: 3 })).to.equal(2)
      expect(await cache.getOrSet('k', async () => 3, { forceFresh: true })).to.equal(3)
      expect(await failureOf(cache.getOrSet('k', failing, { forceFresh: true }))).to.be.instanceOf(Error)
      expect(await cache.get('k')).to.equal(3)
    })

    it('awaits what shouldCache says', async () => {
      expect(await cache.getOrSet('k', async () => 1, { shouldCache: async () => false })).to.equal(1)
      expect(await cache.has('k')).to.equal(false)
    })

    it('checks values by a schema, and mends stored ones by migrate', async () => {
      const schema = {
        '~standard': {
          version: 1,
          vendor: 'spec',
          validate: async (value: unknown) =>
            typeof value === 'number' ? { value: value + 1 } : { issues: [{ message: 'not a number' }] },
        },
      } as const
      await cache.set('k', '5')
      expect(await failureOf(cache.getOrSet('k', async () => 'x', { schema }))).to.be.instanceOf(SchemaError)
      expect(await cache.getOrSet('k', async () => 1, { schema, migrate: Number })).to.equal(6)
      expect(await cache.getOrSet('k', async () => 1, { schema })).to.equal(2)
      expect(cache.stats().decodeError).to.be.greaterThan(0)
    })

    it('lets the loader say by its context how the value is stored', async () => {
      await cache.getOrSet('short', async (_, { setTimeout }) => setTimeout(2))
      expect(await cache.ttl('short')).to.be.closeTo(2, 0.1)
      await cache.getOrSet('none', async (_, context) => context.noStore())
      expect(await cache.has('none')).to.equal(false)
      await stored()
      const value = await cache.getOrSet('k', async (key, { stale, notModified }) => {
        expect([key, stale?.value]).to.deep.equal(['k', { n: 1 }])
        return notModified()
      })
      expect([value, await cache.get('k')]).to.deep.equal([{ n: 1 }, { n: 1 }])
      expect(String(await failureOf(cache.getOrSet('f', async (_, { fail }) => fail('no'))))).to.include('no')
    })

    it('takes options as defaults of its calls', async () => {
      await cache.set('at', 'v', { until: new Date(clock.now() + 5000) })
      expect(await cache.ttl('at')).to.be.closeTo(5, 0.1)
      const ttls = new Set<unknown>()
      for (let i = 0; i < 20; i++) {
        await cache.set(i, 'v', { timeout: 100, jitter: 0.5 })
        ttls.add(await cache.ttl(i))
      }
      expect(ttls.size).to.be.greaterThan(5)
      expect(Math.min(...([...ttls] as number[]))).to.be.within(50, 100)
    })

    it('updates a value atomically, and warms keys', async () => {
      await Promise.all(Array.from({ length: 20 }, () => cache.update<number>('n', (n = 0) => n + 1)))
      expect(await cache.get('n')).to.equal(20)
      expect(await cache.warm(['n', 'a', 'b'], async (key) => key, { concurrency: 2 })).to.equal(2)
      expect(await cache.getMany(['n', 'a', 'b'])).to.deep.equal([20, 'a', 'b'])
    })
  })
}

describe('A version', () => {
  it('keeps entries of two deploys apart over one store', () => {
    const { store } = new MemoryCache()
    const [one, two] = [new MemoryCache({ store, version: 1 }), new MemoryCache({ store, version: 2 })]
    one.set('k', 'one')
    expect(two.get('k')).to.equal(undefined)
    two.set('k', 'two')
    expect([one.get('k'), [...two.keys()]]).to.deep.equal(['one', ['k']])
  })
})
