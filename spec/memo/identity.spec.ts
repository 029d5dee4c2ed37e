import { join } from 'node:path'
import { expect } from 'chai'
import { AsyncSqliteCache, type Cache, MemoryCache, SqliteCache } from '../../lib/index.ts'
import { cacheable, cacheClear, cacheMethods, cachePut, memoize } from '../../lib/memo/index.ts'
import { child } from '../support/child.ts'
import { tempFolder } from '../support/run-folder.ts'

/** The warnings of a code that are emitted while something runs. */
async function warningsOf(code: string, run: () => unknown): Promise<string[]> {
  const warnings: string[] = []
  const listen = (warning: Error & { code?: string }): void => {
    if (warning.code === code) warnings.push(warning.message)
  }
  process.on('warning', listen)
  await run()
  await new Promise(setImmediate)
  process.off('warning', listen)
  return warnings
}

describe('A memoized function without a name', () => {
  const caches: Record<string, () => Cache<'sync'>> = {
    memory: () => new MemoryCache(),
    'a shared store': () => new SqliteCache({ path: join(tempFolder('identity'), 'cache.db') }),
  }
  for (const [name, open] of Object.entries(caches)) {
    it(`has its own results, like every other that a factory makes: ${name}`, () => {
      const cache = open()
      const loaderFor = (tenant: string) =>
        memoize(
          function load(id: number) {
            return `${tenant} ${id}`
          },
          { cache },
        )
      const [a, b] = [loaderFor('a'), loaderFor('b')]
      expect([a(1), b(1), a(1), b(1)]).to.deep.equal(['a 1', 'b 1', 'a 1', 'b 1'])
      cache.close()
    })

    it(`has its own results as a class field of each instance: ${name}`, () => {
      const cache = open()
      class Users {
        readonly step: number
        readonly find = memoize((id: number) => id + this.step, { cache })
        constructor(step: number) {
          this.step = step
        }
      }
      const [one, two] = [new Users(1), new Users(2)]
      expect([one.find(1), two.find(1), one.find(1)]).to.deep.equal([2, 3, 2])
      cache.close()
    })

    it(`has its own results beside a function of the same name: ${name}`, () => {
      const cache = open()
      const users = { get: (id: number) => `user ${id}` }
      const teams = { get: (id: number) => `team ${id}` }
      const [user, team] = [memoize(users.get, { cache }), memoize(teams.get, { cache })]
      expect([user(1), team(1), user(1), team(1)]).to.deep.equal(['user 1', 'team 1', 'user 1', 'team 1'])
      user.clear()
      expect([user.cacheIn(1), team.cacheIn(1)]).to.deep.equal([false, true])
      cache.close()
    })

    it(`has its own results when the same function is memoized twice: ${name}`, () => {
      const cache = open()
      let runs = 0
      const count = (): number => ++runs
      const [one, two] = [memoize(count, { cache }), memoize(count, { cache })]
      expect([one(), two(), one(), two()]).to.deep.equal([1, 2, 1, 2])
      cache.close()
    })

    it(`does not share methods of classes of one name, anonymous ones among them: ${name}`, () => {
      const cache = open()
      const classOf = (step: number) => {
        class Users {
          @cacheable({ cache, per: 'class' })
          load(id: number): number {
            return id + step
          }
          @cacheable({ cache })
          static count(): number {
            return step
          }
        }
        return Users
      }
      const [A, B] = [classOf(1), classOf(2)]
      for (const Class of [A, B]) Object.defineProperty(Class, 'name', { value: '' })
      for (let i = 0; i < 2; i++) {
        expect([new A().load(1), new B().load(1), A.count(), B.count()]).to.deep.equal([2, 3, 1, 2])
      }
      cache.close()
    })
  }

  it('shares nothing with other processes on a shared store, and warns once', async () => {
    const path = join(tempFolder('identity'), 'cache.db')
    const program = `
      const { SqliteCache } = await import('./lib/index.ts')
      const { memoize } = await import('./lib/memo/index.ts')
      const cache = new SqliteCache({ path: ${JSON.stringify(path)} })
      process.on('warning', ({ code, message }) => console.log(code, message))
      for (const text of ['first', 'second']) {
        const load = memoize(function load(id) { return process.argv.at(-1) + text + id }, { cache })
        console.log(load(1), load(1))
      }
      console.log([...cache.keys()].length, JSON.stringify(cache.stats()))
    `
    for (const [i, service] of ['users', 'teams'].entries()) {
      const { stdout, stderr } = await child(program, { args: [service] })
      expect(stderr).not.to.contain('Error')
      const lines = stdout.trim().split('\n')
      expect(lines.slice(0, 2)).to.deep.equal([
        `${service}first1 ${service}first1`,
        `${service}second1 ${service}second1`,
      ])
      expect(lines[2]).to.match(new RegExp(`^${(i + 1) * 2} `))
      expect(lines.filter((line) => line.startsWith('POLYCACHE_MEMO_UNNAMED'))).to.have.length(1)
      expect(stdout).to.contain("name: 'Users.find'")
    }
  })
})

describe('A memoized function with a name', () => {
  it('shares its results with all of that name in the namespace', () => {
    const cache = new MemoryCache()
    const load = (id: number): string => `user ${id}`
    const [one, two] = [memoize(load, { cache, name: 'load' }), memoize(load, { cache, name: 'load' })]
    const other = memoize(load, { cache, name: 'load', namespace: 'other' })
    one(1)
    expect([two.cacheIn(1), other.cacheIn(1)]).to.deep.equal([true, false])
    expect(two.cacheKey(1)).to.equal(one.cacheKey(1))
  })

  it('shares its results with other processes', async () => {
    const path = join(tempFolder('identity'), 'cache.db')
    const program = `
      const { SqliteCache } = await import('./lib/index.ts')
      const { memoize } = await import('./lib/memo/index.ts')
      const cache = new SqliteCache({ path: ${JSON.stringify(path)} })
      const load = memoize((id) => process.argv.at(-1) + id, { cache, name: 'load' })
      console.log(load(1))
    `
    expect((await child(program, { args: ['first'] })).stdout.trim()).to.equal('first1')
    expect((await child(program, { args: ['second'] })).stdout.trim()).to.equal('first1')
  })

  it('is warned of once when another function has the name', async () => {
    const cache = new MemoryCache()
    const warnings = await warningsOf('POLYCACHE_MEMO_NAME', () => {
      for (let i = 0; i < 3; i++) memoize((n: number) => n + i, { cache, name: 'twice' })(1)
    })
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.contain('Two functions are memoized under the name "twice" in the namespace "default"')
  })

  it('is not warned of where sharing is intended', async () => {
    const cache = new MemoryCache()
    const load = (n: number): number => n
    const user = { cache, name: 'user', per: 'class', key: (id: number) => id } as const
    class Users {
      @cacheable(user)
      load(id: number): number {
        return id
      }
      @cachePut(user)
      save(id: number): number {
        return id
      }
      @cacheClear(user)
      remove(_id: number): void {}
    }
    class Admins extends Users {}
    const service = { find: (n: number) => n }
    const warnings = await warningsOf('POLYCACHE_MEMO_NAME', () => {
      for (let i = 0; i < 2; i++) memoize(load, { cache, name: 'same' })(1)
      for (const users of [new Users(), new Admins()]) {
        users.load(1)
        users.save(1)
        users.remove(1)
      }
      for (let i = 0; i < 2; i++) cacheMethods(cache, service, { find: 'service.find' }).find(1)
    })
    expect(warnings).to.deep.equal([])
  })

  it('is warned of when methods of two objects are memoized under it', async () => {
    const cache = new MemoryCache()
    const [one, two] = [1, 2].map((step) => ({ find: (n: number) => n + step }))
    const warnings = await warningsOf('POLYCACHE_MEMO_NAME', () => {
      for (const service of [one!, two!]) cacheMethods(cache, service, { find: 'service.find' }).find(1)
    })
    expect(warnings).to.have.length(1)
  })
})

describe('cachePut without a name', () => {
  it('is refused, as no cacheable would find what it stores', () => {
    const context = { kind: 'method', name: 'save', static: false } as const
    expect(() => cachePut(() => 1, context)).to.throw(TypeError, 'needs the name of the cacheable')
    expect(() => cachePut({ namespace: 'users' })(() => 1, context)).to.throw(TypeError)
  })
})

describe('Generations in a shared store', () => {
  it('are neither listed nor counted as entries, hits or sets', async () => {
    const cache = new AsyncSqliteCache({ path: join(tempFolder('identity'), 'cache.db') })
    const load = memoize(async (id: number) => id, { cache, name: 'load' })
    for (const id of [1, 2, 1, 1, 2]) await load(id)
    const keys: string[] = []
    for await (const key of cache.keys()) keys.push(key)
    expect(keys).to.have.members([await load.cacheKey(1), await load.cacheKey(2)])
    expect(cache.stats()).to.include({ hit: 3, miss: 2, set: 2, make: 2, remove: 0 })
    await load.clear()
    expect(await load.cacheIn(1)).to.equal(false)
    expect(cache.stats()).to.include({ set: 2, remove: 0 })
    await cache.close()
  })

  it('count undefined as the one hit that it is', async () => {
    const cache = new SqliteCache({ path: join(tempFolder('identity'), 'cache.db') })
    let runs = 0
    const nothing = memoize(() => void runs++, { cache, name: 'nothing' })
    for (let i = 0; i < 3; i++) nothing()
    expect(runs).to.equal(1)
    expect(cache.stats()).to.include({ hit: 2, miss: 1 })
    cache.close()
  })
})
