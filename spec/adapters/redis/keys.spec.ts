import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { RedisStore } from '../../../adapters/redis/store.ts'
import { redis } from '../../support/servers.ts'
import { closeOpened, listed, type Opened, opened, ownPrefix } from './opened.ts'

const LIVES_LONG = 60_000

describe('RedisStore, listing and wiping', () => {
  let url: string
  let raw: Redis
  let cache: Opened
  let store: RedisStore
  let prefix: string
  const key = (name: string): string => prefix + name

  before(async () => {
    url = (await redis()).url
    raw = new Redis(url)
  })

  beforeEach(() => {
    cache = opened({ url })
    store = cache.store
    prefix = ownPrefix()
  })

  afterEach(closeOpened)
  after(() => raw.quit())

  it('lists the keys that begin with a prefix, however it is spelled', async () => {
    const odd = ['*', '?', '[a]', '[', ']', '\\', '\\*', 'a*b', '^', '-', 'é', '\n', '\u0000']
    const names = odd.flatMap((part) => [key(`${part}1`), key(`${part}2`)])
    await store.saveMany([...names, key('other')].map((name) => [name, 'x', LIVES_LONG]))
    for (const part of odd) {
      const wanted = names.filter((name) => name.startsWith(key(part)))
      expect((await listed(store.list(key(part)))).sort(), part).to.deep.equal(wanted.sort())
    }
  })

  it('finds the keys that go on where the prefix ends in half a character', async () => {
    const names = ['\ud83d\ude00', '\ud83d', '\ud83dx', '\ud83e\ude00'].map(key)
    await store.saveMany(names.map((name) => [name, 'x', LIVES_LONG]))
    expect((await listed(store.list(key('\ud83d')))).sort()).to.deep.equal(names.slice(0, 3).sort())
    await store.wipe(key('\ud83d'))
    expect(await listed(store.list(prefix))).to.deep.equal([names[3]])
  })

  it('lists each of many keys once, while others come', async () => {
    const names = Array.from({ length: 5000 }, (_, i) => key(String(i)))
    await store.saveMany(names.map((name) => [name, 'x', LIVES_LONG]))
    const found = []
    for await (const name of store.list(prefix)) {
      if (found.push(name) % 100 === 0) await store.save(key(`new ${name}`), 'x', LIVES_LONG)
    }
    expect(new Set(found).size).to.equal(found.length)
    expect(found).to.include.members(names)
    await store.wipe(prefix)
  })

  it('wipes what begins with a prefix, foreign bytes too, and leaves the rest', async () => {
    await store.saveMany(Array.from({ length: 3000 }, (_, i) => [key(`in:${i}`), 'x', LIVES_LONG] as const))
    await raw.set(Buffer.concat([Buffer.from(key('in:')), Buffer.from([0xff, 0xfe])]), 'x', 'EX', 60)
    await raw.lpush(key('in:list'), 'x')
    await store.save(key('im'), 'x', LIVES_LONG)
    await store.wipe(key('in:'))
    expect(await raw.keys(`${prefix}*`)).to.deep.equal([key('im')])
  })

  it('sees the keys behind a `keyPrefix` of the client, and those only', async () => {
    const behind = opened({ url, options: { keyPrefix: `${prefix}[é]:` } }).store
    await behind.save('a*', 'x', LIVES_LONG)
    await behind.save('b', 'x', LIVES_LONG)
    await store.save(key('c'), 'x', LIVES_LONG)
    expect((await listed(behind.list(''))).sort()).to.deep.equal(['a*', 'b'])
    expect(await behind.compareAndSave('b', 'x', 'y', LIVES_LONG)).to.equal(true)
    await behind.wipe('a')
    expect((await raw.keys(`${prefix}*`)).sort()).to.deep.equal([key('[é]:b'), key('c')])
  })

  it('can be left before the end', async () => {
    await store.saveMany(['a', 'b'].map((name) => [key(name), 'x', LIVES_LONG]))
    for await (const name of store.list(prefix)) {
      expect(name).to.match(/[ab]$/)
      break
    }
  })
})
