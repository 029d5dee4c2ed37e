import { expect } from 'chai'
import { SqliteCache } from '../../adapters/sqlite3/index.ts'
import { clone } from '../../lib/coder/clone.ts'
import {
  coder,
  decoder,
  encoder,
  JsonCoder,
  MsgpackCoder,
  Registry,
  RegistryError,
  UnknownDecoder,
  UnknownEncoder,
  V8Coder,
} from '../../lib/coder/index.ts'
import { expectSame } from './sameness.ts'
import { COLOR, Color, FIVE, MONEY, Money } from './samples.ts'

describe('An encoder and a decoder apart', () => {
  it('work together, and are answered', () => {
    const made = new JsonCoder()
    const encode = ({ cents }: Money) => cents
    const decode = (cents: number) => new Money(cents)
    expect(made.encoder.register('money', Money)(encode)).to.equal(encode)
    expect(made.decoder.register('money')(decode)).to.equal(decode)
    for (const way of [made, new MsgpackCoder(made), new V8Coder(made)])
      expectSame(way.decode(way.encode([new Money(5)])), [new Money(5)])
    made.unregister('money')
    expect(() => made.encode(new Money(5))).to.throw(UnknownEncoder)
    expect(() => made.decode(FIVE)).to.throw(UnknownDecoder)
  })

  it('are those of all caches by the names of the module', () => {
    encoder.register('money', Money)(MONEY.encode)
    decoder.register('money')(MONEY.decode)
    try {
      expectSame(coder.decode(coder.encode(new Money(5))), new Money(5))
    } finally {
      coder.unregister('money')
    }
  })

  it('say what is missing when only the encoder is there', () => {
    const made = new JsonCoder()
    made.encoder.register('money', Money)(MONEY.encode)
    expect(made.encode(new Money(5))).to.equal(FIVE)
    const message = 'of which only the encoder is registered here. Register decoder.register("money")(decode).'
    expect(() => made.decode(FIVE)).to.throw(UnknownDecoder, message)
    expect(() => clone(new Money(5), made)).to.throw(UnknownDecoder, message)
    expectSame(new JsonCoder().register(Money, MONEY).decode(made.encode(new Money(5))), new Money(5))
  })

  it('say what is missing when only the decoder is there', () => {
    const made = new JsonCoder()
    made.decoder.register('money')(MONEY.decode)
    expectSame(made.decode(FIVE), new Money(5))
    expect(() => made.encode(new Money(5))).to.throw(UnknownEncoder, 'its class is not registered')
  })

  it('go on reading a former name of a class', () => {
    const made = new JsonCoder().register(Money, { ...MONEY, name: 'price' })
    made.decoder.register('money')(MONEY.decode)
    expectSame(made.decode(FIVE), new Money(5))
    expect(made.encode(new Money(5))).to.equal('{"$class":["price",5]}')
  })

  it('replace what was there under the name', () => {
    const made = new JsonCoder().register(Money, MONEY)
    made.decoder.register('money')((cents: number) => new Money(-cents))
    expectSame(made.decode(FIVE), new Money(-5))
    made.encoder.register('money', Money)(() => 7)
    expect(made.encode(new Money(5))).to.equal('{"$class":["money",7]}')
  })

  it('are refused when they are no functions, or have no name or class', () => {
    const { encoder, decoder } = new JsonCoder()
    const refused = (register: () => unknown, message: string) => expect(register).to.throw(RegistryError, message)
    refused(() => encoder.register('money', Money)('text' as never), 'The encoder of "money" needs to be a function.')
    refused(() => decoder.register('money')(undefined as never), 'The decoder of "money" needs to be a function.')
    refused(() => encoder.register('', Money), 'An encoder needs a name')
    refused(() => decoder.register(Money as never), 'A decoder needs a name')
    refused(() => encoder.register('money', undefined as never), 'Only a class can be registered.')
    refused(() => encoder.register('date', Date), 'Date needs no codec')
  })

  it('are refused when the name or the class is taken, and then change nothing', () => {
    const made = new JsonCoder().register(Money, MONEY)
    const encode = () => 1
    expect(() => made.encoder.register('money', Color)(encode)).to.throw(RegistryError, 'another class than Color')
    expect(() => made.encoder.register('price', Money)(encode)).to.throw(RegistryError, 'under the name "money"')
    expect(() => made.register(Color, { ...COLOR, name: 'money' })).to.throw(RegistryError, 'another class than Color')
    expectSame(made.decode(made.encode(new Money(5))), new Money(5))
    expect(() => made.encode(new Color('red'))).to.throw(UnknownEncoder)
  })
})

describe('Several registries', () => {
  it('know nothing of each other', () => {
    const one = new JsonCoder().register(Money, MONEY)
    const other = new JsonCoder().register(Color, { ...COLOR, name: 'money' })
    expect(() => other.encode(new Money(5))).to.throw(UnknownEncoder)
    expectSame(one.decode(FIVE), new Money(5))
    expect(() => coder.encode(new Money(5))).to.throw(UnknownEncoder)
  })

  it('can be shared by coders', () => {
    const registry = new Registry().register(Money, MONEY)
    const strict = new JsonCoder({ registry })
    const loose = new JsonCoder({ registry, unknownClass: 'plain' })
    strict.register(Color, COLOR)
    expectSame(loose.decode(loose.encode([new Color('red'), new Money(5)])), [new Color('red'), new Money(5)])
  })

  it('go on from their parent, whatever is registered there later', () => {
    const parent = new Registry()
    const made = new JsonCoder({ registry: new Registry(new Registry(parent)) })
    parent.register(Money, MONEY)
    made.register(Color, COLOR)
    expectSame(made.decode(made.encode([new Color('red'), new Money(5)])), [new Color('red'), new Money(5)])
    expectSame(clone([new Money(5)], made), [new Money(5)])
    expect(() => new JsonCoder({ registry: parent }).encode(new Color('red'))).to.throw(UnknownEncoder)
    expect(() => made.decode('{"$class":["nobody",1]}')).to.throw(UnknownDecoder, 'Registered are: "money", "color".')
    expect(() => made.unregister('money')).to.throw(RegistryError, 'not registered')
  })

  it('have the last word on classes of their parent', () => {
    const parent = new Registry().register(Money, MONEY)
    const made = new JsonCoder({ registry: new Registry(parent) })
    made.register(Money, { name: 'own', encode: ({ cents }) => [cents], decode: ([cents]) => new Money(cents!) })
    expect(made.encode(new Money(5))).to.equal('{"$class":["own",[5]]}')
    expectSame(made.decode(made.encode(new Money(5))), new Money(5))
    expectSame(made.decode(FIVE), new Money(5))
    made.unregister('own')
    expect(made.encode(new Money(5))).to.equal(FIVE)
  })

  it('leave a subclass to its nearest codec, be it the parent who has it', () => {
    class Euro extends Money {}
    const parent = new Registry().register(Euro, { name: 'euro', encode: () => 1, decode: () => new Euro(1) })
    const made = new JsonCoder({ registry: new Registry(parent).register(Money, MONEY) })
    expect(made.encode(new Euro(1))).to.equal('{"$class":["euro",1]}')
  })

  it('never read as one class what was written as another', () => {
    const parent = new Registry()
    const child = new Registry(parent).register(Money, MONEY)
    parent.register(Color, { ...COLOR, name: 'money' })
    const message = 'The name "money" is registered already, for another class than Color.'
    expect(() => new JsonCoder({ registry: child }).encode(new Color('red'))).to.throw(RegistryError, message)
    expect(() => new Registry(parent).register(Money, MONEY)).to.throw(RegistryError, 'another class than Money')
  })

  it('hold for a cache each', () => {
    const own = new SqliteCache({ path: ':memory:', coder: new JsonCoder().register(Money, MONEY) })
    own.set('price', new Money(5))
    expectSame(own.get('price'), new Money(5))
    const usual = new SqliteCache({ path: ':memory:' })
    expect(() => usual.set('price', new Money(5))).to.throw(UnknownEncoder)
    own.close()
    usual.close()
  })
})

describe('A stored instance whose class is not registered any more', () => {
  it('is a miss and a decodeError event, and comes back with the class', () => {
    const made = new JsonCoder().register(Money, MONEY)
    const cache = new SqliteCache({ path: ':memory:', coder: made })
    const errors: unknown[] = []
    cache.on('decodeError', ({ error }) => errors.push(error))
    cache.set('price', new Money(5))
    made.unregister(Money)
    expect(cache.get('price')).to.equal(undefined)
    expect(errors).to.have.lengthOf(1)
    expect(errors[0]).to.be.an.instanceof(UnknownDecoder).with.property('codec', 'money')

    made.register(Money, MONEY)
    expectSame(cache.get('price'), new Money(5))
    cache.close()
  })
})
