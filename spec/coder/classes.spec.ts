import { expect } from 'chai'
import { clone } from '../../lib/coder/clone.ts'
import { type Coder, JsonCoder, MsgpackCoder, RegistryError, V8Coder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'
import { expectSame } from './sameness.ts'
import { COLOR, Color } from './samples.ts'

class Money {
  readonly #cents: bigint

  private constructor(cents: bigint) {
    this.#cents = cents
  }

  static of(cents: bigint): Money {
    return new Money(cents)
  }

  get cents(): bigint {
    return this.#cents
  }
}

const MONEY = { name: 'money', encode: (money: Money) => money.cents, decode: (cents: bigint) => Money.of(cents) }

class Node {
  readonly parts: unknown[]

  constructor(parts: unknown[]) {
    this.parts = parts
  }
}

const NODE = { name: 'node', encode: (node: Node) => node.parts, decode: (parts: unknown[]) => new Node(parts) }

describe('Registered classes', () => {
  const json = new JsonCoder().register(Color, COLOR).register(Money, MONEY).register(Node, NODE)
  const coders: Coder[] = [json, new MsgpackCoder(json), new V8Coder(json)]

  for (const coder of coders)
    describe(`with the coder ${coder.name}`, () => {
      const turned = <T>(value: T) => coder.decode(coder.encode(value)) as T

      it('come back as instances, private fields and all', () => {
        const back = turned({ price: Money.of(10n ** 20n) })
        expect(back.price).to.be.an.instanceof(Money)
        expect(back.price.cents).to.equal(10n ** 20n)
      })

      it('nest in each other, in Maps, Sets and errors', () => {
        const value = new Node([new Color('red'), new Map([[new Color('key'), new Set([new Node([])])]])])
        expectSame(turned(value), value)
        const error = turned(new Error('e', { cause: new Color('blue') }))
        expectSame(error.cause, new Color('blue'))
      })

      it('stay one object where they were one', () => {
        const red = new Color('red')
        const [a, b] = turned([red, red, new Node([red])])
        expect(a).to.equal(b)
      })

      it('may lie within a cycle', () => {
        const album: Record<string, unknown> = { name: 'album' }
        album.cover = new Node([album])
        expectSame(turned(album), album)
      })

      it('are refused when they contain themselves', () => {
        const node = new Node([])
        node.parts.push([node])
        expect(() => coder.encode([node])).to.throw(CoderError, 'An instance of Node contains itself (at $[0][0][0])')
      })
    })

  it('are refused by clone too when they contain themselves', () => {
    const node = new Node([])
    node.parts.push([node])
    expect(() => clone(node, json)).to.throw(CoderError, 'An instance of Node contains itself (at $[0][0])')
  })

  it('are asked for their data once for each instance', () => {
    let asked = 0
    const counted = { ...COLOR, encode: (color: Color) => ({ rgb: color.rgb, n: ++asked }) }
    const coder = new JsonCoder().register(Color, counted)
    const red = new Color('red')
    coder.encode([red, red, { red }])
    expect(asked).to.equal(1)
  })

  it('are copied by clone through their codec', () => {
    const value = { price: Money.of(5n), node: new Node([new Color('red')]) }
    const copy = clone(value, json)
    expectSame(copy.node, value.node)
    expect(copy.node.parts[0]).not.to.equal(value.node.parts[0])
    expect(copy.price.cents).to.equal(5n)
    expect(copy.price).not.to.equal(value.price)
  })

  it('may extend built-in ones, errors among them', () => {
    class Tags extends Set<string> {}
    class HttpError extends Error {
      readonly status: number

      constructor(status: number) {
        super(`status ${status}`)
        this.status = status
      }
    }
    const coder = new JsonCoder()
      .register(Tags, { name: 'tags', encode: (tags) => [...tags], decode: (names) => new Tags(names) })
      .register(HttpError, { name: 'http', encode: ({ status }) => status, decode: (status) => new HttpError(status) })
    const back = coder.decode(coder.encode([new Tags(['a']), new HttpError(404)])) as [Tags, HttpError]
    expect(back[0]).to.be.an.instanceof(Tags)
    expect([...back[0]]).to.deep.equal(['a'])
    expect(back[1]).to.be.an.instanceof(HttpError).with.property('status', 404)
  })

  describe('that have subclasses', () => {
    class Shade extends Color {}
    class DarkShade extends Shade {}

    for (const coder of coders)
      it(`stand for those without a codec of their own, and make what they make, with the coder ${coder.name}`, () => {
        expectSame(coder.decode(coder.encode([new DarkShade('grey')])), [new Color('grey')])
      })

    it('do so in copies too', () => {
      expectSame(clone([new DarkShade('grey')], json), [new Color('grey')])
    })

    it('leave them to the nearest codec', () => {
      const coder = new JsonCoder()
        .register(Shade, { name: 'shade', encode: ({ rgb }) => rgb, decode: (rgb) => new Shade(rgb) })
        .register(Color, COLOR)
      const back = coder.decode(coder.encode([new Color('a'), new Shade('b'), new DarkShade('c')]))
      expectSame(back, [new Color('a'), new Shade('b'), new Shade('c')])
    })

    it('are written by their codec when unknown classes are plain objects', () => {
      const plain = new JsonCoder({ unknownClass: 'plain', registry: json.registry })
      expectSame(plain.decode(plain.encode(new Shade('grey'))), new Color('grey'))
    })

    it('of built-in classes are not mistaken for those', () => {
      class HttpError extends Error {}
      class NotFound extends HttpError {}
      const http = {
        name: 'http',
        encode: ({ message }: HttpError) => message,
        decode: (m: string) => new HttpError(m),
      }
      const coder = new JsonCoder().register(HttpError, http)
      const back = coder.decode(coder.encode([new NotFound('404'), new TypeError('plain')])) as Error[]
      expect(back.map((error) => [error.constructor, error.message])).to.deep.equal([
        [HttpError, '404'],
        [TypeError, 'plain'],
      ])
    })
  })

  it('are kept by each coder on its own', () => {
    expect(() => new JsonCoder().encode(new Color('red'))).to.throw(CoderError, 'coder.register(Color')
  })

  describe('are turned down', () => {
    const registering = (...[Class, codec]: Parameters<JsonCoder['register']>) =>
      expect(() => new JsonCoder().register(Color, COLOR).register(Class, codec)).to.throw(RegistryError)
    const codec = { name: 'x', encode: () => 1, decode: () => 1 }

    it('when the class is registered already, under another name', () => {
      registering(Color, codec).with.property(
        'message',
        'The class Color is registered already, under the name "color". Unregister it first; to go on reading what has ' +
          'been stored under that name, register a decoder for it.',
      )
    })

    it("when the name is another's", () => {
      registering(Money, { ...codec, name: 'color' }).with.property(
        'message',
        'The name "color" is registered already, for another class than Money.',
      )
    })

    it('when they are built in', () => {
      for (const Class of [Date, Object, Array, Map, Buffer, Float64Array, URL, TypeError])
        registering(Class, codec).with.property('message', `${Class.name} needs no codec: the coders know it already.`)
    })

    it('when the codec is none', () => {
      registering(Money, {} as never)
        .with.property('message')
        .that.includes('encode and decode')
      registering(Money, undefined as never)
      registering(Money, { ...codec, name: '' })
        .with.property('message')
        .that.includes('needs a name')
      registering({} as never, codec).with.property('message', 'Only a class can be registered.')
    })
  })

  describe('that are registered no more', () => {
    it('are refused, and can be registered again', () => {
      const coder = new JsonCoder().register(Color, COLOR)
      const text = coder.encode(new Color('red'))
      coder.unregister(Color)
      expect(() => coder.encode(new Color('red'))).to.throw(CoderError)
      expect(() => coder.decode(text)).to.throw(
        CoderError,
        'The stored value has an instance of the class registered as "color", which is not registered here. Registered are: none.',
      )
      coder.register(Color, COLOR)
      expectSame(coder.decode(text), new Color('red'))
    })

    it('cannot be unregistered again', () => {
      expect(() => new JsonCoder().unregister(Color)).to.throw(CoderError, 'The class Color is not registered.')
    })
  })

  describe('whose codec throws', () => {
    const cause = new TypeError('boom')
    const boom = (): never => {
      throw cause
    }

    it('make encode and clone throw a CoderError with that cause', () => {
      const coder = new JsonCoder().register(Color, { ...COLOR, encode: boom })
      expect(() => coder.encode(new Color('red')))
        .to.throw(CoderError, 'boom')
        .with.property('cause', cause)
      expect(() => clone(new Color('red'), coder))
        .to.throw(CoderError, 'boom')
        .with.property('cause', cause)
    })

    it('make decode throw one', () => {
      const coder = new JsonCoder().register(Color, { ...COLOR, decode: boom })
      for (const way of [coder, new MsgpackCoder(coder), new V8Coder(coder)])
        expect(() => way.decode(way.encode([new Color('red')])))
          .to.throw(CoderError, 'boom')
          .with.property('cause', cause)
    })

    it('cannot give what no coder takes', () => {
      const coder = new JsonCoder().register(Color, { ...COLOR, encode: () => ({ f: () => 1 }) as never })
      expect(() => coder.encode({ c: new Color('red') })).to.throw(CoderError, 'A function cannot be stored (at $.c.f)')
      const round = new JsonCoder().register(Color, { ...COLOR, encode: (color) => color })
      expect(() => round.encode(new Color('red'))).to.throw(CoderError, 'contains itself')
    })
  })
})
