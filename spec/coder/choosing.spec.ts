import { expect } from 'chai'
import { jsonOf } from '../../lib/coder/coders.ts'
import { type Coder, coder, coderNamed, coderOf, JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import { ConfigError } from '../../lib/core/errors.ts'
import { expectSame } from './sameness.ts'
import { COLOR, Color } from './samples.ts'

describe('Choosing a coder', () => {
  it('by name, by itself, or not at all', () => {
    const own: Coder = { name: 'own2', encode: String, decode: String }
    expect(coderOf(undefined)).to.equal(coder)
    expect(coderOf('json')).to.equal(coder)
    expect(coderOf('msgpack')).to.be.an.instanceof(MsgpackCoder)
    expect(coderOf('v8')).to.be.an.instanceof(V8Coder)
    expect(coderOf(own)).to.equal(own)
  })

  it('that does not exist throws a ConfigError with the known ones', () => {
    expect(() => coderOf('bson' as never)).to.throw(
      ConfigError,
      'Unknown coder "bson". Expected one of: json, msgpack, v8;',
    )
    expect(() => coderOf('constructor' as never)).to.throw(ConfigError, 'Expected one of: json, msgpack, v8')
  })

  it('that is none throws a ConfigError', () => {
    const wrong = [
      {},
      null,
      5,
      { name: 'two words', encode: String, decode: String },
      { name: '', encode: String, decode: String },
      { name: 'x', encode: String },
    ]
    for (const option of wrong) expect(() => coderOf(option as never)).to.throw(ConfigError)
  })

  it('finds the built-in ones by name, and nothing else', () => {
    expect(['json', 'msgpack', 'v8'].map((name) => coderNamed(name)?.name)).to.deep.equal(['json', 'msgpack', 'v8'])
    expect(coderNamed('toString')).to.equal(undefined)
    expect(coderNamed('')).to.equal(undefined)
  })

  it('finds those by name that know the classes of another one', () => {
    const json = new JsonCoder().register(Color, COLOR)
    for (const name of ['json', 'msgpack', 'v8'] as const) {
      const found = coderNamed(name, json)!
      expectSame(found.decode(found.encode([new Color('red')])), [new Color('red')])
      expect(coderNamed(name, json)).to.equal(found)
      expect(jsonOf(found)).to.equal(json)
    }
    expect(coderNamed('json', json)).to.equal(json)
    expect(coderNamed('toString', json)).to.equal(undefined)
    expect(jsonOf({ name: 'own', encode: String, decode: String })).to.equal(coder)
  })

  it('makes no difference to the classes that are registered', () => {
    coder.register(Color, COLOR)
    try {
      for (const name of ['json', 'msgpack', 'v8'] as const) {
        const chosen = coderOf(name)
        expectSame(chosen.decode(chosen.encode([new Color('red')])), [new Color('red')])
      }
      expectSame(new V8Coder().decode(new MsgpackCoder().encode(new Color('x'))), new Color('x'))
    } finally {
      coder.unregister(Color)
    }
  })
})
