import { expect } from 'chai'
import { AsyncMemoryCache, createLoader } from '../../lib/index.ts'
import { FakeClock } from '../../lib/testing/index.ts'

async function failureOf(promise: unknown): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('getOrSetMany', () => {
  it('isolates the failure of one key, serves stale ones, and stores by one call', async () => {
    const clock = new FakeClock()
    const cache = new AsyncMemoryCache({ clock })
    await cache.set('old', 1, { timeout: 1, staleFor: 60 })
    clock.advance(2000)
    const load = async (missing: string[]) => missing.map((key) => (key === 'good' ? key : new Error(`no ${key}`)))
    expect(String(await failureOf(cache.getOrSetMany(['old', 'bad', 'good'], load)))).to.equal('Error: no bad')
    expect(await cache.getMany(['good', 'bad'])).to.deep.equal(['good', undefined])
    expect(await cache.getOrSetMany(['old', 'good'], load)).to.deep.equal([1, 'good'])
  })

  it('refuses a Set from its loader, and text for keys', async () => {
    const cache = new AsyncMemoryCache()
    const loader = async () => new Set(['a']) as unknown as string[]
    expect(String(await failureOf(cache.getOrSetMany(['a'], loader)))).to.include('not a Set')
    expect(await failureOf(cache.getMany('user:1'))).to.be.instanceOf(TypeError)
  })
})

describe('createLoader', () => {
  it('loads what is asked for in one tick by one call, and rejects the keys that failed alone', async () => {
    const cache = new AsyncMemoryCache()
    const asked: string[][] = []
    const users = createLoader(cache, async (keys) => {
      asked.push(keys)
      return keys.map((key) => (key === 'bad' ? new Error('no bad') : `user ${key}`))
    })
    const bad = failureOf(users.load('bad'))
    expect(await Promise.all([users.load('1'), users.load('2'), users.load('1')])).to.deep.equal([
      'user 1',
      'user 2',
      'user 1',
    ])
    expect([String(await bad), asked]).to.deep.equal(['Error: no bad', [['bad', '1', '2']]])
    const [one, wrong] = await users.loadMany(['1', 'bad'])
    expect([one, String(wrong), asked[1]]).to.deep.equal(['user 1', 'Error: no bad', ['bad']])
    expect([await users.clear('1'), await users.load('1'), asked.length]).to.deep.equal([true, 'user 1', 3])
  })
})
