import { expect } from 'chai'
import { JsonCoder, Registry, RegistryError, UnknownDecoder, UnknownEncoder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'
import { expectSame } from './sameness.ts'
import { COLOR, Color, FIVE, MONEY, Money } from './samples.ts'

describe('A codec that is registered', () => {
  const coderWith = (register: (coder: JsonCoder) => unknown): JsonCoder => {
    const made = new JsonCoder()
    register(made)
    return made
  }
  const works = (made: JsonCoder, text = FIVE) => {
    expect(made.encode(new Money(5))).to.equal(text)
    expectSame(made.decode(text), new Money(5))
  }

  it('apart from its class, answers the coder', () => {
    const made = new JsonCoder()
    expect(made.register(Money, MONEY)).to.equal(made)
    works(made)
    const registry = new Registry()
    expect(registry.register(Money, MONEY)).to.equal(registry)
  })

  it('with its class, is answered', () => {
    const codec = { type: Money, ...MONEY }
    works(coderWith((coder) => expect(coder.register(codec)).to.equal(codec)))
  })

  it('as a class with static methods, is answered', () => {
    class MoneyCoder {
      static readonly type = Money
      static readonly factor = 2
      static encode({ cents }: Money): number {
        return cents * MoneyCoder.factor
      }
      static decode = (cents: number) => new Money(cents / MoneyCoder.factor)
    }
    const made = coderWith((coder) => expect(coder.register(MoneyCoder)).to.equal(MoneyCoder))
    works(made, '{"$class":["money",10]}')
  })

  it('as a class with methods of its instances, is made once', () => {
    let made = 0
    class MoneyCoder {
      readonly type = Money
      readonly #made = ++made
      encode({ cents }: Money): number {
        return cents * this.#made
      }
      decode(cents: number): Money {
        return new Money(cents)
      }
    }
    works(coderWith((coder) => expect(coder.register(MoneyCoder)).to.equal(MoneyCoder)))
    expect(made).to.equal(1)
  })

  it('as a class with a static type and methods of its instances', () => {
    class MoneyCoder {
      static readonly type = Money
      encode = ({ cents }: Money) => cents
      decode = (cents: number) => new Money(cents)
    }
    works(coderWith((coder) => coder.register(MoneyCoder)))
  })

  it('as an instance, is answered', () => {
    class MoneyCoder {
      readonly type = Money
      encode({ cents }: Money): number {
        return cents
      }
      decode(cents: number): Money {
        return new Money(cents)
      }
    }
    const instance = new MoneyCoder()
    works(coderWith((coder) => expect(coder.register(instance)).to.equal(instance)))
  })

  it('as a decorated class, whose static fields come after the decorator', () => {
    const made = new JsonCoder()

    @made.register
    class MoneyCoder {
      static readonly type = Money
      static encode({ cents }: Money): number {
        return cents
      }
      static decode(cents: number): Money {
        return new Money(cents)
      }
    }
    works(made)
    expect(MoneyCoder.decode(5).cents).to.equal(5)
  })

  it('as a class decorated in the old way, by a function without this', () => {
    class MoneyCoder {
      static readonly type = Money
      static encode = ({ cents }: Money) => cents
      static decode = (cents: number) => new Money(cents)
    }
    const made = new JsonCoder()
    const { register } = made
    expect(register(MoneyCoder)).to.equal(MoneyCoder)
    works(made)
  })

  describe('without a name', () => {
    const nameOf = (Coder: new () => object): string => {
      const made = new JsonCoder()
      made.register(Coder as never)
      return JSON.parse(made.encode(new Money(5))).$class[0]
    }

    abstract class Base {
      static readonly type = Money
      encode({ cents }: Money): number {
        return cents
      }
      decode(cents: number): Money {
        return new Money(cents)
      }
    }

    it('has one made of the name of its class', () => {
      expect(nameOf(class MoneyCoder extends Base {})).to.equal('money')
      expect(nameOf(class Money_Codec extends Base {})).to.equal('money')
      expect(nameOf(class ColorInstanceSerializer extends Base {})).to.equal('colorinstance')
      expect(nameOf(class EncoderOfMoney extends Base {})).to.equal('encoderofmoney')
    })

    it('has the one that its class or instance gives itself', () => {
      expect(
        nameOf(
          class extends Base {
            static override readonly name = 'Static'
          },
        ),
      ).to.equal('Static')
      expect(
        nameOf(
          class MoneyCoder extends Base {
            readonly name = 'OfInstance'
          },
        ),
      ).to.equal('OfInstance')
      expect(
        nameOf(
          class MoneyCoder extends Base {
            static override get name() {
              return 'Got'
            }
          },
        ),
      ).to.equal('Got')
    })

    it('is refused when there is nothing to make one of', () => {
      const { encode, decode } = MONEY
      for (const codec of [
        { type: Money, encode, decode },
        class Coder extends Base {},
        { ...MONEY, type: Money, name: 5 },
      ])
        expect(() => new JsonCoder().register(codec as never)).to.throw(
          RegistryError,
          'The codec of Money needs a name',
        )
    })
  })

  it('again, replaces the one before', () => {
    const made = new JsonCoder().register(Money, MONEY).register(Money, {
      name: 'money',
      encode: ({ cents }) => [cents],
      decode: ([cents]) => new Money(cents!),
    })
    works(made, '{"$class":["money",[5]]}')
  })

  it('is refused when something is missing or is no function', () => {
    const refused = (codec: unknown, message: string) =>
      expect(() => new JsonCoder().register(codec as never)).to.throw(RegistryError, message)
    const { encode, decode } = MONEY
    class WithoutDecode {
      static readonly type = Money
      static readonly encode = encode
    }
    class WithoutType {
      static readonly encode = encode
      static readonly decode = decode
    }
    class NotMade extends WithoutDecode {
      constructor() {
        super()
        throw new Error('no')
      }
    }
    refused(WithoutDecode, 'WithoutDecode needs the methods encode(value) and decode(payload).')
    refused(WithoutType, 'WithoutType needs a type: the class that it is for.')
    refused(
      NotMade,
      'NotMade has no static methods encode(value) and decode(payload), and cannot be made without arguments.',
    )
    refused({ type: Money, name: 'money', encode }, 'A codec needs the methods')
    refused({ ...MONEY, type: Money, decode: 'text' }, 'A codec needs the methods')
    refused({ ...MONEY, type: 'Money' }, 'Only a class can be registered.')
    refused({ ...MONEY, type: Map }, 'Map needs no codec: the coders know it already.')
    for (const codec of [undefined, null, 5, 'text', () => 1])
      refused(codec, 'methods encode(value) and decode(payload)')
  })

  it('is refused with an error that is a CoderError, with a code', () => {
    expect(() => new JsonCoder().register(5 as never))
      .to.throw(CoderError)
      .with.property('code', 'E_REGISTRY')
  })

  it('can be forgotten by the name, and by the class', () => {
    for (const which of ['money', Money] as const) {
      const made = new JsonCoder().register(Money, MONEY)
      expect(made.unregister(which)).to.equal(made)
      expect(() => made.encode(new Money(5))).to.throw(UnknownEncoder)
      expect(() => made.decode(FIVE)).to.throw(UnknownDecoder)
      expect(() => made.unregister(which)).to.throw(RegistryError, / (money|"money") is not registered\.$/i)
      works(made.register(Money, MONEY))
    }
    expect(() => new JsonCoder().unregister(5 as never)).to.throw(RegistryError, 'Only a class can be registered.')
  })

  it('is told from a registered one by errors with the facts', () => {
    const made = new JsonCoder().register(Color, COLOR)
    expect(() => made.encode({ price: new Money(5) }))
      .to.throw(UnknownEncoder, 'An instance of Money cannot be stored (at $.price)')
      .that.includes({ code: 'E_UNKNOWN_ENCODER', className: 'Money', name: 'UnknownEncoder' })
    expect(() => made.decode(FIVE))
      .to.throw(UnknownDecoder, 'registered as "money", which is not registered here. Registered are: "color".')
      .that.deep.includes({ code: 'E_UNKNOWN_DECODER', codec: 'money', known: ['color'] })
  })
})
