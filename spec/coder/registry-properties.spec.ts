import { expect } from 'chai'
import fc from 'fast-check'
import { clone } from '../../lib/coder/clone.ts'
import { type Coder, JsonCoder, MsgpackCoder, Registry, V8Coder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'
import { text, value, valueAnd } from './arbitraries.ts'
import { expectSame } from './sameness.ts'

/** Its data is whatever it holds. */
class Box {
  readonly content: unknown

  constructor(content: unknown) {
    this.content = content
  }
}

/** Its data is a list, and it is written by the codec of its own although it extends another registered class. */
class Pair extends Box {
  readonly other: unknown

  constructor(content: unknown, other: unknown) {
    super(content)
    this.other = other
  }
}

/** It extends a built-in class, and its data is of that. */
class Tags extends Set<string> {}

/** Its data has a registered instance in it. */
class Failure extends Error {
  readonly box: Box

  constructor(box: Box) {
    super('failed')
    this.box = box
    this.stack = 'Error: failed'
  }
}

/** A class of many, under a name that means something to somebody. */
class Named {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

const NAMES = ['__proto__', 'constructor', 'toString', 'then', '$date', '$class', 'length', '0', 'é\ud800', ' ', 'a"b']

/** Half of the classes are registered with the parent. */
const parent = new Registry()
  .register(Box, { name: 'box', encode: ({ content }) => content, decode: (content) => new Box(content) })
  .register(Tags, { name: 'tags', encode: (tags) => new Set(tags), decode: (tags) => new Tags(tags) })
const json = new JsonCoder({ registry: new Registry(parent) })
  .register(Pair, {
    name: 'pair',
    encode: ({ content, other }) => [content, other] as const,
    decode: ([content, other]) => new Pair(content, other),
  })
  .register(Failure, { name: 'failure', encode: ({ box }) => box, decode: (box) => new Failure(box) })

const classes = NAMES.map((name) => {
  const Class = class extends Named {}
  json.register(Class, {
    name,
    encode: (named) => ({ [named.name]: 1 }),
    decode: (of) => new Class(Object.keys(of)[0]!),
  })
  return Class
})

const values = valueAnd((value) => [
  value.map((content) => new Box(content)),
  fc.tuple(value, value).map(([content, other]) => new Pair(content, other)),
  value.map((content) => [new Box(content), new Box([content, content])]),
  fc.array(text).map((names) => new Tags(names)),
  value.map((content) => new Failure(new Box(content))),
  fc.constantFrom(...classes).chain((Class) => text.map((name) => new Class(name))),
  // The same instance twice, and in a cycle that does not go through it.
  value.map((content) => new Box(content)).map((box) => ({ box, again: new Map([[box, box]]) })),
  value.map((content) => new Box(content)).map((box) => turningBack({ box })),
])

function turningBack(record: Record<string, unknown>): unknown {
  record.self = [record]
  return record
}

describe('For any value with instances of registered classes in it', () => {
  const coders: Coder[] = [json, new MsgpackCoder(json), new V8Coder(json)]

  for (const coder of coders)
    it(`the coder ${coder.name} brings it back as it was`, () => {
      fc.assert(
        fc.property(values, (value) => {
          const wire = coder.encode(value)
          expectSame(coder.decode(wire), value)
          expectSame(coder.decode(new Uint8Array(Buffer.from(wire as string))), value)
        }),
        { numRuns: 500 },
      )
    }).timeout(60_000)

  it('clone makes the same', () => {
    fc.assert(
      fc.property(values, (value) => expectSame(clone(value, json), value)),
      { numRuns: 500 },
    )
  }).timeout(60_000)

  it('the coders read what each other one wrote', () => {
    fc.assert(
      fc.property(values, (value) => {
        const [json, msgpack, v8] = coders.map((coder) => coder.decode(coder.encode(value)))
        expectSame(msgpack, json)
        expectSame(v8, json)
      }),
    )
  }).timeout(60_000)

  it('one who knows none of the classes refuses it, in writing and in reading', () => {
    const stranger = new JsonCoder()
    const boxed = fc.tuple(value, text).map(([part, key]) => ({ [key]: [new Box(part)] }))
    fc.assert(
      fc.property(boxed, (value) => {
        expect(() => stranger.encode(value)).to.throw(CoderError, 'An instance of Box cannot be stored')
        expect(() => stranger.decode(json.encode(value))).to.throw(CoderError, 'registered as "box"')
        expect(() => clone(value, stranger)).to.throw(CoderError, 'An instance of Box cannot be stored')
      }),
    )
  })
})

describe('For any history of a registry', () => {
  /** The expected content of a registry, in the simplest form. */
  class Model {
    readonly classOf = new Map<string, number>()
    readonly readable = new Set<string>()

    nameOf(which: number): string | undefined {
      return [...this.classOf].find(([, held]) => held === which)?.[0]
    }
  }

  const names = ['a', 'b', 'c']
  const Classes = [class A extends Named {}, class B extends Named {}, class C extends Named {}]
  const encode = ({ name }: Named) => name
  const step = fc.record({
    verb: fc.constantFrom('register', 'encoder', 'decoder', 'forgetName', 'forgetClass'),
    name: fc.constantFrom(...names),
    which: fc.nat({ max: 2 }),
  })

  it('it holds what a plain model holds, and refuses what that refuses', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const model = new Model()
        const made = new JsonCoder()
        for (const { verb, name, which } of steps) {
          const Class = Classes[which]!
          const decode = (text: string) => new Class(text)
          const holder = model.classOf.get(name)
          const isFree = (holder ?? which) === which && (model.nameOf(which) ?? name) === name
          const happens = {
            register: () => made.register(Class, { name, encode, decode }),
            encoder: () => made.encoder.register(name, Class)(encode),
            decoder: () => made.decoder.register(name)(decode),
            forgetName: () => made.unregister(name),
            forgetClass: () => made.unregister(Class),
          }[verb]
          const forgotten = verb === 'forgetName' ? name : model.nameOf(which)
          const isKnown = forgotten !== undefined && (model.classOf.has(forgotten) || model.readable.has(forgotten))
          const isRight = verb.startsWith('forget') ? isKnown : verb === 'decoder' || isFree
          if (!isRight) {
            expect(happens).to.throw(CoderError)
            continue
          }
          happens()
          if (verb.startsWith('forget')) {
            model.classOf.delete(forgotten!)
            model.readable.delete(forgotten!)
          }
          if (verb === 'register' || verb === 'encoder') model.classOf.set(name, which)
          if (verb === 'register' || verb === 'decoder') model.readable.add(name)
        }
        for (const [which, Class] of Classes.entries()) {
          const name = model.nameOf(which)
          if (name === undefined) expect(() => made.encode(new Class('x'))).to.throw(CoderError)
          else expect(made.encode(new Class('x'))).to.equal(`{"$class":["${name}","x"]}`)
        }
        for (const name of names) {
          const read = () => made.decode(`{"$class":["${name}","x"]}`)
          if (model.readable.has(name)) expect(read()).to.be.an.instanceof(Named)
          else expect(read).to.throw(CoderError, `registered as "${name}"`)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
