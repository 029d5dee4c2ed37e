import { expect } from 'chai'
import { AsyncMemoryCache, adapterReset, asyncAdapterReset, MemoryCache } from '../../lib/index.ts'
import { cacheable, clearNamespaces, memoOf } from '../../lib/memo/index.ts'
import { FakeClock } from '../../lib/testing/index.ts'

describe('cacheable', () => {
  afterEach(() => {
    adapterReset()
    asyncAdapterReset()
  })

  it('memoizes methods per instance by default', () => {
    class Counter {
      runs = 0
      readonly step: number
      constructor(step: number) {
        this.step = step
      }
      @cacheable
      times(n: number): number {
        this.runs++
        return n * this.step
      }
    }
    const [two, three] = [new Counter(2), new Counter(3)]
    expect([two.times(1), two.times(1), three.times(1), three.times(1), two.times(2)]).to.deep.equal([2, 2, 3, 3, 4])
    expect([two.runs, three.runs]).to.deep.equal([2, 1])
  })

  it('memoizes methods per class', () => {
    let runs = 0
    class Maths {
      @cacheable({ per: 'class' })
      square(n: number): number {
        runs++
        return n * n
      }
    }
    expect([new Maths().square(3), new Maths().square(3)]).to.deep.equal([9, 9])
    expect(runs).to.equal(1)
    expect(memoOf(new Maths(), 'square').cacheKey(3)).to.match(/^default:.*:Maths#square:\[3\]$/)
  })

  it('memoizes methods per text that a function gives for the object', () => {
    const cache = new MemoryCache()
    class User {
      readonly id: string
      runs = 0
      constructor(id: string) {
        this.id = id
      }
      @cacheable({ cache, per: (user: User) => user.id })
      rank(at: string): string {
        this.runs++
        return `${this.id} ${at}`
      }
    }
    const users = ['a', 'a', 'b', 'a:x', 'a%3ax'].map((id) => new User(id))
    expect(users.map((user) => user.rank('x'))).to.deep.equal(['a x', 'a x', 'b x', 'a:x x', 'a%3ax x'])
    expect(users.map((user) => user.runs)).to.deep.equal([1, 0, 1, 1, 1])
  })

  it('memoizes static methods and getters', () => {
    const runs: string[] = []
    class Settings {
      @cacheable()
      static load(name: string): string {
        runs.push('load')
        return name
      }
      @cacheable({ timeout: 60 })
      get all(): string[] {
        runs.push('all')
        return ['a']
      }
      @cacheable()
      static get size(): number {
        return runs.push('size')
      }
    }
    const settings = new Settings()
    expect([Settings.load('a'), Settings.load('a'), settings.all, settings.all]).to.deep.equal(['a', 'a', ['a'], ['a']])
    expect(Settings.size).to.equal(Settings.size)
    expect(runs).to.deep.equal(['load', 'all', 'size'])
    expect(memoOf(Settings, 'load').cacheKey('a')).to.match(/:Settings\.load:/)
    expect(memoOf(settings, 'all').cacheIn()).to.equal(true)
  })

  it('memoizes private methods', () => {
    class Secret {
      runs = 0
      @cacheable
      #make(n: number): number {
        this.runs++
        return n
      }
      ask(): number {
        return this.#make(1) + this.#make(1)
      }
    }
    const secret = new Secret()
    expect([secret.ask(), secret.runs]).to.deep.equal([2, 1])
  })

  it('separates inherited from overridden methods', () => {
    const cache = new MemoryCache()
    class Base {
      @cacheable({ cache, per: 'class' })
      name(n: number): string {
        return `${this.kind()}${n}`
      }
      kind(): string {
        return 'base'
      }
    }
    class Sub extends Base {
      override kind(): string {
        return 'sub'
      }
    }
    class Over extends Base {
      @cacheable({ cache, per: 'class' })
      override name(n: number): string {
        return `over ${super.name(n)}`
      }
    }
    for (let i = 0; i < 2; i++) {
      expect([new Base(), new Sub(), new Over()].map((one) => one.name(1))).to.deep.equal([
        'base1',
        'sub1',
        'over base1',
      ])
    }
    expect(cache.stats()).to.include({ make: 4 })
  })

  it('has the name and length of the method', () => {
    class Named {
      @cacheable
      load(a: number, b: number): number {
        return a + b
      }
    }
    expect([Named.prototype.load.name, Named.prototype.load.length]).to.deep.equal(['load', 2])
  })

  it('takes the options of memoize', async () => {
    const clock = new FakeClock()
    const cache = new AsyncMemoryCache({ clock })
    let runs = 0
    class Users {
      @cacheable({ cache, timeout: '1m', namespace: 'users', key: (user: { id: number }) => user.id })
      async load(user: { id: number }): Promise<number> {
        runs++
        return user.id
      }
    }
    const users = new Users()
    const load = (): Promise<number> => users.load({ id: 1 })
    expect(await Promise.all([load(), load()])).to.deep.equal([1, 1])
    clock.advance(60_000)
    await load()
    await clearNamespaces(cache, 'users')
    await load()
    expect(runs).to.equal(3)
    expect(() => cacheable({ tiemout: 1 } as object)(load, { kind: 'method', name: 'load', static: false })).to.throw(
      TypeError,
    )
    expect(() =>
      cacheable({ per: 'object' as 'class' })(load, { kind: 'method', name: 'load', static: false }),
    ).to.throw(TypeError)
  })

  it('refuses fields, setters and classes', () => {
    for (const kind of ['field', 'setter', 'class', 'accessor'] as const) {
      const context = { kind: kind as 'method', name: 'it', static: false }
      expect(() => cacheable(() => 1, context), kind).to.throw(TypeError, `it is a ${kind}`)
    }
  })

  it('separates the results of anonymous classes', () => {
    const anonymous = (step: number) =>
      new (class {
        @cacheable({ per: 'class' })
        load(n: number): number {
          return n + step
        }
      })()
    const [one, two] = [anonymous(1), anonymous(2)]
    expect([one.load(1), two.load(1), one.load(1), two.load(1)]).to.deep.equal([2, 3, 2, 3])
  })

  it('offers the verbs of a memoized function through memoOf', async () => {
    class Users {
      runs = 0
      @cacheable({ cache: new AsyncMemoryCache() })
      async load(id: number): Promise<number> {
        return id + this.runs++
      }
    }
    const [one, two] = [new Users(), new Users()]
    expect([await one.load(1), await two.load(1)]).to.deep.equal([1, 1])
    const load = memoOf(one, 'load')
    expect(await load.cacheIn(1)).to.equal(true)
    expect(await load.cacheDel(1)).to.equal(true)
    expect(await load.refresh(1)).to.equal(2)
    expect([await one.load(1), await two.load(1)]).to.deep.equal([2, 1])
    expect(load.stats().calls).to.equal(5)
    expect(() => memoOf(one, 'runs')).to.throw(TypeError, 'runs is no method')
  })
})
