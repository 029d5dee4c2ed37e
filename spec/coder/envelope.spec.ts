import { expect } from 'chai'
import fc from 'fast-check'
import { headOf, pack, unpack } from '../../lib/coder/envelope.ts'
import { coderNamed } from '../../lib/coder/index.ts'
import { CoderError, ConfigError } from '../../lib/core/errors.ts'
import type { Coder, Entry } from '../../lib/core/types.ts'
import { text } from './arbitraries.ts'
import { expectSame } from './sameness.ts'

const json = coderNamed('json')!
const coders = ['json', 'msgpack', 'v8'].map((name) => coderNamed(name)!)

const CREATED = 1767225600000

function entry(value: unknown, more: Partial<Entry> = {}): Entry {
  return { value, created: CREATED, expires: CREATED + 300_000, until: CREATED + 360_000, ...more }
}

describe('The envelope', () => {
  it('is a line that can be read in redis-cli, and the value', () => {
    expect(pack(entry({ id: 7 }), json)).to.equal('pc1 json 1767225600000 1767225900000 1767225960000\n{"id":7}')
  })

  it('has - for no limit, and tags in readable letters', () => {
    const tags = ['news', 'user:7', 'a b,c']
    expect(pack(entry(1, { expires: null, until: null, tags }), json)).to.equal(
      'pc1 json 1767225600000 - - news,user%3A7,a%20b%2Cc\n1',
    )
  })

  for (const coder of coders)
    describe(`around a value of the coder ${coder.name}`, () => {
      const moment = fc.option(fc.integer({ min: 0, max: 8.64e15 }), { nil: null })
      const entries: fc.Arbitrary<Entry> = fc
        .record(
          {
            value: fc.anything(),
            created: fc.nat(8.64e15),
            expires: moment,
            until: moment,
            tags: fc.array(text, { minLength: 1 }),
          },
          { requiredKeys: ['value', 'created', 'expires', 'until'] },
        )
        .map((entry) => ({ ...entry, value: storable(entry.value) }))

      it('comes back as the entry that it was, as packed and as bytes', () => {
        fc.assert(
          fc.property(entries, (entry) => {
            const wire = pack(entry, coder)
            const bytes = Buffer.from(wire as string)
            for (const form of [wire, bytes, new Uint8Array(bytes)]) expectSame(unpack(form, coderNamed), entry)
          }),
        )
      })

      it('tells its head without the value being decoded', () => {
        fc.assert(
          fc.property(entries, (entry) => {
            const { value, tags, ...times } = entry
            const wire = pack(entry, coder)
            const head = headOf(wire)
            expect(head).to.deep.equal({ version: 1, coder: coder.name, ...times, tags, size: head.size })
            expect(headOf(Buffer.from(wire as string))).to.deep.equal(head)
            expectSame(coder.decode(wire.slice(head.size)), value)
          }),
        )
      })
    })

  it('is text around text, and bytes of its own around bytes', () => {
    expect(pack(entry('é'), json)).to.be.a('string')
    const wire = pack(entry('é'), coderNamed('msgpack')!) as Uint8Array
    expect(Buffer.from(wire).toString('latin1')).to.match(/^pc1 msgpack \d+ \d+ \d+\n.é?/)
  })

  it('takes no tags and an empty list of tags for the same', () => {
    const wire = pack(entry(1, { tags: [] }), json)
    expect(wire).to.equal(pack(entry(1), json))
    expect(unpack(wire, coderNamed)).not.to.have.property('tags')
  })

  it('holds clocks that began before 1970, and whole milliseconds of those that have fractions', () => {
    const { created, expires } = headOf(pack(entry(1, { created: -5, expires: 1.75 }), json))
    expect([created, expires]).to.deep.equal([-5, 1])
  })

  it('is read with whatever coder has the name that is in it', () => {
    const upper: Coder = {
      name: 'upper',
      encode: (value) => String(value).toUpperCase(),
      decode: (wire) =>
        Buffer.from(wire as string)
          .toString()
          .toLowerCase(),
    }
    const wire = pack(entry('hello'), upper)
    expect(wire).to.match(/^pc1 upper .*\nHELLO$/)
    expect(unpack(wire, (name) => (name === 'upper' ? upper : undefined)).value).to.equal('hello')
    expect(() => unpack(wire, coderNamed)).to.throw(CoderError, 'the coder "upper", which this cache does not read')
  })

  it('says whose fault it is when a coder throws', () => {
    const cause = new TypeError('broken')
    const broken: Coder = {
      name: 'broken',
      encode: () => {
        throw cause
      },
      decode: () => {
        throw cause
      },
    }
    expect(() => pack(entry(1), broken))
      .to.throw(CoderError, 'broken')
      .with.property('cause', cause)
    const wire = pack(entry(1), { ...broken, encode: () => 'text' })
    expect(() => unpack(wire, () => broken))
      .to.throw(CoderError, 'broken')
      .with.property('cause', cause)
    const missing = new ConfigError('install it')
    const needy: Coder = {
      ...broken,
      decode: () => {
        throw missing
      },
    }
    expect(() => unpack(wire, () => needy)).to.throw(ConfigError, 'install it')
  })

  describe('is not to be seen', () => {
    const refused = (text: string, message: string) => {
      for (const wire of [text, Buffer.from(text), new Uint8Array(Buffer.from(text))]) {
        expect(() => headOf(wire), text).to.throw(CoderError, message)
        expect(() => unpack(wire, coderNamed), text).to.throw(CoderError, message)
      }
    }

    it('in foreign data', () => {
      const foreign = [
        '',
        'hello',
        '{"a":1}',
        'pc',
        'pc1',
        'pc1 ',
        'pc1\n',
        'PC1 json 1 2 3\n1',
        ' pc1 json 1 2 3\n1',
        'pcx json 1 2 3\n1',
        '\0\0\0',
      ]
      for (const text of foreign) refused(text, 'foreign')
    })

    it('in what is cut short or damaged', () => {
      const whole = pack(entry(1, { tags: ['a'] }), json) as string
      for (let end = 0; end < whole.length - 1; end++) refused(whole.slice(0, end), 'foreign')
      const damaged = [
        'pc1 json 1 2\n1',
        'pc1 json 1 2 3',
        'pc1 json - 2 3\n1',
        'pc1 json 1  3\n1',
        'pc1 json 1 2 3x\n1',
        'pc1 json 1 2 3.5\n1',
        'pc1 json 1 2 --3\n1',
        'pc1 json 1e3 2 3\n1',
        'pc1 json 1 2 12345678901234567\n1',
        'pc1 json 1 2 3 %E0%A4%A\n1',
        'pc1 json 1 2 3 %\n1',
        'pc1 json 1 2 3\r\n1',
      ]
      for (const text of damaged) refused(text, 'foreign')
    })

    it('in what a newer version wrote, which says so', () => {
      refused('pc2 json 1 2 3\n1', 'version 2 of the format: a newer version of polycache wrote it')
      refused('pc10 whatever\nit is', 'version 10 of the format')
    })

    it('whatever text it is', () => {
      const word = fc.constantFrom('pc1', 'json', 'v8', 'msgpack', '1', '-', '1767225600000', '\n', 'a,b', '%20', '')
      const texts = fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(' ').replaceAll(' \n ', '\n')),
      )
      fc.assert(
        fc.property(texts, (text) => {
          for (const wire of [text, Buffer.from(text)]) {
            try {
              unpack(wire, coderNamed)
            } catch (error) {
              expect(error).to.be.an.instanceof(CoderError)
            }
          }
        }),
        { numRuns: 2000 },
      )
    })
  })
})

/** A value of fast-check's, without what no coder takes. */
function storable(value: unknown): unknown {
  try {
    json.encode(value)
    return value
  } catch {
    return 'something else'
  }
}
