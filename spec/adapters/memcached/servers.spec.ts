import { expect } from 'chai'
import { addressesOf, spread } from '../../../adapters/memcached/servers.ts'
import { ConfigError } from '../../../lib/core/errors.ts'

const names = (servers?: string | string[]) => addressesOf(servers).map(({ name }) => name)

describe('Memcached servers', () => {
  it('are named by host and port, in an array or with commas', () => {
    expect(names('a:1')).to.deep.equal(['a:1'])
    expect(names('a:1, b:2,c')).to.deep.equal(['a:1', 'b:2', 'c:11211'])
    expect(names(['a:1,b:2', 'c:3'])).to.deep.equal(['a:1', 'b:2', 'c:3'])
    expect(addressesOf('[::1]:5')).to.deep.equal([{ name: '[::1]:5', host: '::1', port: 5 }])
  })

  it('are the one of this machine unless they are named', () => {
    for (const nothing of [undefined, '', ' , ', []]) expect(names(nothing)).to.deep.equal(['127.0.0.1:11211'])
  })

  it('count once', () => {
    expect(names('a, b:1, a:11211')).to.deep.equal(['a:11211', 'b:1'])
  })

  it('that cannot be are refused by name', () => {
    for (const text of ['a:0', 'a:70000', 'a:b', 'a b', 'http://a:1', 'user@a:1', '::1', '/var/run/memcached']) {
      expect(() => addressesOf(text), text).to.throw(ConfigError, JSON.stringify(text))
    }
  })
})

describe('Keys on several servers', () => {
  const keys = Array.from({ length: 30_000 }, (_, i) => `cache:user:${i}`)
  const placed = (servers: string[]) => {
    const choose = spread(servers)
    return keys.map((key) => servers[choose(key)]!)
  }

  it('are spread evenly', () => {
    const places = placed(['a:1', 'b:1', 'c:1'])
    for (const server of ['a:1', 'b:1', 'c:1']) {
      expect(places.filter((place) => place === server)).to.have.lengthOf.within(9500, 10_500)
    }
  })

  it('do not depend on the order of the servers', () => {
    expect(placed(['a:1', 'b:1', 'c:1'])).to.deep.equal(placed(['c:1', 'a:1', 'b:1']))
  })

  it('move only to a server that is added', () => {
    const before = placed(['a:1', 'b:1', 'c:1'])
    const after = placed(['a:1', 'b:1', 'c:1', 'd:1'])
    const moved = after.filter((place, i) => place !== before[i])
    expect(new Set(moved)).to.deep.equal(new Set(['d:1']))
    expect(moved).to.have.lengthOf.within(7000, 8000)
  })
})
