import { expect } from 'chai'
import { adapterReset, cached, MemoryCache } from '../../lib/index.ts'
import { hashKey, memoize } from '../../lib/memo/index.ts'
import { FakeClock } from '../../lib/testing/index.ts'
import { coreOf } from '../../lib/verbs/cache-core.ts'

describe('memoize', () => {
  let cache: MemoryCache
  let calls: unknown[][]
  beforeEach(() => {
    cache = new MemoryCache()
    calls = []
  })

  function add(...numbers: number[]): number {
    calls.push(numbers)
    return numbers.reduce((sum, n) => sum + n, 0)
  }

  it('runs the function once for the same arguments', () => {
    const sum = memoize(add, { cache })
    expect([sum(1, 2), sum(1, 2), sum(2, 1), sum(), sum()]).to.deep.equal([3, 3, 3, 0, 0])
    expect(calls).to.deep.equal([[1, 2], [2, 1], []])
  })

  it('stores results in the current adapter of cached by default', () => {
    adapterReset()
    const sum = memoize(add)
    sum(1)
    expect(cached.get(sum.cacheKey(1))).to.equal(1)
    adapterReset()
    sum(1)
    expect(calls).to.have.length(2)
    adapterReset()
  })

  it('distinguishes arguments of different types', () => {
    const seen: unknown[] = []
    const see = memoize((...args: unknown[]) => seen.push(args), { cache, name: 'see' })
    const different = [
      [1],
      ['1'],
      [1n],
      [true],
      ['true'],
      [null],
      [undefined],
      ['null'],
      [0],
      [-0],
      [Number.NaN],
      [[]],
      [{}],
    ]
    for (const args of different) see(...args)
    expect(seen).to.deep.equal(different)
    for (const args of different) see(...args)
    expect(seen).to.have.length(different.length)
    see({ a: 1, b: [new Date(0)] })
    see({ b: [new Date(0)], a: 1 })
    expect(seen).to.have.length(different.length + 1)
  })

  it('distinguishes classes of the same data if typed', () => {
    const size = (bytes: Uint8Array): string => bytes.constructor.name
    const loose = memoize(size, { cache, name: 'loose' })
    const typed = memoize(size, { cache, name: 'typed', typed: true })
    expect([loose(Buffer.from('a')), loose(new Uint8Array([97]))]).to.deep.equal(['Buffer', 'Buffer'])
    expect([typed(Buffer.from('a')), typed(new Uint8Array([97]))]).to.deep.equal(['Buffer', 'Uint8Array'])
  })

  it('stores undefined and null', () => {
    for (const nothing of [undefined, null, '', 0, Number.NaN]) {
      let runs = 0
      const give = (): unknown => {
        runs++
        return nothing
      }
      const nothings = memoize(give, { cache, name: `gives ${nothing}` })
      expect(nothings()).to.be.deep.equal(nothing)
      expect(nothings()).to.be.deep.equal(nothing)
      expect(runs).to.equal(1)
    }
  })

  it('never stores errors by default', () => {
    let runs = 0
    const error = new Error('no')
    const fails = memoize(
      function fails() {
        runs++
        throw error
      },
      { cache },
    )
    expect(() => fails()).to.throw(error)
    expect(() => fails()).to.throw(error)
    expect(runs).to.equal(2)
    expect([...cache.keys()]).to.deep.equal([])
  })

  it('stores errors with cacheErrors', () => {
    let runs = 0
    const fails = (code: number): number => {
      runs++
      throw Object.assign(new RangeError('no'), { code })
    }
    const kept = memoize(fails, { cache: new MemoryCache({ isolation: 'coder' }), name: 'kept', cacheErrors: true })
    for (let i = 0; i < 3; i++)
      expect(() => kept(1))
        .to.throw(RangeError, 'no')
        .with.property('code', 1)
    expect(runs).to.equal(1)

    const some = memoize(fails, {
      cache,
      name: 'some',
      cacheErrors: (error) => (error as { code: number }).code === 404,
    })
    for (let i = 0; i < 3; i++) expect(() => some(404)).to.throw('no')
    for (let i = 0; i < 3; i++) expect(() => some(500)).to.throw('no')
    expect(runs).to.equal(1 + 1 + 3)
  })

  it('returns results unchanged with cacheErrors', () => {
    const sum = memoize(add, { cache, cacheErrors: true, timeout: (result) => result })
    expect([sum(1, 2), sum(1, 2)]).to.deep.equal([3, 3])
    sum.cacheSet(5, 1, 2)
    expect(sum(1, 2)).to.equal(5)
    expect(Math.round(cache.ttl(sum.cacheKey(1, 2)) ?? 0)).to.equal(5)
    expect(sum.refresh(1, 2)).to.equal(3)
    expect(sum(1, 2)).to.equal(3)
    expect(calls).to.have.length(2)
  })

  it('caches recursive calls through the memoized name', () => {
    let runs = 0
    const fibonacci: (n: number) => bigint = memoize(
      (n: number) => {
        runs++
        return n < 2 ? BigInt(n) : fibonacci(n - 1) + fibonacci(n - 2)
      },
      { cache, name: 'fibonacci' },
    )
    expect(fibonacci(90)).to.equal(2880067194370816120n)
    expect(runs).to.equal(91)
  })

  it('throws E_RECURSION for a call that asks for its own result', () => {
    const endless: (n: number) => number = memoize((n: number) => endless(n), { cache, name: 'endless' })
    expect(() => endless(1))
      .to.throw()
      .with.property('code', 'E_RECURSION')
  })

  it('stores results for the timeout, a fixed one or one per result', () => {
    const clock = new FakeClock()
    const timed = new MemoryCache({ clock, timeout: 7 })
    const sum = memoize(add, { cache: timed, timeout: '5s' })
    const usual = memoize(add, { cache: timed, name: 'usual' })
    const own = memoize(add, { cache: timed, name: 'own', timeout: (sum, first) => (sum > 10 ? first : undefined) })
    const forEver = memoize(add, { cache: timed, name: 'for ever', timeout: null })
    for (const fn of [sum, usual, own, forEver]) for (const n of [1, 60]) fn(n)
    const ttls = [sum, usual, own, forEver].map((fn) => [1, 60].map((n) => timed.ttl(fn.cacheKey(n))))
    expect(ttls).to.deep.equal([
      [5, 5],
      [7, 7],
      [7, 60],
      [null, null],
    ])
    clock.advance(5000)
    sum(1)
    expect(calls).to.have.length(9)
  })

  it('stores only results that shouldCache accepts', () => {
    const find = (id: number): number | undefined => {
      calls.push([id])
      return id > 0 ? id : undefined
    }
    const found = memoize(find, {
      cache,
      shouldCache: (result, id) => result === id,
    })
    expect([found(1), found(1), found(-1), found(-1)]).to.deep.equal([1, 1, undefined, undefined])
    expect(calls).to.deep.equal([[1], [-1], [-1]])
  })

  it('passes on the options of set', () => {
    memoize(add, { cache, tags: ['sums'], staleFor: '1h', timeout: 1 })(1)
    const entry = coreOf(cache).read([...cache.keys()][0]!)!
    expect(entry.tags![0]).to.equal('sums')
    expect(entry.until! - entry.expires!).to.equal(3_600_000)
  })

  it('makes keys by the options key and keygen', () => {
    const byId = memoize((user: { id: number; at: number }) => user.at, { cache, name: 'byId', key: (user) => user.id })
    expect([byId({ id: 1, at: 1 }), byId({ id: 1, at: 2 }), byId({ id: 2, at: 3 })]).to.deep.equal([1, 1, 3])
    expect(byId.cacheKey({ id: 7, at: 0 })).to.match(/:7$/)

    const asked: unknown[] = []
    const byKeygen = memoize(add, {
      cache,
      name: 'byKeygen',
      typed: true,
      keygen(typed, fn, ...args) {
        asked.push([typed, fn, args])
        return hashKey(args.length)
      },
    })
    expect([byKeygen(1), byKeygen(2), byKeygen(2, 2)]).to.deep.equal([1, 1, 4])
    expect(asked[0]).to.deep.equal([true, add, [1]])
  })

  it('passes this on, and leaves it out of the key', () => {
    const counter = {
      step: 2,
      times: memoize(
        function times(this: { step: number }, n: number) {
          return this.step * n
        },
        { cache },
      ),
    }
    const other = { step: 3, times: counter.times }
    expect([counter.times(2), other.times(2), other.times(3)]).to.deep.equal([4, 4, 9])
  })

  it('has the name, length and properties of the function', () => {
    const symbol = Symbol('note')
    const sum = (a: number, b: number): number => a + b
    const fn = Object.assign(sum, { version: 3, [symbol]: 'note' })
    const memoized = memoize(fn, { cache })
    expect([memoized.name, memoized.length, memoized.version, memoized[symbol]]).to.deep.equal(['sum', 2, 3, 'note'])
    expect(memoized.uncached).to.equal(fn)
    expect(Object.keys(memoized)).to.deep.equal(['version'])
  })

  it('unwraps a function that is memoized already', () => {
    const first = memoize(add, { cache, timeout: 1 })
    const again = memoize(memoize(first, { cache: new MemoryCache() }), { cache, name: 'again', timeout: 2 })
    expect(again.uncached).to.equal(add)
    again(1)
    expect(first.stats().calls).to.equal(0)
    expect(cache.ttl(again.cacheKey(1))).to.be.above(1)
  })

  it('memoizes anonymous functions', () => {
    const [one, two] = [memoize((n: number) => n + 1, { cache }), memoize((n: number) => n + 2, { cache })]
    expect([one(1), two(1), one(1), two(1)]).to.deep.equal([2, 3, 2, 3])
  })

  it('refuses generator functions, whose first caller would use up the iterator', async () => {
    function* numbers() {
      yield 1
    }
    async function* later() {
      yield 1
    }
    for (const fn of [numbers, later]) {
      expect(() => memoize(fn as () => unknown, { cache })).to.throw(TypeError, `The generator function "${fn.name}"`)
    }
    const hidden = memoize(() => numbers(), { cache, name: 'hidden' })
    expect(() => hidden()).to.throw(TypeError, 'gave an iterator')
    const promised = memoize(async () => later(), { cache, name: 'promised' })
    expect(await promised().catch((error: unknown) => error)).to.be.instanceOf(TypeError)
  })

  it('refuses unknown and wrong options', () => {
    const wrong = [
      { tiemout: 5 },
      { timeout: Number.NaN },
      { timeout: '5' },
      { namespace: 1 },
      { key: 'id' },
      { name: 5 },
    ]
    const more = [
      { cache: {} },
      { tags: 'a' },
      { key: () => 1, keygen: () => 1 },
      { shouldCache: true },
      { onError: 1 },
      { cacheErrors: 'RangeError' },
      { typed: 1 },
    ]
    for (const options of [...wrong, ...more]) {
      expect(() => memoize(add, options as object), JSON.stringify(options)).to.throw(/must|no option|both/)
    }
    expect(() => memoize('add' as never)).to.throw(TypeError, 'Only a function')
  })

  it('counts calls, hits, misses and failures', () => {
    const sum = memoize(add, { cache })
    for (const n of [1, 1, 1, 2]) sum(n)
    expect(sum.stats()).to.deep.equal({ calls: 4, hits: 2, misses: 2, hitRate: 0.5, failures: 0 })
    expect(cache.stats()).to.include({ hit: 2, miss: 2, make: 2, set: 2 })
  })
})
