import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { fullHashKey, hashJsonKey, hashKey, jsonKey, jsonKeyKw, kw, typedKey } from '../../lib/key-text/index.ts'

class Client {
  readonly host = 'secret.example'
}

const OPTION = 'provide the key with the option "key"'

describe('A key function', () => {
  const around: Record<string, unknown> = { name: 'n' }
  around.list = [{ around }]
  const map = new Map<string, unknown>()
  map.set('self', map)
  const bottomless = { toJSON: (): unknown => bottomless }
  Object.setPrototypeOf(bottomless, Client.prototype)

  const REFUSED: readonly [what: string, args: unknown[], message: string][] = [
    ['a function', [1, { user: { fn() {} } }], 'args[1].user.fn: a function is not data.'],
    ['a class', [[{ a: [1] }, Client]], 'args[0][1]: a function is not data.'],
    ['a symbol', [{ 'an odd name': Symbol('s') }], 'args[0]["an odd name"]: a symbol is not data.'],
    ['a promise', [Promise.resolve(1)], 'args[0], an instance of Promise: its equality is not defined.'],
    ['a WeakMap', [new WeakMap()], 'args[0], an instance of WeakMap:'],
    ['an iterator', [[1][Symbol.iterator]()], 'args[0], an instance of'],
    ['an instance of an unknown class', [new Map([['c', new Client()]])], 'args[0][0][1], an instance of Client:'],
    ['an unknown instance within a Set', [new Set([1, new Client()])], 'args[0][1], an instance of Client:'],
    ['an instance of a subclass of Map', [new (class Registry extends Map {})()], 'args[0], an instance of Registry:'],
    ['an object with another for a prototype', [Object.create({ a: 1 })], 'args[0], an instance of Object:'],
    ['an object in itself', [around], 'args[0].list[0].around: it contains itself.'],
    ['a Map in itself', [map], 'args[0][0][1]: it contains itself.'],
    ['an instance whose JSON is itself', [bottomless], 'args[0].toJSON(): it contains itself.'],
    ['what is nested too deep', [nested(257)], 'args[0][0][0]: it is nested more than 256 levels deep.'],
    ['a boxed symbol', [Object(Symbol('s'))], 'args[0], an instance of Symbol:'],
    ['options that are not at the end', [kw({ a: 1 }), 1], 'The result of kw(...) must be the last argument'],
  ]

  for (const [what, args, message] of REFUSED)
    it(`refuses ${what}, and the error says where`, () => {
      for (const keyOf of [jsonKey, hashKey, typedKey, hashJsonKey, fullHashKey]) {
        expect(() => keyOf(...args)).to.throw(TypeError, message)
      }
    })

  it('names the ways out in errors, and nothing of the value', () => {
    expect(() => hashKey(() => 1)).to.throw(OPTION)
    expect(() => hashKey(new Client()))
      .to.throw(/toJSON.*coder\.register.*the option "key"/)
      .and.not.match(/secret/)
  })

  it('refuses kw of anything but one object at the end', () => {
    for (const wrong of [null, 1, 'a', [1]]) expect(() => kw(wrong as never)).to.throw(TypeError, 'kw takes an object')
    expect(() => jsonKeyKw([kw({ a: 1 })], { b: 2 })).to.throw(TypeError, 'must be the last argument')
    expect(() => jsonKeyKw([], { a: { b: Symbol('s') } })).to.throw(TypeError, 'kwargs.a.b: a symbol')
  })

  it('rethrows errors of getters, codecs and toJSON', () => {
    const mine = new RangeError('mine')
    const throws = (): never => {
      throw mine
    }
    const getter = Object.defineProperty({}, 'a', { get: throws, enumerable: true })
    expect(() => hashKey(getter)).to.throw(mine)
    expect(() =>
      hashKey(
        new (class Broken {
          toJSON = throws
        })(),
      ),
    ).to.throw(mine)
  })
})

describe('A key function, given what has a key', () => {
  it('takes the same object twice, which is not a cycle', () => {
    const shared = { a: 1 }
    expect(jsonKey([shared, shared], shared)).to.equal('[[{"a":1},{"a":1}],{"a":1}]')
  })

  it('takes values nested as deep as allowed', () => {
    expect(jsonKey(nested(256))).to.equal(`[${'['.repeat(256)}1${']'.repeat(256)}]`)
  })

  it('takes values of another realm like those of this one', () => {
    const text = '({ date: new Date(0), map: new Map([[1, 2]]), view: new DataView(Uint8Array.of(1, 2).buffer, 1) })'
    // biome-ignore lint/security/noGlobalEval: the same text here and there.
    const here: unknown = globalThis.eval(text)
    expect(jsonKey(runInNewContext(text))).to.equal(jsonKey(here))
    expect(jsonKey(here)).to.include('DataView("Ag==")')
  })

  it('takes the data of a view without the memory around it', () => {
    const pool = Buffer.from('secret:value:secret')
    expect(jsonKey(pool.subarray(7, 12))).to.equal(jsonKey(Buffer.from('value')))
  })

  it('takes any number of names', () => {
    const record = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`name ${i} "é"`, i]))
    const names = Object.keys(record).sort()
    const items = names.map((name) => `${JSON.stringify(name).replace('é', '\\u00e9')}:${record[name]}`)
    expect(jsonKey(record)).to.equal(`[{${items}}]`)
    expect(jsonKey(record)).to.equal(`[{${items}}]`)
  })

  it('takes frozen values, and changes none', () => {
    const value = Object.freeze({ b: Object.freeze([2, 1]), a: Object.freeze(new Set([2, 1])) })
    jsonKey(value)
    expect(Object.keys(value)).to.deep.equal(['b', 'a'])
    expect([...value.a]).to.deep.equal([2, 1])
  })
})

function nested(depth: number, core: unknown = 1): unknown {
  return depth === 0 ? core : [nested(depth - 1, core)]
}

describe('hashKey takes linear time', () => {
  /** Pairs of pairs: `levels` objects, and twice to the power of `levels` leaves if every part is written out. */
  const doubled = (levels: number): unknown => {
    let graph: unknown = { a: 1 }
    for (let i = 0; i < levels; i++) graph = [graph, graph]
    return graph
  }

  it('for a graph whose parts are shared, where its text would be too long for any memory', () => {
    const key = hashKey(doubled(200))
    expect(key).to.match(/^#[\w-]{22}$/)
    expect(hashKey(doubled(200))).to.equal(key)
    expect(hashKey(doubled(199))).not.to.equal(key)
    expect(typedKey(doubled(200))).to.match(/^#/)
  })

  it('for such a graph, whose key is that of its copy without shared parts', () => {
    expect(hashKey(doubled(12))).to.equal(hashKey(JSON.parse(JSON.stringify(doubled(12)))))
    expect(jsonKey(doubled(12))).to.equal(jsonKey(JSON.parse(JSON.stringify(doubled(12)))))
    expect(jsonKey(doubled(12))).to.equal(JSON.stringify([doubled(12)]))
  })

  it('for such a graph, which the keys that write out the text refuse', () => {
    for (const keyOf of [jsonKey, hashJsonKey, fullHashKey]) {
      expect(() => keyOf(doubled(100))).to.throw(TypeError, 'its text has more than 16777216 characters')
    }
  })

  it('for parts that are nested too deep behind a reference', () => {
    const deep = nested(200)
    const many = Array.from({ length: 200 }, (_, i) => ({ i }))
    expect(() => hashKey([many, deep, nested(60, deep)])).to.throw(TypeError, 'more than 256 levels deep')
    expect(hashKey([many, deep, nested(40, deep)])).to.match(/^#/)
  })

  it('for a bigint of millions of digits, which is refused', () => {
    expect(() => hashKey({ n: 1n << 40_000_000n })).to.throw(TypeError, 'args[0].n: the bigint is too large')
    expect(() => hashKey(-(1n << 40_000_000n))).to.throw(TypeError)
    expect(hashKey(1n << 30_000n)).to.match(/^#/)
  })
})
