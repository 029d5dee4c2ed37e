import { expect } from 'chai'
import { clone, freeze } from '../../lib/coder/clone.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'

class User {
  readonly name = 'Ada'
}

const json = new JsonCoder()
const msgpack = new MsgpackCoder(json)
const v8 = new V8Coder(json)

/** Everything that has to say no to the same values. */
const WAYS: Readonly<Record<string, (value: unknown) => unknown>> = {
  json: (value) => json.encode(value),
  msgpack: (value) => msgpack.encode(value),
  v8: (value) => v8.encode(value),
  clone: (value) => clone(value, json),
  freeze: (value) => freeze(value, json),
}

function nested(levels: number, wrap: (value: unknown) => unknown): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = wrap(value)
  return value
}

describe('What no coder takes', () => {
  for (const [way, take] of Object.entries(WAYS))
    describe(way, () => {
      const refuse = (value: unknown) => expect(() => take(value)).to.throw(CoderError)

      it('refuses an instance of a class that is not registered, and names class, place and remedies', () => {
        refuse({ user: { avatar: new User() } }).with.property(
          'message',
          'An instance of User cannot be stored (at $.user.avatar): its class is not registered. Register it with ' +
            "coder.register(User, { name, encode, decode }), or let a coder made with { unknownClass: 'plain' } store " +
            'its own properties as a plain object.',
        )
      })

      it('refuses functions and symbols, wherever they are', () => {
        const message = (kind: string, place: string) =>
          `A ${kind} cannot be stored (at ${place}): only data can. Leave it out of the value.`
        refuse(() => 1).with.property('message', message('function', '$'))
        refuse(Symbol('s')).with.property('message', message('symbol', '$'))
        refuse({ first: new Date(), list: [new Set(), { f() {} }] }).with.property(
          'message',
          message('function', '$.list[1].f'),
        )
        refuse(new Map([['k', new Set([Symbol.iterator])]])).with.property('message', message('symbol', '$[0][1][0]'))
        refuse({ 'not a name': class {} }).with.property('message', message('function', '$["not a name"]'))
        refuse(Object.assign(new Error('e'), { retry: () => 1 })).with.property(
          'message',
          message('function', '$.retry'),
        )
      })

      it('refuses instances of subclasses of what it knows', () => {
        refuse(new (class Dates extends Array {})())
          .with.property('message')
          .that.includes('Dates')
        refuse([new (class Dictionary extends Map {})()])
          .with.property('message')
          .that.includes('Dictionary')
        refuse(new (class extends Date {})())
          .with.property('message')
          .that.includes('an anonymous class')
      })

      it('refuses what lives in this process only', () => {
        for (const value of [
          Promise.resolve(),
          new WeakMap(),
          new Proxy(new User(), {}),
          new SharedArrayBuffer(1),
          Object(1n),
        ])
          refuse({ value })
      })

      it('refuses what only looks like a built-in object', () => {
        for (const prototype of [Date.prototype, Map.prototype, Uint8Array.prototype, Array.prototype])
          refuse([Object.create(prototype)])
        for (const prototype of [TypeError.prototype, Date.prototype, null])
          refuse(Object.setPrototypeOf([1], prototype))
      })

      it('refuses what is nested too deeply, and takes what is not', () => {
        for (const wrap of [(value: unknown) => [value], (value: unknown) => ({ value })]) {
          take(nested(1000, wrap))
          refuse(nested(1001, wrap)).with.property('message').that.includes('nested more than 1000 levels deep')
          refuse(nested(100_000, wrap))
        }
        take(nested(333, (value) => new Map([['k', value]])))
        refuse(nested(100_000, (value) => new Map([['k', value]])))
        take(nested(300, (value) => new Error('e', { cause: value })))
        refuse(nested(10_000, (value) => new Error('e', { cause: value })))
      }).timeout(60_000)

      it('refuses even when the stack is nearly full already', () => {
        const value = nested(900, (value) => [new Date(0), value])
        expect(() => atTheEndOfTheStack(() => take(value))).to.throw(CoderError)
      })
    })

  it('leaves a value unfrozen that it refuses to freeze', () => {
    const value = { list: [{ a: 1 }], user: new User() }
    expect(() => freeze(value)).to.throw(CoderError)
    expect([value, value.list, value.list[0]].map(Object.isFrozen)).to.deep.equal([false, false, false])
  })

  describe("with unknownClass: 'plain'", () => {
    const plain = new JsonCoder({ unknownClass: 'plain' })

    it('takes instances as plain objects of their own properties', () => {
      class Point {
        readonly x = 1
        readonly at = new Date(0)
        toJSON(): string {
          return 'not asked'
        }
      }
      const expected = { point: { x: 1, at: new Date(0) } }
      expect(plain.decode(plain.encode({ point: new Point() }))).to.deep.equal(expected)
      expect(new MsgpackCoder(plain).decode(new MsgpackCoder(plain).encode({ point: new Point() }))).to.deep.equal(
        expected,
      )
      expect(new V8Coder(plain).decode(new V8Coder(plain).encode({ point: new Point() }))).to.deep.equal(expected)
      const copy = clone({ point: new Point() }, plain)
      expect(copy).to.deep.equal(expected)
      expect(Object.getPrototypeOf(copy.point)).to.equal(Object.prototype)
    })

    it('escapes what looks like a tag then', () => {
      class Tag {
        readonly $date = 1
      }
      expect(plain.encode(new Tag())).to.equal('{"$$date":1}')
    })

    it('still refuses what would become an empty object', () => {
      for (const value of [Promise.resolve(1), new (class extends Map {})(), Object('text'), new WeakSet()]) {
        expect(() => plain.encode(value)).to.throw(CoderError)
        expect(() => clone(value, plain)).to.throw(CoderError)
      }
    })
  })
})

/** Runs `f` on less and less stack, until it no longer has enough: throws what it threw then. */
function atTheEndOfTheStack(f: () => unknown): never {
  const down = (levels: number): unknown => (levels === 0 ? f() : down(levels - 1))
  for (let used = 0; ; used += 100) down(used)
}
