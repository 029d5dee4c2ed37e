import { Temporal } from '@js-temporal/polyfill'
import { expect } from 'chai'
import { MemoryCache } from '../../adapters/memory/index.ts'
import { clone } from '../../lib/coder/clone.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import { CoderError } from '../../lib/core/errors.ts'

const json = new JsonCoder()
const CODERS = [json, new MsgpackCoder(json), new V8Coder(json)]
const place = globalThis as { Temporal?: unknown }

const VALUES = [
  Temporal.Instant.from('2026-01-31T12:00:00.123456789Z'),
  Temporal.PlainDate.from('2026-01-31'),
  Temporal.PlainDate.from('2026-01-31[u-ca=hebrew]'),
  Temporal.PlainTime.from('12:00:00.000000001'),
  Temporal.PlainDateTime.from('-271821-04-20T00:00:00'),
  Temporal.PlainMonthDay.from('02-29'),
  Temporal.PlainYearMonth.from('2026-01'),
  Temporal.Duration.from('-P1Y2M3DT4H5M6.789S'),
  // Both times that are half past two on the day when summer time ends.
  Temporal.ZonedDateTime.from('2026-10-25T02:30:00+02:00[Europe/Berlin]'),
  Temporal.ZonedDateTime.from('2026-10-25T02:30:00+01:00[Europe/Berlin]'),
]

describe('A Temporal value', () => {
  // The runtime's own, or a polyfill in its place.
  const { Temporal: before } = place
  beforeEach(() => {
    place.Temporal = Temporal
  })
  afterEach(() => {
    if (before === undefined) delete place.Temporal
    else place.Temporal = before
  })

  for (const value of VALUES)
    it(`comes back from every coder and clone: ${value[Symbol.toStringTag]} ${value}`, () => {
      for (const give of [...CODERS.map((coder) => (data: unknown) => coder.decode(coder.encode(data))), clone]) {
        const { at } = give({ at: [value, new Map([['k', value]])] }) as {
          at: [typeof value, Map<string, typeof value>]
        }
        for (const given of [at[0], at[1].get('k')!]) {
          expect(given).to.be.instanceOf(value.constructor)
          expect(String(given)).to.equal(String(value))
        }
      }
    })

  it('is kept by caches in memory, however they keep users apart', () => {
    for (const isolation of ['clone', 'freeze', 'coder'] as const) {
      const cache = new MemoryCache({ isolation })
      cache.set('k', VALUES)
      expect(cache.get('k')!.toString()).to.equal(VALUES.toString())
    }
  })

  it('is a CoderError when its data is none, or where there is no Temporal', () => {
    for (const payload of ['["PlainDate","yesterday"]', '["Now","x"]', '["PlainDate",1]', '["PlainDate"]', '1'])
      expect(() => json.decode(`{"$temporal":${payload}}`)).to.throw(CoderError)
    const text = json.encode(VALUES)
    delete place.Temporal
    expect(() => json.decode(text)).to.throw(CoderError)
    expect(() => json.encode(VALUES)).to.throw(CoderError, 'not registered')
  })

  it('is not what only says that it is one', () => {
    const forged = Object.create({ [Symbol.toStringTag]: 'Temporal.PlainDate' })
    expect(() => json.encode(forged)).to.throw(CoderError, 'not registered')
  })
})
