import { serialize } from 'node:v8'
import { expect } from 'chai'
import type { AdapterOptions } from '../../lib/core/types.ts'
import { BytesAdapter, type Coder, CoderError, ConfigError, type Wire } from '../../lib/index.ts'

/** A byte store whose bytes anybody may write. */
class OpenStore extends BytesAdapter<'sync'> {
  readonly mode = 'sync'
  readonly map: Map<string, Wire>

  constructor(options: AdapterOptions, map = new Map<string, Wire>()) {
    super({ prefix: '', ...options })
    this.map = map
  }

  load(key: string) {
    return this.map.get(key)
  }

  save(key: string, wire: Wire) {
    this.map.set(key, wire)
  }

  drop(keys: readonly string[]) {
    return keys.filter((key) => this.map.delete(key)).length
  }

  close() {}
}

const own: Coder = { name: 'own', encode: (value) => `own ${value}`, decode: (wire) => String(wire).slice(4) }

/** The value that a cache with these options reads after another one wrote it, and the error that it reports. */
function readBy(reader: AdapterOptions, writer: AdapterOptions, value: unknown = 'value') {
  const map = new Map<string, Wire>()
  new OpenStore(writer, map).set('k', value)
  const cache = new OpenStore(reader, map)
  const errors: unknown[] = []
  cache.on('decodeError', ({ error }) => errors.push(error))
  const given = cache.get('k', 'missing')
  expect(cache.getMany(['k'])).to.deep.equal([given === 'missing' ? undefined : given])
  return { given, error: errors[0] as Error | undefined }
}

describe('The decoder that stored data asks for', () => {
  for (const coder of ['msgpack', 'v8', own] as const) {
    const name = typeof coder === 'string' ? coder : coder.name
    it(`is not given to a cache on json: ${name}`, () => {
      const { given, error } = readBy({}, { coder })
      expect(given).to.equal('missing')
      expect(error).to.be.instanceOf(CoderError)
      expect(error!.message).to.contain(`"${name}"`).and.to.contain('coders')
    })

    it(`is given where the option coders allows it: ${name}`, () => {
      expect(readBy({ coders: [coder] }, { coder }).given).to.equal('value')
      expect(readBy({ coders: [coder] }, {}).given).to.equal('value')
    })

    it(`is given where the cache writes with it, beside json: ${name}`, () => {
      expect(readBy({ coder }, { coder }).given).to.equal('value')
      expect(readBy({ coder }, {}).given).to.equal('value')
      expect(readBy({ coder: own }, { coder: 'v8' }).given).to.equal('missing')
    })
  }

  it('is never that of V8 for bytes in a store of a cache on json', () => {
    const bomb = Buffer.concat([Buffer.from('pc1 v8 1 - -\n'), serialize('x')])
    const cache = new OpenStore({}, new Map([['k', bomb]]))
    expect(cache.get('k')).to.equal(undefined)
    expect(cache.getOrSet('k', () => 'healed')).to.equal('healed')
    expect(cache.get('k')).to.equal('healed')
  })

  it('has to exist where it is allowed', () => {
    expect(() => new OpenStore({ coders: ['bson' as 'v8'] })).to.throw(ConfigError, 'bson')
    expect(() => new OpenStore({ coders: 'v8' as never })).to.throw(
      ConfigError,
      "coders must be a list, such as ['v8']",
    )
  })
})
