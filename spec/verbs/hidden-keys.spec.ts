import { expect } from 'chai'
import { hiddenKey, isHidden } from '../../lib/entry/hidden-keys.ts'
import { AsyncMemoryCache, MemoryCache } from '../../lib/index.ts'
import { PrefixedCache, StatsCache } from '../../lib/wrappers/index.ts'

describe('Hidden keys', () => {
  it('are told from the keys of users, behind any prefix', () => {
    expect(isHidden(hiddenKey('generation:users'))).to.equal(true)
    expect(isHidden(`cache:tenant:${hiddenKey('generation:users')}`)).to.equal(true)
    for (const key of ['', 'polycache:', '\u0001', 'a:b']) expect(isHidden(key), key).to.equal(false)
  })

  it('are left out of listings and counts', async () => {
    const cache = new MemoryCache()
    const tenant = new PrefixedCache(cache, 'tenant:')
    const later = new AsyncMemoryCache()
    for (const each of [cache, tenant, later]) {
      await each.set(hiddenKey('generation'), 1)
      await each.set('key', 1)
    }
    expect([...cache.keys()].sort()).to.deep.equal(['key', 'tenant:key'])
    expect([...tenant.keys()]).to.deep.equal(['key'])
    for await (const key of later.keys()) expect(key).to.equal('key')
    expect(new StatsCache(cache).stats().size).to.equal(2)
  })

  it('do not end a listing early, however many stand side by side', () => {
    const cache = new MemoryCache()
    for (let i = 0; i < 1000; i++) cache.set(hiddenKey(`${i}`), 1)
    cache.set('key', 1)
    expect([...cache.keys()]).to.deep.equal(['key'])
  })

  it('are cleared with the rest', () => {
    const cache = new MemoryCache()
    cache.set(hiddenKey('generation'), 1)
    cache.clear()
    expect(cache.has(hiddenKey('generation'))).to.equal(false)
  })
})
