import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import {
  AsyncInMemory,
  AsyncMongoBackend,
  AsyncRedisBackend,
  Cache,
  coder,
  cache as defaultCache,
  defaultKeygen,
  InMemory,
  MongoBackend,
  RedisBackend,
} from '../../../lib/predecessors/cachetoolz/index.ts'
import { AsyncChaosCache, ChaosCache } from '../../../lib/testing/index.ts'
import { standIn } from '../../adapters/mongo/stand-in.ts'
import { redis } from '../../support/servers.ts'

const sub = (...args: number[]): number => args.reduce((a, b) => a - b)
const mul = async (...args: number[]): Promise<number> => args.reduce((a, b) => a * b)

describe('cachetoolz', () => {
  const mongo = standIn()
  // The worker of a synchronous backend may be slow to start on a busy machine.
  const backends = {
    InMemory: () => new InMemory(),
    AsyncInMemory: () => new AsyncInMemory(),
    RedisBackend: async () => new RedisBackend((await redis()).url, { prefix: randomUUID(), operationTimeout: '20s' }),
    AsyncRedisBackend: async () => new AsyncRedisBackend((await redis()).url, { prefix: randomUUID() }),
    MongoBackend: () => new MongoBackend(mongo.url, 'cachetoolz', { prefix: randomUUID(), operationTimeout: '20s' }),
    AsyncMongoBackend: () => new AsyncMongoBackend(mongo.url, undefined, { prefix: randomUUID() }),
  }
  for (const [name, open] of Object.entries(backends)) {
    describe(name, () => {
      let backend: Awaited<ReturnType<typeof open>>
      beforeEach(async () => {
        backend = await open()
      })
      afterEach(() => backend.close())

      it('is read and written by synchronous and asynchronous functions', async () => {
        let runs = 0
        const counted = <F extends (...args: number[]) => unknown>(fn: F) =>
          ((...args: number[]) => {
            runs++
            return fn(...args)
          }) as F
        const cache = new Cache(backend)
        expect(cache.backend).to.equal(backend)
        const [s, m] = [cache({ name: 'sub' })(counted(sub)), cache({ name: 'mul' })(counted(mul))]
        for (let i = 0; i < 2; i++) {
          expect([await s(3, 5, 7), await s(2, 6, 8)]).to.deep.equal([-9, -12])
          expect([await m(3, 5, 7), await m(2, 6, 8)]).to.deep.equal([105, 96])
        }
        expect(runs).to.equal(4)
        const other = new Cache(backend)({ name: 'sub' })(counted(sub))
        expect(await other(3, 5, 7)).to.equal(-9)
        expect(runs).to.equal(4)
      })

      it('keeps results for the ttl: seconds, text, a duration, or without limit', async () => {
        const cache = Cache(backend)
        const ttls: [NonNullable<Parameters<typeof cache>[0]>, number | null][] = [
          [{ ttl: 7 }, 7],
          [{ ttl: '1.5h' }, 5400],
          [{ ttl: { days: 7 } }, 604_800],
          [{ ttl: { weeks: 10, hours: 1 } }, 6_051_600],
          [{ ttl: Number.POSITIVE_INFINITY }, null],
          [{}, null],
        ]
        for (const [options, expected] of ttls) {
          const fn = cache({ ...options, name: JSON.stringify(options) })(sub)
          await fn(3, 2)
          const left = await backend.ttl(await fn.cacheKey(3, 2))
          expect(left === null || left === undefined ? left : Math.round(left)).to.equal(expected)
        }
        for (const wrong of [Number.NaN, '5', {}, { fortnights: 1 }, []]) {
          expect(() => cache({ ttl: wrong as never })(sub), String(wrong)).to.throw(/ttl|timeout/)
        }
      })

      it('clears the namespaces that are named, after the function', async () => {
        const cache = new Cache(backend)
        const [one, two] = [cache({ namespace: 'ns1', name: 'a' })(sub), cache({ namespace: 'ns2', name: 'a' })(sub)]
        for (const fn of [one, two]) await fn(3, 2)
        expect(await cache.clear({ namespaces: ['ns1'] })(sub)(3, 5, 7)).to.equal(-9)
        expect([await one.cacheIn(3, 2), await two.cacheIn(3, 2)]).to.deep.equal([false, true])
        expect(await cache.clear({ namespaces: ['ns1', 'ns2'] })(mul)(3, 5, 7)).to.equal(105)
        expect(await two.cacheIn(3, 2)).to.equal(false)
        await cache.clearNamespaces('never used')
      })

      it('takes a keygen, synchronous or not', async () => {
        const cache = new Cache(backend)
        const asked: unknown[] = []
        const fn = cache({
          name: 'fn',
          typed: true,
          keygen: (typed: boolean, fn: unknown, ...args: number[]) => {
            asked.push([typed, fn, args])
            return 'key'
          },
        })(sub)
        expect([await fn(3, 2), await fn(9, 9)]).to.deep.equal([1, 1])
        expect(asked[0]).to.deep.equal([true, sub, [3, 2]])
        const later = cache({ name: 'later', keygen: async () => 'key' })(mul)
        expect([await later(3, 2), await later(9, 9)]).to.deep.equal([6, 6])
      })

      it('gives copies, so that nobody changes what others get', async () => {
        const list = new Cache(backend)({ name: 'list' })((n: number) => [n])
        ;(await list(1)).push(5)
        ;(await list(1)).push(6)
        expect(await list(1)).to.deep.equal([1])
      })
    })
  }

  it('gives the result although the backend fails', async () => {
    for (const backend of [new ChaosCache({ failures: 1 }), new AsyncChaosCache({ failures: 1 })]) {
      const cache = new Cache(backend)
      expect(await cache({ keygen: () => 'key' })(sub)(3, 2)).to.equal(1)
      expect(await cache.clear(sub)(3, 2)).to.equal(1)
    }
  })

  it('tells types apart if typed, and arguments in any case', () => {
    for (const typed of [true, false]) {
      const kind = defaultCache({ typed })((value: unknown) => typeof value)
      expect([kind(1), kind('1'), kind(true), kind(1n)]).to.deep.equal(['number', 'string', 'boolean', 'bigint'])
    }
    expect(defaultKeygen(true, sub, Buffer.from('a'))).not.to.equal(defaultKeygen(false, sub, Buffer.from('a')))
    expect(defaultKeygen(false, sub, { a: 1, b: 2 })).to.equal(defaultKeygen(false, sub, { b: 2, a: 1 }))
  })

  it('keeps methods of two classes apart', () => {
    class A {
      @defaultCache
      name(): string {
        return 'A'
      }
    }
    class B {
      @defaultCache({ ttl: 60 })
      name(): string {
        return 'B'
      }
    }
    for (let i = 0; i < 2; i++) expect([new A().name(), new B().name()]).to.deep.equal(['A', 'B'])
  })

  it('stores results of registered classes', async () => {
    class Todo {
      readonly title: string
      constructor(title: string) {
        this.title = title
      }
    }
    coder.register(
      class TodoSerializer {
        static readonly type = Todo
        encode(value: Todo) {
          return { title: value.title }
        }
        decode(value: { title: string }) {
          return new Todo(value.title)
        }
      },
    )
    const getOne = new Cache(new RedisBackend((await redis()).url, { prefix: randomUUID() }))({ ttl: 120 })(
      (title: string) => new Todo(title),
    )
    for (let i = 0; i < 2; i++) expect(getOne('write')).to.be.instanceOf(Todo).with.property('title', 'write')
    expect(getOne.stats()).to.include({ calls: 2, misses: 1 })
  })
})
