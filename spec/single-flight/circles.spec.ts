import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AsyncMemoryCache, type CacheError, MemoryCache } from '../../lib/index.ts'
import { AsyncChaosCache } from '../../lib/testing/index.ts'

async function failureOf(promise: unknown): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('Circles of loaders', () => {
  const codeOf = async (promise: unknown) => ((await failureOf(promise)) as CacheError).code

  it('are found through other keys, awaited steps and another cache', async () => {
    const [cache, other] = [new AsyncMemoryCache(), new AsyncChaosCache({ delay: 1 })]
    const a = async (): Promise<number> => {
      await sleep(1)
      return await cache.getOrSet('b', b)
    }
    const b = async (): Promise<number> => other.getOrSet('c', c)
    const c = async (): Promise<number> => {
      const [value] = await Promise.all([cache.getOrSet('a', a), sleep(1)])
      return value
    }
    const error = (await failureOf(cache.getOrSet('a', a))) as CacheError
    expect([error.code, /a.*b.*c.*a/.test(error.message)], error.message).to.deep.equal(['E_RECURSION', true])
    expect(await cache.getOrSet('a', async () => 1)).to.equal(1)
    expect(await codeOf(cache.getOrSetMany(['x', 'y'], async () => [await cache.getOrSet('x', () => 1), 2]))).to.equal(
      'E_RECURSION',
    )
  })

  it('are not seen in diamonds, nor in background work that nobody awaits', async () => {
    const cache = new AsyncMemoryCache()
    const leaf = async () => {
      await sleep(2)
      return 1
    }
    const side = async (): Promise<number> => cache.getOrSet('leaf', leaf)
    const sum = await cache.getOrSet('top', async () => {
      const [l, r] = await Promise.all([cache.getOrSet('l', side), cache.getOrSet('r', side)])
      return l + r
    })
    expect(sum).to.equal(2)

    let background: Promise<unknown> = Promise.resolve()
    const value = await cache.getOrSet('front', async () => {
      background = cache.getOrSet('behind', async () => `after ${await cache.getOrSet('front', () => '?')}`)
      background.catch(() => {})
      await sleep(5)
      return 'front'
    })
    expect([value, await background]).to.deep.equal(['front', 'after front'])
  })

  it('nest without end in an asynchronous cache, and leave no key stuck after an overflow in a synchronous one', async () => {
    const later = new AsyncMemoryCache()
    const count = async (n: number): Promise<number> =>
      n === 0 ? 0 : (await later.getOrSet(n, async () => await count(n - 1))) + 1
    expect(await count(3000)).to.equal(3000)
    const cache = new MemoryCache()
    const deep = (n: number): number => (n === 0 ? 0 : cache.getOrSet(n, () => deep(n - 1)) + 1)
    expect(() => deep(50_000)).to.throw(RangeError, 'call stack')
    expect([deep(300), deep(1000)]).to.deep.equal([300, 1000])
  })
})

describe('Callers that share a load', () => {
  it('each get an object of their own where the cache gives copies', async () => {
    const cache = new AsyncMemoryCache({ isolation: 'clone' })
    const load = async () => ({ list: [1] })
    const [a, b] = await Promise.all([cache.getOrSet('k', load), cache.getOrSet('k', load)])
    a.list.push(2)
    expect(b).to.deep.equal({ list: [1] })
  })

  it('get a value from a synchronous cache that brings it, while a load of its twin is running', async () => {
    const { store } = new MemoryCache()
    const [cache, twin] = [new MemoryCache({ store }), new AsyncMemoryCache({ store })]
    const slow = twin.getOrSet('k', async () => {
      await sleep(5)
      return 'slow'
    })
    expect(cache.getOrSet('k', () => 'own')).to.equal('own')
    expect([await slow, cache.get('k')]).to.deep.equal(['slow', 'own'])
    const changes = [twin.increment('n'), twin.add('m', 1)]
    expect([cache.increment('n'), cache.add('m', 2), cache.updateTimeout('k', 5)]).to.deep.equal([2, false, 'own'])
    await Promise.all(changes)
  })
})
