import { join } from 'node:path'
import { expect } from 'chai'
import {
  AsyncMemcachedCache,
  AsyncMemoryCache,
  AsyncRedisCache,
  AsyncSqliteCache,
  type Cache,
  LockError,
  MemoryCache,
  RedisCache,
  SqliteCache,
} from '../../lib/index.ts'
import { PrefixedCache } from '../../lib/wrappers/index.ts'
import { startChild } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'
import { memcached, redis } from '../support/servers.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const opened: Cache[] = []
const open = <C extends Cache>(cache: C): C => {
  opened.push(cache)
  return cache
}

const ASYNC: Record<string, () => Promise<Cache<'async'>>> = {
  AsyncMemoryCache: async () => new AsyncMemoryCache(),
  AsyncSqliteCache: async () => new AsyncSqliteCache({ path: join(tempFolder('locks'), 'locks.db') }),
  AsyncRedisCache: async () => new AsyncRedisCache({ url: (await redis()).url, prefix: `${Math.random()}:` }),
  AsyncMemcachedCache: async () =>
    new AsyncMemcachedCache({ servers: `127.0.0.1:${(await memcached()).port}`, prefix: `${Math.random()}:` }),
}

describe('lock', () => {
  after(async () => {
    for (const cache of opened) await cache.close()
  })

  for (const [name, make] of Object.entries(ASYNC)) {
    describe(`on ${name}`, () => {
      let cache: Cache<'async'>
      before(async () => {
        cache = open(await make())
      })

      it('is had by one owner at a time', async () => {
        const first = await cache.lock('one')
        const refused = await cache.lock('one').catch((error) => error)
        expect(refused).to.be.instanceOf(LockError).with.property('code', 'E_LOCK')
        expect(first.isHeld()).to.equal(true)
        expect(await first.release()).to.equal(true)
        expect(first.isHeld()).to.equal(false)
        expect(first.signal.aborted).to.equal(false)
        await (await cache.lock('one')).release()
      })

      it('is had in the order of the callers', async () => {
        const order: number[] = []
        const first = await cache.lock('order')
        const rest = [1, 2, 3].map((n) =>
          cache.withLock('order', { wait: '5s' }, async () => {
            order.push(n)
          }),
        )
        await first.release()
        await Promise.all(rest)
        expect(order).to.deep.equal([1, 2, 3])
      })

      it('has a fencing number that only grows', async () => {
        const fences: number[] = []
        for (let i = 0; i < 5; i++) await cache.withLock('fence', async (lock) => void fences.push(lock.fence))
        expect(fences).to.deep.equal([...new Set(fences)].sort((a, b) => a - b))
      })

      it('is released when the function throws', async () => {
        const failed = await cache.withLock('throws', () => Promise.reject(new Error('mine'))).catch((error) => error)
        expect(failed.message).to.equal('mine')
        await (await cache.lock('throws')).release()
      })

      it('gives up waiting with the reason of a signal', async () => {
        const held = await cache.lock('signal')
        const controller = new AbortController()
        const waiting = cache.lock('signal', { wait: null, signal: controller.signal }).catch((error) => error)
        controller.abort(new Error('enough'))
        expect((await waiting).message).to.equal('enough')
        await held.release()
      })

      it('renews itself beyond its TTL', async () => {
        const held = await cache.lock('renewed', { ttl: '1s' })
        await pause(1500)
        expect(held.isHeld()).to.equal(true)
        expect(await cache.lock('renewed').catch((error) => error)).to.be.instanceOf(LockError)
        await held.release()
      })

      it('expires without renewal, tells the owner, and is not freed by it afterwards', async () => {
        const old = await cache.lock('expires', { ttl: '1s', renew: false })
        const next = await cache.lock('expires', { wait: '5s' })
        expect(old.isHeld()).to.equal(false)
        expect(old.signal.reason).to.be.instanceOf(LockError)
        expect(await Promise.resolve(old.extend()).catch((error) => error)).to.be.instanceOf(LockError)
        expect(await old.release()).to.equal(false)
        expect(next.isHeld()).to.equal(true)
        expect(next.fence).to.be.above(old.fence)
        await next.release()
      })

      it('leaves nothing that listings or counts show', async () => {
        await (await cache.lock('hidden')).release()
        const held = await cache.lock('hidden')
        if (cache.capabilities.listsKeys) for await (const key of cache.keys()) expect.fail(key)
        expect(cache.stats().hits + cache.stats().misses).to.equal(0)
        await held.release()
      })
    })
  }

  it('is separate under each prefix, and works through wrappers', async () => {
    const inner = new AsyncMemoryCache()
    const [a, b] = [new PrefixedCache(inner, 'a:'), new PrefixedCache(inner, 'b:')]
    const held = await a.lock('x')
    await (await b.lock('x')).release()
    expect(await new PrefixedCache(inner, 'a:').lock('x').catch((error) => error)).to.be.instanceOf(LockError)
    await held.release()
  })

  it('answers at once on a synchronous cache, and throws where only this thread could release it', () => {
    const cache = new MemoryCache()
    const held = cache.lock('sync', { wait: '5s' })
    expect(() => cache.lock('sync', { wait: '5s' })).to.throw(LockError)
    held.release()
    expect(cache.withLock('sync', (lock) => lock.isHeld())).to.equal(true)
  })

  it('is free again for a synchronous caller when it has expired before any timer ran', () => {
    const cache = new MemoryCache()
    cache.lock('sync', { ttl: '20ms', renew: false })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40)
    cache.lock('sync').release()
  })

  for (const bad of [{ ttl: 0 }, { ttl: null }, { wait: 'soon' }]) {
    it(`refuses ${JSON.stringify(bad)}`, async () => {
      const refused = await new AsyncMemoryCache().lock('k', bad as object).catch((error) => error)
      expect(refused).to.be.instanceOf(Error).and.not.instanceOf(LockError)
    })
  }

  it('blocks a synchronous caller until another process releases it', async function () {
    this.timeout(20_000)
    const path = join(tempFolder('locks'), 'two.db')
    const other = startChild(`
      import { SqliteCache } from './lib/index.ts'
      const held = new SqliteCache({ path: ${JSON.stringify(path)} }).lock('two')
      console.log('held')
      setTimeout(() => held.release(), 500)
    `)
    await other.line(/held/)
    const held = open(new SqliteCache({ path })).lock('two', { wait: '10s' })
    expect(held.isHeld()).to.equal(true)
    held.release()
    await other.done
  })

  it('is freed by the TTL when its owner is killed', async function () {
    this.timeout(20_000)
    const { url } = await redis()
    const prefix = `${Math.random()}:`
    const other = startChild(`
      import { AsyncRedisCache } from './lib/index.ts'
      const lock = await new AsyncRedisCache({ url: '${url}', prefix: '${prefix}' }).lock('killed', { ttl: '1s' })
      console.log('held', lock.fence)
      setInterval(() => {}, 1000)
    `)
    const fence = Number((await other.line(/held/)).split(' ')[1])
    const cache = open(new AsyncRedisCache({ url, prefix }))
    expect(await cache.lock('killed').catch((error) => error)).to.be.instanceOf(LockError)
    other.kill('SIGKILL')
    const held = await cache.lock('killed', { wait: '10s' })
    expect(held.fence).to.be.above(fence)
    await held.release()
  })

  it('works over the bridge', async () => {
    const cache = open(new RedisCache({ url: (await redis()).url, prefix: `${Math.random()}:` }))
    const held = cache.lock('bridge')
    expect(() => cache.lock('bridge')).to.throw(LockError)
    held.extend('5s')
    expect(held.release()).to.equal(true)
  })
})
