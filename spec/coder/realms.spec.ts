import { inspect } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { expect } from 'chai'
import { clone, freeze } from '../../lib/coder/clone.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import { expectSame } from './sameness.ts'

const json = new JsonCoder()
const CODERS = [json, new MsgpackCoder(json), new V8Coder(json)]

/** Every way that gives a value back: the coders, and the copies of a cache in memory. */
const WAYS: Readonly<Record<string, (value: unknown) => unknown>> = {
  ...Object.fromEntries(CODERS.map((coder) => [coder.name, (value: unknown) => coder.decode(coder.encode(value))])),
  clone: (value) => clone(value, json),
}

const context = createContext({ Buffer })
const elsewhere = (code: string): unknown => runInContext(`(${code})`, context)

const FOREIGN: Readonly<Record<string, [code: string, here: unknown]>> = {
  object: ['{ a: { b: [1] } }', { a: { b: [1] } }],
  array: ['[1, [undefined], -0]', [1, [undefined], -0]],
  date: ['new Date(1e12)', new Date(1e12)],
  'date before 1970': ['new Date(-5)', new Date(-5)],
  map: ['new Map([[{ k: 1 }, new Map([[1, new Date(5)]])]])', new Map([[{ k: 1 }, new Map([[1, new Date(5)]])]])],
  set: ['new Set([1, new Set(["a"])])', new Set([1, new Set(['a'])])],
  regexp: ['/a"b/giu', /a"b/giu],
  uint8array: ['new Uint8Array([1, 2])', new Uint8Array([1, 2])],
  float64array: ['new Float64Array([0.5])', new Float64Array([0.5])],
  bigint64array: ['new BigInt64Array([1n])', new BigInt64Array([1n])],
  arraybuffer: ['new Uint8Array([1]).buffer', new Uint8Array([1]).buffer],
  dataview: ['new DataView(new ArrayBuffer(2))', new DataView(new ArrayBuffer(2))],
  bigint: ['[2n ** 70n]', [2n ** 70n]],
  'in a value of ours': [
    '[new Date(5), new Map(), new Set(), new Uint8Array(1)]',
    [new Date(5), new Map(), new Set(), new Uint8Array(1)],
  ],
}

describe('A value of another realm, as vm and jest have them,', () => {
  for (const [name, [code, here]] of Object.entries(FOREIGN))
    it(`comes back as the same in this realm: ${name}`, () => {
      for (const give of Object.values(WAYS)) {
        expectSame(give(elsewhere(code)), here)
        expectSame(give({ inside: [elsewhere(code)] }), { inside: [here] })
      }
    })

  it('comes back with its class and parts if it is an error', () => {
    for (const give of Object.values(WAYS)) {
      const error = give(elsewhere('Object.assign(new RangeError("far", { cause: new TypeError("c") }), { code: 1 })'))
      expect(error).to.be.instanceOf(RangeError).and.to.include({ message: 'far', code: 1 })
      expect((error as Error).cause).to.be.instanceOf(TypeError)
    }
  })

  it('is frozen like ours', () => {
    const map = freeze(elsewhere('new Map([[1, { a: 1 }]])') as Map<number, object>)
    expect(() => map.set(2, {})).to.throw(TypeError)
    expect(map.get(1)).to.be.frozen
  })
})

describe('An object without Object.prototype', () => {
  /** As `cookie`, `fast-querystring` (Fastify) and others make them. */
  const NullObject = function NullObject() {} as unknown as new () => object
  NullObject.prototype = Object.create(null)
  class Empty {}
  Object.setPrototypeOf(Empty.prototype, null)

  it('is plain data, though a class made it', () => {
    for (const Class of [NullObject, Empty]) {
      const query = Object.assign(new Class(), { q: '1', __proto: 'x', toString: 'text', nested: new Class() })
      for (const give of Object.values(WAYS)) {
        const given = give({ query }) as { query: Record<string, unknown> }
        expect(Object.getPrototypeOf(given.query)).to.equal(null)
        expect({ ...given.query, nested: { ...(given.query.nested as object) } }).to.deep.equal({
          ...query,
          nested: {},
        })
      }
    }
  })

  it('is written as its class says if that is registered', () => {
    class Bag {
      readonly items = 1
    }
    Object.setPrototypeOf(Bag.prototype, null)
    const own = new JsonCoder().register(Bag, { name: 'bag', encode: () => 0, decode: () => new Bag() })
    for (const give of [(bag: Bag) => own.decode(own.encode(bag)), (bag: Bag) => clone(bag, own)])
      expect(give(new Bag())).to.be.instanceOf(Bag)
  })

  it('is refused if its class has methods, or it holds more than it shows', () => {
    class Methods {
      run() {}
    }
    Object.setPrototypeOf(Methods.prototype, null)
    const hidden = Object.setPrototypeOf(new Map([[1, 2]]), Object.create(null))
    for (const value of [new Methods(), hidden])
      for (const give of Object.values(WAYS)) expect(() => give(value)).to.throw('not registered')
  })
})

describe('A DOMException', () => {
  it('keeps its class, name, code and message', () => {
    for (const give of Object.values(WAYS)) {
      const original = Object.assign(new DOMException('stopped', 'AbortError'), { extra: [new Date(5)] })
      const given = give({ reason: original }) as { reason: typeof original }
      expect(given.reason)
        .to.be.instanceOf(DOMException)
        .and.to.include({ name: 'AbortError', message: 'stopped', code: 20 })
      expect(given.reason.stack).to.equal(original.stack)
      expectSame(given.reason.extra, [new Date(5)])
      expect(inspect(given.reason)).to.contain('stopped')
    }
  })
})
