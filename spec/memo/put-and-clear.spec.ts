import { expect } from 'chai'
import { AsyncMemoryCache, adapterReset } from '../../lib/index.ts'
import { cacheable, cacheClear, cachePut, clearNamespaces } from '../../lib/memo/index.ts'

describe('cachePut and cacheClear', () => {
  const cache = new AsyncMemoryCache()
  const shared = { cache, per: 'class', name: 'user', namespace: 'users', key: (id: number) => id } as const
  let loads = 0

  class Users {
    @cacheable(shared)
    async load(id: number): Promise<string> {
      loads++
      return `user ${id}`
    }
    @cachePut(shared)
    async save(_id: number, name: string): Promise<string> {
      return name
    }
    @cacheClear(shared)
    async remove(id: number): Promise<number> {
      if (id < 0) throw new Error('no such user')
      return id
    }
    @cacheClear({ cache, namespaces: ['users', 'teams'] })
    async removeAll(): Promise<void> {}
  }
  const users = new Users()
  beforeEach(async () => {
    await clearNamespaces(cache, 'users')
    loads = 0
  })

  it('store a result where the cacheable of the name finds it', async () => {
    await users.load(1)
    expect(await users.save(1, 'Ann')).to.equal('Ann')
    expect(await users.save(1, 'Eve')).to.equal('Eve')
    expect(await users.load(1)).to.equal('Eve')
    expect(loads).to.equal(1)
  })

  it('remove one result if the method succeeds', async () => {
    for (const id of [1, -1, 2]) await users.load(id)
    expect(await users.remove(1)).to.equal(1)
    expect(await users.remove(-1).catch((error: Error) => error.message)).to.equal('no such user')
    loads = 0
    for (const id of [1, -1, 2]) await users.load(id)
    expect(loads).to.equal(1)
  })

  it('clear namespaces', async () => {
    for (const id of [1, 2]) await users.load(id)
    await users.removeAll()
    for (const id of [1, 2]) await users.load(id)
    expect(loads).to.equal(4)
  })

  it('take namespaces in every form', () => {
    let runs = 0
    class Counter {
      @cacheable
      static count(): number {
        return ++runs
      }
      @cacheable({ namespace: 'a' })
      static countInA(): number {
        return ++runs
      }
      @cacheClear
      static bare(): void {}
      @cacheClear()
      static called(): void {}
      @cacheClear('a')
      static a(): void {}
      @cacheClear({ namespace: 'a' })
      static named(): void {}
      @cacheClear('a', 'default')
      static both(): void {}
      @cacheClear({ when: 'before' })
      static before(): number {
        return Counter.count()
      }
    }
    const counts = (): number[] => [Counter.count(), Counter.countInA()]
    expect(counts()).to.deep.equal([1, 2])
    Counter.bare()
    expect(counts()).to.deep.equal([3, 2])
    Counter.called()
    expect(counts()).to.deep.equal([4, 2])
    Counter.a()
    expect(counts()).to.deep.equal([4, 5])
    Counter.named()
    expect(counts()).to.deep.equal([4, 6])
    Counter.both()
    expect(counts()).to.deep.equal([7, 8])
    expect([Counter.before(), ...counts()]).to.deep.equal([9, 9, 8])
    adapterReset()
    expect(() =>
      cacheClear({ name: 'a', namespaces: 'b' })(counts, { kind: 'method', name: 'm', static: true }),
    ).to.throw(TypeError)
  })

  it('decorate a cacheable method too', () => {
    let runs = 0
    class Both {
      @cacheClear('other')
      @cacheable
      static count(): number {
        return ++runs
      }
    }
    expect([Both.count(), Both.count()]).to.deep.equal([1, 1])
  })
})
