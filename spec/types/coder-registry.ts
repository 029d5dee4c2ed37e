import {
  type ClassCodec,
  coder,
  decoder,
  encoder,
  JsonCoder,
  MsgpackCoder,
  type Register,
  Registry,
} from '../../lib/coder/index.ts'
import { type Equal, is } from './is.ts'

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

// The class and what encode makes of it say the rest.
const same = coder.register(Money, {
  name: 'money',
  encode: (money) => {
    is<Equal<typeof money, Money>>()
    return [money.cents, 'EUR'] as const
  },
  decode: (payload) => {
    is<Equal<typeof payload, readonly [bigint, 'EUR']>>()
    return Money.of(payload[0])
  },
})
is<Equal<typeof same, JsonCoder>>()
// @ts-expect-error A codec has a name.
coder.register(Money, { encode: (money: Money) => money.cents, decode: (cents: bigint) => Money.of(cents) })
// @ts-expect-error decode takes what encode gives.
coder.register(Money, { name: 'm', encode: (m) => m.cents, decode: (text: string) => Money.of(BigInt(text)) })
// @ts-expect-error decode gives what encode takes.
coder.register(Money, { name: 'money', encode: (money) => money.cents, decode: (cents) => String(cents) })
// @ts-expect-error A codec has both.
coder.register(Money, { name: 'money', encode: (money) => money.cents })

// One that says its class itself is answered.
const codec = coder.register({
  type: Money,
  name: 'money',
  encode(money) {
    is<Equal<typeof money, Money>>()
    return money.cents
  },
  decode(payload) {
    is<Equal<typeof payload, bigint>>()
    return Money.of(payload)
  },
})
is<Equal<typeof codec.name, string>>()

// So is a class, with static methods or without, decorated or not.
@coder.register
class MoneyCoder {
  static readonly type = Money
  static encode(money: Money): bigint {
    return money.cents
  }
  static decode(cents: bigint): Money {
    return Money.of(cents)
  }
}
const answered = coder.register(MoneyCoder)
is<Equal<typeof answered, typeof MoneyCoder>>()

@coder.register
class MoneySerializer {
  readonly type = Money
  encode(money: Money): bigint {
    return money.cents
  }
  decode(cents: bigint): Money {
    return Money.of(cents)
  }
}
const answeredToo = coder.register(MoneySerializer)
is<Equal<typeof answeredToo, typeof MoneySerializer>>()
const instance = coder.register(new MoneySerializer())
is<Equal<typeof instance, MoneySerializer>>()

@coder.register
class HalfStatic {
  static readonly type = Money
  encode(money: Money): bigint {
    return money.cents
  }
  decode(cents: bigint): Money {
    return Money.of(cents)
  }
}

class WithoutType {
  static encode(money: Money): bigint {
    return money.cents
  }
  static decode(cents: bigint): Money {
    return Money.of(cents)
  }
}
// @ts-expect-error Which class is it for?
coder.register(WithoutType)

class OfAnother {
  static readonly type = Date
  static encode(money: Money): bigint {
    return money.cents
  }
  static decode(cents: bigint): Money {
    return Money.of(cents)
  }
}
// @ts-expect-error It says it is for dates.
coder.register(OfAnother)

// @ts-expect-error A class of values is no codec.
coder.register(Money)
// @ts-expect-error decode is missing.
coder.register({ type: Money, name: 'money', encode: (money: Money) => money.cents })

// Apart, both answer the function that they are given.
const written = encoder.register(
  'money',
  Money,
)((money) => {
  is<Equal<typeof money, Money>>()
  return money.cents
})
is<Equal<ReturnType<typeof written>, bigint>>()
const read = decoder.register('money')((cents: bigint) => Money.of(cents))
is<Equal<typeof read, (payload: bigint) => Money>>()
decoder.register('money')((payload) => {
  is<Equal<typeof payload, unknown>>()
})
// @ts-expect-error An encoder of Money takes Money.
encoder.register('money', Money)((text: string) => text)
// @ts-expect-error A function is needed.
decoder.register('money')('text')

// By name or by class.
is<Equal<ReturnType<typeof coder.unregister>, JsonCoder>>()
coder.unregister(Money).unregister('money')
// @ts-expect-error Nothing else.
coder.unregister(5)

// A codec may be written down apart.
const byHand: ClassCodec<Money, bigint> = {
  name: 'money',
  encode: (money) => money.cents,
  decode: (cents) => Money.of(cents),
}

// Registries of one's own chain too, and go into coders.
const registry = new Registry(coder.registry).register(Money, byHand)
is<Equal<typeof registry, Registry>>()
is<Equal<Registry['register'], Register<Registry>>>()
new MsgpackCoder(new JsonCoder({ registry, unknownClass: 'plain' }))
// @ts-expect-error There are two ways.
new JsonCoder({ unknownClass: 'ignore' })

export { HalfStatic }
