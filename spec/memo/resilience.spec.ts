import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemoryCache, AsyncSqliteCache, type Cache, CacheTimeout, MemoryCache, NotFound } from '../../lib/index.ts'
import { cacheable, memoize } from '../../lib/memo/index.ts'
import { FakeClock } from '../../lib/testing/index.ts'
import { tempFolder } from '../support/run-folder.ts'

describe('The load options of memoize', () => {
  const clock = new FakeClock()
  const stores: Record<string, () => Cache<'async'>> = {
    'in memory': () => new AsyncMemoryCache({ clock }),
    'in a shared store': () => new AsyncSqliteCache({ path: join(tempFolder('resilience'), 'cache.db'), clock }),
  }
  for (const [name, open] of Object.entries(stores)) {
    describe(name, () => {
      let cache: Cache<'async'>
      let runs: number
      let fails: boolean
      const count = async (_n: number): Promise<number> => {
        runs++
        if (fails) throw new Error('down')
        return runs
      }
      beforeEach(() => {
        cache = open()
        runs = 0
        fails = false
      })
      afterEach(() => cache.close())

      it('serve a stale result when the function fails (staleFor, throttle)', async () => {
        const fn = memoize(count, { cache, name: 'fn', timeout: 10, staleFor: '1h', throttle: 5 })
        expect(await fn(1)).to.equal(1)
        clock.advance(11_000)
        fails = true
        expect([await fn(1), await fn(1)]).to.deep.equal([1, 1])
        expect(runs).to.equal(2)
        clock.advance(6000)
        fails = false
        expect(await fn(1)).to.equal(3)
      })

      it('serve a stale result while one refresh runs behind it (swr)', async () => {
        const fn = memoize(count, { cache, name: 'fn', timeout: 10, staleFor: '1h', swr: true })
        await fn(1)
        clock.advance(11_000)
        expect(await fn(1)).to.equal(1)
        while (runs < 2) await sleep(1)
        await sleep(20)
        expect(await fn(1)).to.equal(2)
      })

      it('refresh ahead of the end (refreshAhead)', async () => {
        const fn = memoize(count, { cache, name: 'fn', timeout: 10, refreshAhead: 0.5 })
        await fn(1)
        clock.advance(4000)
        expect([await fn(1), runs]).to.deep.equal([1, 1])
        clock.advance(2000)
        expect(await fn(1)).to.equal(1)
        while (runs < 2) await sleep(1)
        await sleep(20)
        expect(await fn(1)).to.equal(2)
      })

      it('give a default when the function fails (failSafeDefault)', async () => {
        fails = true
        expect(await memoize(count, { cache, name: 'fn', failSafeDefault: -1 })(1)).to.equal(-1)
      })

      it('bound the wait (hardTimeout), and store what comes later', async () => {
        const slow = memoize(async (n: number) => await sleep(150, n), { cache, name: 'slow', hardTimeout: '30ms' })
        expect(await slow(1).catch((error: unknown) => error)).to.be.instanceOf(CacheTimeout)
        await sleep(250)
        expect(await slow(1)).to.equal(1)
      })

      it('remember that nothing was found (negativeTimeout)', async () => {
        const find = memoize(
          async (_n: number): Promise<number> => {
            runs++
            throw new NotFound()
          },
          { cache, name: 'find', negativeTimeout: 60 },
        )
        expect([await find(1), await find(1)]).to.deep.equal([undefined, undefined])
        expect(runs).to.equal(1)
        expect(await find.cacheIn(1)).to.equal(false)
      })

      it('remember errors for a time (cacheErrors)', async () => {
        fails = true
        const fn = memoize(count, { cache, name: 'fn', cacheErrors: 10 })
        for (let i = 0; i < 2; i++) expect(await fn(1).catch((error: Error) => error.message)).to.equal('down')
        expect(runs).to.equal(1)
        clock.advance(11_000)
        fails = false
        expect(await fn(1)).to.equal(2)
      })

      it('take what is too old for a miss (maxAge), or everything (forceFresh)', async () => {
        const fn = memoize(count, { cache, name: 'fn', timeout: '1h' })
        const young = memoize(count, { cache, name: 'fn', timeout: '1h', maxAge: 10 })
        const fresh = memoize(count, { cache, name: 'fn', timeout: '1h', forceFresh: true })
        await fn(1)
        expect(await young(1)).to.equal(1)
        clock.advance(11_000)
        expect([await fn(1), await young(1), await fn(1), await fresh(1), await fn(1)]).to.deep.equal([1, 2, 2, 3, 3])
      })

      it('validate results (schema, migrate)', async () => {
        const validate = (value: unknown) =>
          typeof value === 'number' ? { value: value * 10 } : { issues: [{ message: 'no number' }] }
        const schema = { '~standard': { version: 1, vendor: 'spec', validate } } as const
        const fn = memoize(count, { cache, name: 'fn', schema })
        expect(await fn(1)).to.equal(10)
        const text = memoize(async () => 'text', { cache, name: 'text', schema })
        expect(await text().catch((error: Error) => error.name)).to.equal('SchemaError')
      })

      it('let a caller leave (signal)', async () => {
        const controller = new AbortController()
        const slow = memoize(async (n: number) => await sleep(100, n), {
          cache,
          name: 'slow',
          signal: controller.signal,
        })
        const left = slow(1).catch((error: unknown) => error)
        controller.abort('gone')
        expect(await left).to.equal('gone')
      })

      it('store with tags, an instant or jitter', async () => {
        const until = new Date(clock.now() + 30_000)
        const fn = memoize(count, { cache, name: 'fn', until, tags: ['users'] })
        await fn(1)
        expect(await cache.ttl(await fn.cacheKey(1))).to.equal(30)
        const shaken = memoize(count, { cache, name: 'shaken', timeout: 100, jitter: 0.5 })
        await shaken(1)
        expect(await cache.ttl(await shaken.cacheKey(1))).to.be.within(50, 100)
      })
    })
  }

  it('are options of decorators too', async () => {
    const cache = new AsyncMemoryCache({ clock })
    class Users {
      runs = 0
      @cacheable({ cache, timeout: 10, staleFor: '1h', swr: true })
      async load(_id: number): Promise<number> {
        return ++this.runs
      }
    }
    const users = new Users()
    await users.load(1)
    clock.advance(11_000)
    expect(await users.load(1)).to.equal(1)
    while (users.runs < 2) await sleep(1)
    await sleep(20)
    expect(await users.load(1)).to.equal(2)
  })

  it('hold for synchronous functions', () => {
    const cache = new MemoryCache({ clock })
    let runs = 0
    let fails = false
    const fn = memoize(
      () => {
        runs++
        if (fails) throw new Error('down')
        return runs
      },
      { cache, timeout: 10, staleFor: '1h' },
    )
    expect(fn()).to.equal(1)
    clock.advance(11_000)
    fails = true
    expect([fn(), fn(), runs]).to.deep.equal([1, 1, 2])
  })

  it('are checked when the function is memoized', () => {
    for (const wrong of [
      { refreshAhead: 2 },
      { beta: -1 },
      { schema: {} },
      { swr: true, swrr: true },
      { cacheErrors: 'soon' },
    ]) {
      expect(() => memoize(() => 1, wrong as object), JSON.stringify(wrong)).to.throw(
        /refreshAhead|beta|schema|swrr|cacheErrors/,
      )
    }
  })
})

describe('A synchronous memoized function', () => {
  it('gives a value also while an asynchronous one of its name loads it', async () => {
    const cache = new MemoryCache()
    const later = memoize(async (n: number) => await sleep(30, n), { cache, name: 'load' })
    const now = memoize((n: number) => n * 10, { cache, name: 'load' })
    const pending = later(1)
    expect(now(1)).to.equal(10)
    expect(await pending).to.equal(1)
  })
})
