import { expect } from 'chai'
import { plainOptions } from '../../../adapters/bridge/caller/plain-options.ts'
import { thrownBy } from './support.ts'

describe('options that cross a bridge', () => {
  it('are a copy of plain data, buffers and dates among it', () => {
    const options = {
      url: 'redis://h',
      tls: { ca: Buffer.from('pem') },
      ports: [1, 2],
      since: new Date(0),
      none: undefined,
    }
    const copy = plainOptions(options, 'RedisCache')
    options.ports.push(3)
    expect(copy.ports).to.deep.equal([1, 2])
    expect(Buffer.from(copy.tls.ca).toString()).to.equal('pem')
    expect(copy.since).to.deep.equal(new Date(0))
  })

  it('may go round in circles', () => {
    const options: { self?: unknown } = {}
    options.self = options
    expect(plainOptions(options, 'X').self).to.be.an('object')
  })

  for (const [what, value] of [
    ['a function', () => {}],
    ['a symbol', Symbol('s')],
    ['an instance of a class', new (class Client {})()],
    ['a URL object, of which a bare object would arrive', new URL('redis://host')],
  ] as const) {
    it(`are refused with ${what} in them`, () => {
      const error = thrownBy(() => plainOptions({ list: [{ part: value }] }, 'RedisCache'))
      expect(error.name).to.equal('ConfigError')
      expect(error.message).to.match(/^options\.list\.0\.part cannot cross .*RedisCache/)
    })
  }
})
